import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { BROKEN_SOURCES, SOURCE_CHECKS, type SourceCase } from '../../src/connector/source-checks.ts';
import { SOURCES } from '../../src/sources/index.ts';

const wazuh = SOURCES.sources.find(({ id }) => id === 'wazuh');
if (wazuh === undefined) throw new Error('Wazuh is read');

/** Read by a person: the address is the attacker's, the host is the agent, and `root` is who was tried. */
const CASES: readonly SourceCase[] = [
  {
    name: 'a brute force',
    bytes: utf8(
      JSON.stringify({
        timestamp: '2026-03-02T09:14:07.120+0000',
        id: '1772442847.33120',
        rule: { id: '5712', level: 10, description: 'sshd: brute force trying to get access to the system.' },
        agent: { id: '004', name: 'web-04' },
        manager: { name: 'siem' },
        decoder: { name: 'sshd' },
        data: { srcip: '203.0.113.9', dstuser: 'root' },
        location: '/var/log/auth.log',
      }),
    ),
    entities: ['host:web-04', 'ip:203.0.113.9', 'user:root'],
  },
];

describe('the suite for sources', () => {
  test.each(SOURCE_CHECKS)('$title: a sound source passes', ({ run }) => run(wazuh, CASES));

  test('each guarantee has a source that breaks it', () => {
    expect(BROKEN_SOURCES.map(({ caughtBy }) => caughtBy)).toEqual(
      SOURCE_CHECKS.map(({ title }) => title.split(' ')[0]),
    );
  });

  test.each(BROKEN_SOURCES)('$caughtBy fails a source that $fault', ({ caughtBy, saying, make }) => {
    const check = SOURCE_CHECKS.find(({ title }) => title.startsWith(`${caughtBy} `));
    expect(() => check?.run(make(wazuh), CASES)).toThrow(saying);
  });
});
