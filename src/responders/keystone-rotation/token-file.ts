import type { Secret } from '../../ports/responder.ts';
import type { KeystoneSession, TokenSeen } from '../shared/keystone/keystone-session.ts';
import { openOwn, UnfitFile } from '../shared/own-file.ts';

/**
 * Keystone tells nobody when an application credential was used last, lists no tokens, and writes no notice of such a login. But
 * it says of a token with which one it was got. So a consumer leaves the token that it works with in a file, and Keystone is
 * asked about that: whoever shows a token of the new one has its secret, and used it.
 */
export interface Shown {
  readonly file: string;
  /** What Keystone says of it; a text where there is no token that it takes. */
  readonly seen: TokenSeen | string;
}

const FILE_BYTES_MAX = 8_192;
/** As Keystone makes them: Fernet, or a JSON web token. Nothing else that stands in such a file is sent anywhere. */
const TOKEN = /^(?:gAAAA[\w-]+={0,2}|eyJ[\w-]+\.[\w-]+\.[\w-]+)\n?$/;

/** What each file shows. Rejects where Keystone does not say. */
export async function lookAtTokens(session: KeystoneSession, files: readonly string[]): Promise<readonly Shown[]> {
  const all: Shown[] = [];
  for (const file of files) {
    const token = await readToken(file);
    const seen = typeof token === 'string' ? token : await session.lookAtToken(token);
    all.push({ file, seen: seen ?? 'Keystone takes it no more' });
  }
  return all;
}

/** Those that show a token of this application credential. */
export function usersOf(shown: readonly Shown[], key: string): readonly Shown[] {
  return shown.filter(({ seen }) => typeof seen !== 'string' && seen.key === key);
}

async function readToken(path: string): Promise<Secret | string> {
  try {
    const { handle, stats } = await openOwn(path);
    try {
      if (stats.size > FILE_BYTES_MAX) return `it has over ${FILE_BYTES_MAX} bytes`;
      const text = await handle.readFile('utf8');
      return TOKEN.test(text) ? { reveal: () => text.trimEnd() } : 'it holds no token of Keystone';
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof UnfitFile) return error.message;
    throw error;
  }
}
