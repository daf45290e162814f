import { expect, test } from 'vitest';
import { parseTime, type UnixMs, unixMsFrom } from '../../../../base/time.ts';
import type { PlaybookFile } from '../../../../model/playbook.ts';
import { analysePlaybook } from '../analyse.ts';
import { readPlaybook } from '../read-playbook.ts';
import { writtenOf } from '../write-playbook.ts';
import { fromCacao, looksLikeCacao } from './from-cacao.ts';
import { toCacao } from './to-cacao.ts';

const NOW: UnixMs = parseTime('2026-11-27T00:00:00Z') ?? unixMsFrom(0);

/** Everything that the format has, once. */
const WHOLE = `
playbook: everything
version: "3"
valid_from: 2026-01-01T00:00:00Z
valid_until: 2027-01-01T00:00:00Z
on_error: [{ step: tell-all, notify: It went wrong. }]
elsewhere:
  contain-now: { starts: { kinds: [isolate_host], run: [inner] } }
  soc/reviewed: { starts: nothing }
playbooks:
  inner:
    takes: [given]
    on_error: stop
    steps:
      - { step: look, enrich: $given, on_error: continue }
steps:
  - { step: who, read: incident.user, as: account }
  - step: ask-lock
    ask: lock
    timeout: 4h
    on_rejected: [{ step: tell, notify: Rejected. }, { step: halt, stop: true }]
    on_timeout: stop
    on_error: [{ step: tell-more, notify: It failed. }]
  - { step: lock, act: disable_account, on: $account, timeout: 30m, on_timeout: [{ step: tell-late, notify: Late. }] }
  - step: grave
    if: { severity: high }
    yes:
      - { step: ask-tag, ask: tag }
      - { step: tag, tag: contain-now, goto: last }
      - { step: between, comment: soc/reviewed }
    no: [{ step: calm, notify: Not grave., on_error: [{ step: calmer, notify: Still not. }] }]
  - { step: loop, each: host, as: machine, at_most: 5, steps: [{ step: seen, enrich: $machine }] }
  - { step: wait, while: { coverage: gaps }, at_most: 3, steps: [{ step: again, enrich: incident.host }] }
  - step: both
    join: first
    timeout: 2d
    on_timeout: continue
    parallel: [[{ step: one, notify: One. }], [{ step: two, notify: Two. }, { step: three, notify: Three. }]]
  - { step: go, run: inner, with: { given: $account } }
  - { step: last, notify: Done. }
`;

function read(text: string): PlaybookFile {
  const file = readPlaybook(text);
  if (!file.ok) throw new Error(file.failure.map(({ at, text: what }) => `${at}: ${what}`).join('\n'));
  return file.value;
}

function imported(documents: unknown): PlaybookFile {
  const from = fromCacao(JSON.stringify(documents), NOW);
  if (!from.ok) throw new Error(from.failure.map(({ at, text }) => `${at}: ${text}`).join('\n'));
  return read(JSON.stringify(from.value.written));
}

test('a file that is written out is the same file when it is read again', () => {
  const file = read(WHOLE);
  expect(read(JSON.stringify(writtenOf(file)))).toEqual(file);
});

test('a file that went out as CACAO comes back as the same file', () => {
  const file = read(WHOLE);
  const documents = toCacao(file, 'us', NOW);
  expect(looksLikeCacao(JSON.stringify(documents))).toBe(true);
  expect(imported(documents)).toEqual(file);
});

/** A document such as another program writes. */
function foreign(commands: readonly object[], more: object = {}): { [member: string]: unknown } {
  return {
    type: 'playbook',
    spec_version: 'cacao-2.0',
    id: 'playbook--5f6a1f4e-3f4b-4d4c-8c62-1d2c3b4a5d6e',
    name: 'Contain a host',
    created_by: 'identity--1',
    created: '2026-01-01T00:00:00Z',
    modified: '2026-01-02T00:00:00Z',
    workflow_start: 'start--1',
    workflow: {
      'start--1': { type: 'start', on_completion: 'action--1' },
      'action--1': {
        type: 'action',
        name: 'Ask the owner',
        commands: [{ type: 'manual', command: 'Ask the owner.' }],
        on_completion: 'action--2',
      },
      'action--2': { type: 'action', name: 'Contain!', commands, on_completion: 'end--1' },
      'end--1': { type: 'end' },
    },
    ...more,
  };
}
const CONTAIN = [{ type: 'openc2-http', content: JSON.stringify({ action: 'contain', target: { device: {} } }) }];

test('a step by hand before a command is its human step, and a known command is a kind of response', () => {
  const file = imported(foreign(CONTAIN));
  expect(file.playbooks[0]?.steps).toMatchObject([
    { type: 'ask', releases: 'contain' },
    { type: 'effect', name: 'contain', effect: { kind: 'isolate_host', on: { part: 'host' } } },
  ]);
  expect(analysePlaybook(file).bypasses).toEqual([]);
});

