import { describe, expect, test } from 'vitest';
import type { StreamCoverage, StreamStatus } from '../../model/coverage.ts';
import type { Inventory } from '../../model/inventory.ts';
import { coverageFor, coverageQuestionOf } from './coverage-for.ts';
import { alertsOf, timeOf } from './testing.ts';

const question = coverageQuestionOf(
  alertsOf([
    { time: '2026-03-02T08:00:00Z', rule: 'a', host: 'DB1' },
    { time: '2026-03-02T09:00:00Z', rule: 'b', host: 'db1' },
  ]),
);

const stream = (
  name: string,
  status: StreamStatus,
  from = '2026-03-01T00:00:00Z',
  to = '2026-03-03T00:00:00Z',
): StreamCoverage => ({
  stream: name,
  status,
  from: timeOf(from),
  to: timeOf(to),
  because: status,
});

const inventory: Inventory = {
  v: '1',
  version: '1',
  records: [
    {
      kind: 'host',
      name: 'db1',
      aliases: [],
      accounts: [],
      owner: '',
      privileged: 'unknown',
      criticality: 'high',
      dependents: [],
    },
  ],
};

describe('coverage of an incident', () => {
  test('is complete where each stream of its hosts was heard', () => {
    const { coverage, gaps } = coverageFor(
      question,
      [stream('db1|edr', 'heard'), stream('web9|edr', 'silent')],
      undefined,
    );
    expect(coverage).toMatchObject({ verdict: 'complete', expected: 1, heard: 1 });
    expect(gaps).toEqual([]);
  });

  test('has a required gap where a stream of its host was out while it happened', () => {
    const during = stream('db1|edr', 'silent', '2026-03-02T08:30:00Z', '2026-03-02T08:50:00Z');
    const around = stream('db1|auth', 'silent', '2026-03-02T09:30:00Z', '2026-03-02T09:50:00Z');
    const { coverage, gaps } = coverageFor(question, [during, around, stream('db1|auth', 'heard')], undefined);
    expect(coverage).toMatchObject({ verdict: 'gaps', expected: 2, heard: 0 });
    expect(gaps.map(gap => [gap.stream, gap.isRequired])).toEqual([
      ['db1|edr', true],
      ['db1|auth', false],
    ]);
  });

  test('knows a host that the inventory lists and that nobody ever heard', () => {
    const { coverage, gaps } = coverageFor(question, [stream('*|Testwatch', 'heard')], inventory);
    expect(coverage.verdict).toBe('gaps');
    expect(gaps.map(gap => gap.stream)).toEqual(['db1|any product']);
  });

  test('counts a product without hosts only where the incident has it', () => {
    expect(coverageFor(question, [stream('*|Testwatch', 'heard')], undefined).coverage.verdict).toBe('complete');
    expect(coverageFor(question, [stream('*|okta', 'silent')], undefined).coverage).toMatchObject({
      verdict: 'unknown',
      expected: 0,
    });
  });

  test('lists what is too sparse to tell, and is unknown where there is nothing else to judge by', () => {
    const sparse = stream('db1|dlp', 'cannot_tell');
    const beside = coverageFor(question, [stream('db1|edr', 'heard'), sparse], undefined).coverage;
    expect(beside).toMatchObject({ verdict: 'complete', expected: 2, heard: 1 });
    expect(beside.streams).toContainEqual(sparse);
    expect(coverageFor(question, [sparse], undefined).coverage.verdict).toBe('unknown');
    expect(coverageFor(question, [], undefined).coverage.verdict).toBe('unknown');
  });

  test('says of each entity what its class should have, and shows what was never onboarded', () => {
    const streams = [stream('db1|Wazuh', 'heard'), stream('db1|Newcomer 3000', 'heard'), stream('*|Okta', 'silent')];
    const asked = coverageQuestionOf(
      alertsOf([
        { time: '2026-03-02T08:00:00Z', rule: 'a', host: 'db1', actor: 'jo' },
        { time: '2026-03-02T08:01:00Z', rule: 'b', host: 'ws7' },
      ]),
    );
    const { expectations = [] } = coverageFor(asked, streams, inventory).coverage;
    expect(expectations.map(one => `${one.entity} ${one.kind} ${one.status}`)).toEqual([
      'db1 endpoint heard',
      'db1 authentication heard',
      'db1 network never',
      'ws7 endpoint never',
      'ws7 authentication never',
      'jo identity_provider silent',
    ]);
  });

  test('requires the endpoint telemetry that a critical host never had, and never counts an unknown product as it', () => {
    const { gaps, coverage } = coverageFor(question, [stream('db1|Newcomer 3000', 'heard')], inventory);
    expect(gaps.map(gap => [gap.stream, gap.isRequired])).toEqual([['db1|endpoint detection', true]]);
    expect(coverage.verdict).toBe('gaps');
    expect(coverageFor(question, [stream('db1|Newcomer 3000', 'heard')], undefined).gaps).toEqual([]);
  });

  test('concerns every incident where everything fell silent at once', () => {
    const during = stream('*|*', 'silent', '2026-03-02T08:30:00Z', '2026-03-02T08:50:00Z');
    const { gaps } = coverageFor(question, [stream('db1|edr', 'heard'), during], undefined);
    expect(gaps.map(gap => [gap.stream, gap.isRequired])).toEqual([['*|*', true]]);
  });

  test('does not mind a silence of another day', () => {
    const old = stream('db1|edr', 'silent', '2026-02-20T00:00:00Z', '2026-02-21T00:00:00Z');
    expect(coverageFor(question, [old, stream('db1|edr', 'heard')], undefined).coverage.verdict).toBe('complete');
  });
});
