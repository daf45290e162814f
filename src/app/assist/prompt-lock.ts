// Made by tools/lock-prompts.mjs.
import type { PromptLock } from './compile-prompt.ts';

/** The digests of the prompts of this release. */
export const PROMPT_LOCK: PromptLock = {
  v: 1,
  prompts: [
    {
      id: 'ask',
      version: '1.0.0',
      sha256: 'c1edcad75260999fd38a1e409ba395834ca87404d44e36432cd4f2db15ec1a86',
      files: {
        'CHANGELOG.md': 'a4445ac14da3582cb1ff3f4c125e0c353ee305e6d7451fb628587301e176995a',
        'expected/failed-logins.answer.json': '283d8f4adc3d38a148f35e00c9756b9e884cddaa56f9eb857873c02ef036611a',
        'expected/failed-logins.schema.json': 'c259ca7546aac9dc4074789eb077b37c67335fabd1b2881e12c60db195e50834',
        'fixtures/failed-logins.json': '4f93b6d994ee99e56134241084419d092e8704eabb5ff9dfc72c850778bcad19',
        'system.md': 'f4d83398338ad3be42d863b2e76629954c23bf9d007d82ebfdbe8a477dac7a43',
      },
    },
    {
      id: 'explain',
      version: '1.0.0',
      sha256: '58edb05b23969539eeea54dabf09bd6dc3266cf38c4b6c62766119c59a0211a4',
      files: {
        'CHANGELOG.md': '145a84241e3b3e1d796103b064b8fa512b7d022554100435fe0565e769660772',
        'expected/hidden-window.answer.json': 'c8e75530498674cce0f6ac3f94e6c7cb6a344021b1b42e82d05f822a18f26aac',
        'fixtures/hidden-window.json': '942d36f7cb9df969029ebc750306b2a78236421c3dfd4d1c6fd4d530024443bb',
        'system.md': '2d9f044dbfecf5544a915953c225bbd6a46975185a352c66a6e7e1f88e381ee5',
      },
    },
    {
      id: 'select',
      version: '1.0.0',
      sha256: 'e674a1776bdd73344a0491e477ed751fb54efd9cda2d9a714beecd09a6233ddb',
      files: {
        'CHANGELOG.md': 'e9ce83370115e8a5a457209c30413a0fc29c3f3f3599d037d4b30b2133f94747',
        'expected/two-detections.answer.json': 'fb2263ed3afeb0605f7b6254c6fd8eb5867d60b360c6878dce58d840cc39b1c8',
        'expected/two-detections.schema.json': '039a0d9c7c8a6e35cc66eae774a504f611241fb6a1b007186322fb6e6020a3db',
        'fixtures/two-detections.json': '7b94a7b564d796b1bf6346a9959283e5e366ca6c1fb3a9b2e376266c842d9535',
        'system.md': '7172b87df1fc173838d1ce125e2a6926d0af2733c93850bb755fdf8859004403',
      },
    },
  ],
};
