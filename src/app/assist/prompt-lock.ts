// Made by tools/lock-prompts.mjs.
import type { PromptLock } from './compile-prompt.ts';

/** The digests of the prompts of this release. */
export const PROMPT_LOCK: PromptLock = {
  v: 1,
  prompts: [
    {
      id: 'explain',
      version: '1.0.0',
      sha256: '58edb05b23969539eeea54dabf09bd6dc3266cf38c4b6c62766119c59a0211a4',
      files: {
        'CHANGELOG.md': '145a84241e3b3e1d796103b064b8fa512b7d022554100435fe0565e769660772',
        'system.md': '2d9f044dbfecf5544a915953c225bbd6a46975185a352c66a6e7e1f88e381ee5',
      },
    },
    {
      id: 'select',
      version: '1.0.0',
      sha256: 'ad573231178df0ce7702817a225e1c83e3a4a1945a1170763793f5ca6deef80d',
      files: {
        'CHANGELOG.md': 'e9ce83370115e8a5a457209c30413a0fc29c3f3f3599d037d4b30b2133f94747',
        'system.md': '3c68412a8ddc48b03680a60241d003fa02f3c8917f0d14334115df76661d522f',
      },
    },
  ],
};
