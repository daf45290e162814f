import type { Secret } from '../../ports/responder.ts';

const TEXT_CHARS_MAX = 300;

/**
 * A text that the target system or somebody on it wrote, made fit for a plan or a receipt: control and bidirectional
 * characters shown as their code points, unpaired surrogates replaced, bounded.
 */
export function shownText(text: string): string {
  const safe = text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    .replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, character => {
      return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
    });
  return safe.length <= TEXT_CHARS_MAX ? safe : `${safe.slice(0, TEXT_CHARS_MAX).toWellFormed()}… (cut)`;
}

/** What an error says, without any of the secrets that the call had in hand. */
export function errorTextWithout(error: unknown, secrets: readonly Secret[]): string {
  let text = error instanceof Error ? error.message : String(error);
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value !== '') text = text.replaceAll(value, '[secret]');
  }
  return shownText(text);
}

/** Waits for `work` at most `ms`; {@link NoAnswer} afterwards. The work itself is not ended by this. */
export async function withinMs<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new NoAnswer(`${what}: no answer within ${ms} ms`)), ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** The other side did not answer in time, so nothing is known of what it did. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}
