import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, notesOf, split, textsOf, valuesOf } from './split.ts';

const A = '{"id": "a",  "n":1}';
const B = '{"id":"b","list":[{"x":1}]}';

/** Deliveries that wrap the list `[A, B]`, as their makers write them. */
const DELIVERIES: readonly (readonly [string, (list: string) => string])[] = [
  ['CloudTrail', list => `{"Records":${list}}`],
  [
    'Microsoft Graph',
    list =>
      `{"@odata.context":"https://graph.example.com/v1.0/$metadata#x","@odata.nextLink":"https://graph.example.com/n","value":${list}}`,
  ],
  ['Security Hub', list => `{"Findings": ${list}, "NextToken":"t"}`],
  ['Google', list => `{"kind":"admin#reports#activities","etag":"e","nextPageToken":"p","items":${list}}`],
  ['Kubernetes', list => `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":${list}}`],
  ['events', list => `{"events":${list}}`],
  ['CrowdStrike', list => `{"meta":{"query_time":0.1,"trace_id":"t"},"resources":${list},"errors":[]}`],
  ['SentinelOne', list => `{"data":${list},"pagination":{"nextCursor":null,"totalItems":2}}`],
  ['Azure', list => `{"records":${list}}`],
];

describe('a delivery that wraps a list', () => {
  it.each(DELIVERIES)('of %s is as many records as the list has, each with its exact bytes', (_, wrap) => {
    const one = wrap(`[${A},\n ${B}]`);
    for (const file of [one, `${one.replaceAll('\n', ' ')}\n${wrap(`[${A}]`)}\n`, `[${one}]`]) {
      const expected = file === one || file.startsWith('[') ? [A, B] : [A, B, A];
      expect(textsOf(split(file))).toEqual(expected);
    }
    expect(notesOf(split(one))).toEqual([[], []]);
  });

  it('is the same over several lines as on one', () => {
    for (const [, wrap] of DELIVERIES) {
      const pretty = JSON.stringify(JSON.parse(wrap(`[${A},${B}]`)), undefined, 2);
      expect(valuesOf(split(pretty))).toEqual([JSON.parse(A), JSON.parse(B)]);
    }
  });

  it('of Alertmanager gives its alerts, and each says what only the delivery said', () => {
    const alert = '{"status":"firing","labels":{"alertname":"Odd"},"fingerprint":"f1"}';
    const file = `{"receiver":"soc","status":"firing","alerts":[${alert}],"groupLabels":{"alertname":"Odd"},"commonLabels":{},"commonAnnotations":{},"externalURL":"https://am.example.com","version":"4","groupKey":"{}:{alertname=\\"Odd\\"}","truncatedAlerts":0}`;
    const pieces = split(file);
    expect(textsOf(pieces)).toEqual([alert]);
    expect(notesOf(pieces)).toEqual([
      [
        'the delivery that it came in says {"receiver":"soc","status":"firing","externalURL":"https://am.example.com","groupKey":"{}:{alertname=\\"Odd\\"}"}',
      ],
    ]);
  });

  it('of EventBridge gives the findings of Security Hub', () => {
    const finding = '{"SchemaVersion":"2018-10-08","Id":"f","ProductArn":"arn:aws:securityhub:::product/x"}';
    const head = '"version":"0","id":"e","detail-type":"Security Hub Findings - Imported","source":"aws.securityhub"';
    expect(textsOf(split(`{${head},"detail":{"findings":[${finding},${finding}]}}`))).toEqual([finding, finding]);
    expect(textsOf(split(`{"detail":{"findings":[${finding}]}}`))).toEqual([finding]);
  });

  it('of Elasticsearch gives the hits', () => {
    const hit = '{"_index":"i","_id":"1","_source":{"a":1}}';
    const file = `{"took":1,"timed_out":false,"_shards":{"total":1},"hits":{"total":{"value":1},"max_score":null,"hits":[${hit}]}}`;
    expect(textsOf(split(file))).toEqual([hit]);
  });

  it('sets aside what it says around its list where that is too long for a note, and reads the list', () => {
    const note = 'x'.repeat(2_000);
    const pieces = split(`{"receiver":"${note}","alerts":[{"labels":{}}],"version":"4","groupKey":"g"}`);
    expect(textsOf(pieces)).toEqual([
      '{"labels":{}}',
      '<what a delivery says around its list; the 1 records of the list were read>',
    ]);
    const [, rest] = pieces;
    expect(rest && new TextDecoder().decode(bytesOf(rest))).toBe(
      `{"receiver":"${note}","alerts":[],"version":"4","groupKey":"g"}`,
    );
  });

  it('of nothing is no record', () => {
    for (const file of ['{"Records":[]}', '{"value":[],"@odata.context":"c"}', '[]', '[ ]\n'])
      expect(split(file)).toEqual([]);
  });
});

