import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapePointer, isWithin, layoutJson, valueAt } from './json-layout.ts';

const aJson = fc.jsonValue({ maxDepth: 5 });

function laidOut(raw: string) {
  const layout = layoutJson(raw);
  if (!layout.ok) throw new Error(`${raw} is JSON`);
  return layout.value;
}

/** What RFC 6901 says stands at a pointer. */
function lookUp(value: unknown, pointer: string): unknown {
  let found = value;
  for (const step of pointer.split('/').slice(1)) {
    found = (found as Record<string, unknown>)[step.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return found;
}

describe('a raw record set out in lines', () => {
  test('loses and adds nothing but white space', () => {
    fc.assert(
      fc.property(aJson, fc.constantFrom(undefined, 2), (value, indent) => {
        const raw = JSON.stringify(value, undefined, indent);
        const text = laidOut(raw)
          .lines.map(line => line.parts.map(part => part.text).join(''))
          .join('');
        expect(JSON.parse(text)).toEqual(JSON.parse(raw));
        expect(text.replaceAll(/\s/g, '')).toBe(raw.replaceAll(/\s/g, ''));
      }),
    );
  });

  test('finds at every pointer the value that RFC 6901 names', () => {
    fc.assert(
      fc.property(aJson, value => {
        const raw = JSON.stringify(value);
        const parsed: unknown = JSON.parse(raw);
        for (const { pointer, start, end } of laidOut(raw).spans.values()) {
          expect(JSON.parse(raw.slice(start, end))).toEqual(lookUp(parsed, pointer));
        }
      }),
    );
  });

  test('refuses exactly what is not one JSON value', () => {
    const noise = fc.tuple(aJson, fc.nat(), fc.constantFrom(',', '}', '[', '"', ' 1', '\u0001', 'nul', ''));
    fc.assert(
      fc.property(noise, ([value, at, text]) => {
        const good = JSON.stringify(value);
        const place = at % (good.length + 1);
        const raw = good.slice(0, place) + text + good.slice(place);
        let isJson = true;
        try {
          JSON.parse(raw);
        } catch {
          isJson = false;
        }
        expect(layoutJson(raw).ok).toBe(isJson);
      }),
    );
  });

  test('keeps a number and an escape as they were written', () => {
    const raw = '{"bytes":9007199254740993,"name":"\\u0041\\/"}';
    const layout = laidOut(raw);
    expect(valueAt(raw, layout, '/bytes')).toBe('9007199254740993');
    expect(valueAt(raw, layout, '/name')).toBe('A/');
    expect(layout.lines[2]?.parts.at(-1)?.text).toBe('"\\u0041\\/"');
  });

  test('takes the last of two equal keys, as JSON readers do', () => {
    const raw = '{"a":1,"a":2}';
    expect(valueAt(raw, laidOut(raw), '/a')).toBe('2');
  });

  test('takes keys that are names of object members for what they are', () => {
    const raw = '{"constructor":{"__proto__":"x"}}';
    expect(valueAt(raw, laidOut(raw), '/constructor/__proto__')).toBe('x');
    expect(valueAt(raw, laidOut(raw), '/toString')).toBeUndefined();
  });

  test('does not run out of stack on deep nesting, and refuses it beyond its bound', () => {
    expect(layoutJson('['.repeat(5_000) + ']'.repeat(5_000)).ok).toBe(false);
    expect(layoutJson('['.repeat(150) + ']'.repeat(150)).ok).toBe(true);
  });

  test('a cited container marks what stands in it, and not a sibling with a longer name', () => {
    expect(isWithin('/a/b', '/a')).toBe(true);
    expect(isWithin('/ab', '/a')).toBe(false);
    expect(escapePointer('a/b~c')).toBe('a~1b~0c');
  });
});