test('without the step by hand, it is refused with its path', () => {
  const document = foreign(CONTAIN);
  (document['workflow'] as { [id: string]: object })['start--1'] = { type: 'start', on_completion: 'action--2' };
  expect(analysePlaybook(imported(document)).bypasses).toMatchObject([{ step: 'contain', path: ['contain'] }]);
});

test('a way to a command when something fails is a path like every other', () => {
  const document = foreign(CONTAIN);
  (document['workflow'] as { [id: string]: object })['action--1'] = {
    type: 'action',
    name: 'Look',
    commands: [{ type: 'manual', command: 'Look at it.' }],
    on_completion: 'end--1',
    on_failure: 'action--2',
  };
  expect(analysePlaybook(imported(document)).bypasses[0]?.path).toEqual(['look (error)', 'contain']);
});

test.each([
  ['bash', [{ type: 'bash', command: 'iptables -F' }]],
  ['http-api', [{ type: 'http-api', command: 'POST /disable' }]],
  ['ssh', [{ type: 'ssh', command: 'rm' }]],
  ['powershell', [{ type: 'powershell', command: 'x' }]],
  ['a kind of ours that there is not', [{ type: 'countersign', command: 'shell' }]],
  ['OpenC2 that nobody mapped', [{ type: 'openc2-http', content: '{"action":"detonate","target":{"file":{}}}' }]],
])('a command of %s is blocked', (_, commands) => {
  const from = fromCacao(JSON.stringify(foreign(commands)), NOW);
  expect(!from.ok && from.failure[0]?.text).toMatch(/is blocked/);
});

test('a kind that no playbook may do is refused also when it comes as a command of ours', () => {
  const from = fromCacao(JSON.stringify(foreign([{ type: 'countersign', command: 'change_policy' }])), NOW);
  const written = from.ok ? readPlaybook(JSON.stringify(from.value.written)) : undefined;
  expect(written?.ok === false && written.failure[0]?.text).toMatch(/rules themselves/);
});

test.each([
  ['revoked', { revoked: true }, /is revoked/],
  ['not valid yet', { valid_from: '2027-01-01T00:00:00Z' }, /not valid yet/],
  ['not valid any more', { valid_until: '2026-11-27T00:00:00Z' }, /not valid any more/],
  ['of a time that cannot be read', { valid_until: 'soon' }, /cannot be read/],
  ['signed as another version', { signatures: [{ related_version: '2026-01-01T00:00:00Z' }] }, /another version/],
  ['signed as another playbook', { signatures: [{ related_to: 'playbook--2' }] }, /another playbook/],
  ['of a revoked signature', { signatures: [{ revoked: true }] }, /signature of it is revoked/],
  ['another version of the format', { spec_version: 'cacao-1.1' }, /./],
  [
    'a workflow that is a circle',
    {
      workflow: {
        'start--1': { type: 'start', on_completion: 'a' },
        a: { type: 'action', commands: [{ type: 'manual', command: 'x' }], on_completion: 'a' },
      },
    },
    /two ways|too long/,
  ],
  [
    'a step that is not there',
    { workflow: { 'start--1': { type: 'start', on_completion: 'constructor' } } },
    /no such step/,
  ],
  [
    'a condition of another language',
    {
      workflow: {
        'start--1': { type: 'start', on_completion: 'a' },
        a: { type: 'if-condition', condition: "ipv4-addr:value = '1.2.3.4'", on_true: 'b' },
        b: { type: 'end' },
      },
    },
    /none that can be answered/,
  ],
])('a document that is %s is refused', (_, more, why) => {
  const from = fromCacao(JSON.stringify(foreign(CONTAIN, more)), NOW);
  expect(!from.ok && from.failure.map(({ text }) => text).join()).toMatch(why);
});

test('arms that come together without saying so are read as such', () => {
  const workflow = {
    'start--1': { type: 'start', on_completion: 'if' },
    if: { type: 'if-condition', condition: "countersign:severity = 'high'", on_true: 'a', on_false: 'b' },
    a: { type: 'action', name: 'a', commands: [{ type: 'manual', command: 'x' }], on_completion: 'c' },
    b: { type: 'action', name: 'b', commands: [{ type: 'manual', command: 'y' }], on_completion: 'c' },
    c: { type: 'action', name: 'c', commands: [{ type: 'manual', command: 'z' }], on_completion: 'end--1' },
    'end--1': { type: 'end' },
  };
  const steps = imported(foreign([], { workflow })).playbooks[0]?.steps;
  expect(steps).toMatchObject([{ type: 'branch', yes: [{ name: 'a' }], no: [{ name: 'b' }] }, { name: 'c' }]);
});
