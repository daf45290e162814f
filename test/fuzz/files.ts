import type { Piece } from '../../src/sources/read/record.ts';
import { bytesOf, split } from '../reading/split.ts';
import type { Dice } from './dice.ts';
import * as mutate from './mutate.ts';

/** Words that stand once each in the values of a file: where one is in no piece, something was lost. */
const TOKEN = /zq\d+q/g;

const LAYOUTS: readonly ((dice: Dice, token: () => string) => string)[] = [
  // NDJSON, an array, and documents of several lines.
  (dice, token) => objects(dice, token).join(dice.one(['\n', '\r\n', '\n\n'])),
  (dice, token) => `[${objects(dice, token).join(dice.one([',', ', ', ',\n']))}]`,
  (dice, token) =>
    objects(dice, token)
      .map(one => JSON.stringify(JSON.parse(one), undefined, 2))
      .join('\n'),
  // Envelopes.
  (dice, token) => {
    const list = `[${objects(dice, token).join(',')}]`;
    return dice.one([
      `{"Records":${list}}`,
      `{"kind":"EventList","apiVersion":"v1","items":${list}}`,
      `{"meta":{"trace_id":"t"},"resources":${list},"errors":[]}`,
      `{"took":1,"hits":{"hits":${list.replaceAll('{"', '{"_source":{},"')}}}`,
    ]);
  },
  // Tables, Zeek, lines of text.
  (dice, token) => {
    const delimiter = dice.one([',', ';', '\t']);
    const rows = Array.from({ length: 1 + dice.below(8) }, () =>
      [token(), `"${token()}${delimiter} ""x""\n${token()}"`, token()].join(delimiter),
    );
    return [['id', 'name', 'host'].join(delimiter), ...rows, ''].join('\n');
  },
  (dice, token) =>
    [
      '#separator \\x09',
      '#path\tconn',
      '#fields\tts\tuid\thost',
      '#types\ttime\tstring\tstring',
      ...Array.from({ length: 1 + dice.below(8) }, () => `1772413200.5\t${token()}\t${token()}`),
      '#close\tx',
    ].join('\n'),
  (dice, token) => Array.from({ length: 1 + dice.below(8) }, () => `<13>Mar  2 01:00:00 h app: ${token()}`).join('\n'),
  // Windows events and mail.
  (dice, token) => {
    const events = Array.from({ length: 1 + dice.below(5) }, () => `<Event a="${token()}"><x>\n${token()}</x></Event>`);
    return dice.one([`<Events>${events.join('\n')}</Events>`, events.join(''), `<?xml version="1.0"?>\n${events[0]}`]);
  },
  (_, token) => mail(token),
  (dice, token) =>
    Array.from({ length: 1 + dice.below(4) }, () => `From x Mon Mar  2 01:00:00 2026\n${mail(token)}\n`).join(''),
];

function objects(dice: Dice, token: () => string): readonly string[] {
  return Array.from({ length: 1 + dice.below(8) }, () =>
    JSON.stringify({ id: token(), 'a"b': [token(), { c: `]}${token()}` }], n: dice.below(1_000) }),
  );
}

function mail(token: () => string): string {
  return `From: ${token()}@example.com\nTo: b@example.org\nSubject: ${token()}\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n${token()}\n--b\nContent-Type: message/rfc822\n\nSubject: ${token()}\n\n${token()}\n--b--\n`;
}

function encoded(dice: Dice, bytes: Uint8Array): Uint8Array {
  if (!dice.chance(6)) return bytes;
  const text = new TextDecoder().decode(bytes);
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  return new Uint8Array(dice.chance(2) ? little : Buffer.from(little).swap16());
}

function readable(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1').replaceAll('\0', '');
}

/** A file and what is checked of it: the answer is what does not hold, undefined where all does. */
export function fileCase(dice: Dice): { readonly file: Uint8Array; readonly run: () => string | undefined } {
  let tokens = 0;
  const token = (): string => `zq${tokens++}q`;
  const written = new TextEncoder().encode(dice.one(LAYOUTS)(dice, token));
  const file = encoded(dice, mutate.bytes(dice, written));
  const sizes = [1 + dice.below(7), 1 + dice.below(4_000)];
  return {
    file,
    run: () => {
      const whole = split(file);
      const picture = pictureOf(whole);
      for (const size of sizes)
        if (pictureOf(split(file, size)) !== picture) return `in chunks of ${size} bytes it is other records`;
      return lostIn(file, whole);
    },
  };
}

function pictureOf(pieces: readonly Piece[]): string {
  return JSON.stringify(
    pieces.map(piece => [
      Buffer.from(bytesOf(piece)).toString('latin1'),
      piece.ok ? [piece.record.value, piece.record.notes] : piece.refusal.detail,
    ]),
  );
}

/** A word of the file that is in no piece. Those of a header are no records: the first line, and lines of Zeek's. */
function lostIn(file: Uint8Array, pieces: readonly Piece[]): string | undefined {
  const kept = new Set(pieces.flatMap(piece => readable(bytesOf(piece)).match(TOKEN) ?? []));
  const [first = '', ...rest] = readable(file).trimStart().split('\n');
  const isTable = /[,;\t]/.test(first) && !/^[\s\xef\xbb\xbf\xff\xfe]*[[{<]/.test(first);
  const lines = isTable ? rest : [first, ...rest];
  for (const line of lines) {
    if (line.startsWith('#')) continue;
    for (const word of line.match(TOKEN) ?? []) if (!kept.has(word)) return `\`${word}\` is lost`;
  }
  return undefined;
}