describe('a record that holds a list', () => {
  it.each([
    ['an alert with its events', '{"id":"1","title":"t","events":[{"a":1}]}'],
    ['an alert with one alert in it', '{"alerts":[{"labels":{}}],"name":"x"}'],
    ['a list of words', '{"data":["a","b"]}'],
    ['a list of mixed members', '{"records":[{"a":1},2]}'],
    ['a Kubernetes event', '{"kind":"Event","apiVersion":"audit.k8s.io/v1","items":[{"a":1}]}'],
    ['a finding with resources', '{"class_uid":2004,"resources":[{"uid":"r"}]}'],
    [
      'a GuardDuty event',
      '{"detail-type":"GuardDuty Finding","source":"aws.guardduty","detail":{"id":"f","service":{}}}',
    ],
    ['hits that are a count', '{"hits":{"hits":3}}'],
    ['one key that comes twice', '{"Records":[{"a":1}],"Records":[{"a":2}]}'],
    ['the key inside', '{"event":{"Records":[{"a":1}]}}'],
    ['a key of JavaScript', '{"constructor":{"Records":[{"a":1}]},"__proto__":{"Records":[{"a":1}]}}'],
  ])('stays one record: %s', (_, file) => {
    expect(textsOf(split(file))).toEqual([file]);
    expect(textsOf(split(`${file}\n${file}\n`))).toEqual([file, file]);
  });
});

describe('a delivery that is larger than a record may be', () => {
  const element = (id: number): string => `{"id":${id},"pad":"${'x'.repeat(3_000)}"}`;
  const list = Array.from({ length: 700 }, (_, id) => element(id));

  it.each([
    ['on one line', `{"Records":[${list.join(',')}]}`],
    ['behind another line', `{"a":1}\n{"Records":[${list.join(',')}]}`],
    ['over several lines', `{\n  "Records": [\n${list.join(',\n')}\n]\n}\n`],
    ['in an array', `[{"Records":[${list.join(',')}]}]`],
    ['with a head', `{"meta":{"trace_id":"t"},"resources":[${list.join(',')}],"errors":[]}`],
  ])('is taken while it is read: %s', (_, file) => {
    const expected = file.startsWith('{"a"') ? ['{"a":1}', ...list] : list;
    expect(textsOf(split(file, 65_536))).toEqual(expected);
    expect(textsOf(split(file))).toEqual(expected);
  });

  it('sets aside what it says around its list, with those bytes', () => {
    const file = `{"receiver":"soc","status":"firing","alerts":[${list.map(one => one.replace('{', '{"labels":{},')).join(',')}],"groupKey":"g","version":"4"}`;
    const pieces = split(file, 100_000);
    expect(pieces.length).toBe(701);
    const last = pieces[700];
    expect(last && new TextDecoder().decode(bytesOf(last))).toBe(
      '{"receiver":"soc","status":"firing","alerts":[],"groupKey":"g","version":"4"}',
    );
  });

  it('loses none of its whole elements where it is cut short', () => {
    const file = `{"Records":[${list.join(',')}]}`.slice(0, -5);
    const pieces = split(file, 50_000);
    expect(textsOf(pieces).slice(0, 699)).toEqual(list.slice(0, 699));
    expect(pieces.slice(699).map(piece => piece.ok)).toEqual([false, false]);
  });

  it('keeps what stands behind it on its line', () => {
    const file = `{"Records":[${list.join(',')}]} trailing\n{"a":1}\n`;
    for (const size of [undefined, 9_999]) {
      const pieces = split(file, size);
      expect(textsOf(pieces).slice(0, 700)).toEqual(list);
      const behind = pieces.slice(700, -1).map(piece => new TextDecoder().decode(bytesOf(piece)));
      expect(behind.join('')).toBe(' trailing');
      expect(textsOf(pieces.slice(-1))).toEqual(['{"a":1}']);
    }
  });
});

describe('any list in any delivery', () => {
  it('comes back element by element, however the file is cut', () => {
    const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(objects, fc.constantFrom(...DELIVERIES), fc.integer({ min: 1, max: 30 }), (list, [, wrap], size) => {
        const written = list.map(one => JSON.stringify(one));
        expect(textsOf(split(wrap(`[${written.join(', ')}]`), size))).toEqual(written);
      }),
      { numRuns: 200 },
    );
  });
});
