import type { Command } from 'commander';
import { inertText } from '../base/inert.ts';
import { explain } from '../core/study/explain/explain.ts';
import type { Explanation } from '../model/explanation.ts';

/** What is read of standard input; what is beyond is said to be cut. */
const INPUT_BYTES_MAX = 1_048_576;

interface Flags {
  readonly json?: true;
}

/** Adds `countersign explain`: what a command line, a script or an address does, decoded, without running or fetching anything. */
export function explainCommand(program: Command): void {
  program
    .command('explain')
    .description('say what a command line, a script or an address does, with its decoded parts, without a model')
    .argument('[text]', 'the command line; without it, or with -, standard input', '-')
    .option('--json', 'as one line of JSON')
    .action(async (text: string, { json }: Flags) => {
      const given = text === '-' ? await standardInput() : text;
      if (given.trim() === '') {
        process.stderr.write('countersign explain: there is nothing to explain\n');
        process.exitCode = 2;
        return;
      }
      const explanation = explain(given);
      // JSON escapes control characters of its strings itself, but not those that only hide or reorder.
      process.stdout.write(inertText(json === true ? `${JSON.stringify(explanation)}\n` : printed(given, explanation)));
    });
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > INPUT_BYTES_MAX) break;
  }
  return Buffer.concat(chunks)
    .subarray(0, INPUT_BYTES_MAX)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

const ENCODINGS: { readonly [E in Explanation['decoded'][number]['encoding']]: string } = {
  base64: 'base64',
  base64_utf16: 'base64 of UTF-16, as PowerShell takes it',
  hex: 'hexadecimal',
  escapes: 'escapes',
  url: 'URL encoding',
  char_codes: 'character codes',
  concatenation: 'strings joined together',
  obfuscation: 'characters that do nothing',
};

/** The sentence, then each sign where it stands, then each decoded part under the one it stood in. */
function printed(text: string, { text: sentence, seen, decoded, isCut }: Explanation): string {
  const partOf = (place: number): string => (place < 0 ? text : (decoded[place]?.text ?? ''));
  const signs = seen.map(
    ({ text: does, technique, part, start, end }) =>
      `  ${does} (${technique})${part < 0 ? '' : ` in part ${part + 1}`}: ${quoted(partOf(part).slice(start, end))}`,
  );
  const parts = decoded.map(
    ({ parent, encoding, text: part }, index) =>
      `  ${index + 1}. ${ENCODINGS[encoding]}${parent < 0 ? '' : ` in part ${parent + 1}`}:\n${indented(part)}`,
  );
  return [
    sentence,
    ...(signs.length === 0 ? [] : ['', 'Signs:', ...signs]),
    ...(parts.length === 0 ? [] : ['', 'Decoded:', ...parts]),
    ...(isCut ? ['', 'The text is longer than what was looked at; what is beyond is not explained.'] : []),
    '',
  ].join('\n');
}

function quoted(value: string): string {
  return `\`${value.replaceAll('\n', '\\n')}\``;
}

/** Each line begins with ours, so that none of theirs can pass for one. */
function indented(text: string): string {
  return text
    .split('\n')
    .map(line => `     | ${line}`)
    .join('\n');
}
