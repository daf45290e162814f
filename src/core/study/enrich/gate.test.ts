import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EntityKind } from '../../../model/alert.ts';
import type { Tlp } from '../../../model/enrichment.ts';
import type { Inventory } from '../../../model/inventory.ts';
import type { PublicSuffixes } from './domain.ts';
import { type Gate, ownNames, withheldBecause } from './gate.ts';

/** A list of two suffixes, of our own making. */
const suffixes: PublicSuffixes = hostname => {
  const suffix = ['example', 'com'].find(one => hostname === one || hostname.endsWith(`.${one}`));
  if (suffix === undefined) return { registrable: undefined, suffix: undefined, kind: 'none' };
  const label = hostname
    .slice(0, -suffix.length - 1)
    .split('.')
    .at(-1);
  return { registrable: label ? `${label}.${suffix}` : undefined, suffix, kind: 'icann' };
};

const inventory: Inventory = {
  v: '1',
  version: '1',
  records: [
    {
      kind: 'person',
      name: 'Carla Reyes',
      aliases: ['user:c.reyes@acme.example', 'ip:9.9.9.9'],
      accounts: [],
      owner: '',
      privileged: 'no',
      criticality: 'low',
      dependents: [],
    },
    {
      kind: 'host',
      name: 'db1.acme-prod.com',
      aliases: ['url:https://portal.acme-web.com/login'],
      accounts: [],
      owner: '',
      privileged: 'no',
      criticality: 'low',
      dependents: [],
    },
  ],
};
const own = ownNames(inventory, ['Ours.Example'], suffixes);
const gate = (more: Partial<Gate> = {}): Gate => ({ tlp: 'clear', maxTlp: 'amber', own, suffixes, ...more });
const why = (kind: EntityKind, value: string, more: Partial<Gate> = {}) => withheldBecause({ kind, value }, gate(more));

describe('what may leave', () => {
  test('is a global address, a public name, a public URL and a hash', () => {
    expect(why('ip', '8.8.8.8')).toBeUndefined();
    expect(why('domain', 'shop.example')).toBeUndefined();
    expect(why('url', 'https://shop.example/a?b=c')).toBeUndefined();
    expect(why('url', 'http://8.8.8.8:8080/x')).toBeUndefined();
    expect(why('hash', 'a'.repeat(64))).toBeUndefined();
    expect(why('mailbox', 'somebody@shop.example')).toBeUndefined();
  });

  test.each([
    ['ip', '10.0.0.1'],
    ['ip', '::ffff:192.168.0.1'],
    ['ip', 'fd00::1'],
    ['ip', '169.254.169.254'],
    ['ip', '9.9.9.9'],
    ['ip', '0x0a.1'],
    ['domain', 'dc01'],
    ['domain', 'dc01.corp.local'],
    ['domain', 'mail.acme.example'],
    ['domain', 'ACME.example.'],
    ['domain', 'x.acme-prod.com'],
    ['domain', 'www.acme-web.com'],
    ['domain', 'a.ours.example'],
    ['url', 'https://10.0.0.1/x'],
    ['url', 'https://[fd00::1]/x'],
    ['url', 'https://intranet/x'],
    ['url', 'https://mail.acme.example/x'],
    ['url', 'https://user:secret@shop.example/'],
    ['url', 'https://shop.example/unsubscribe?who=c.reyes%40shop.example'],
    ['url', 'https://shop.example@acme.example/'],
    ['url', 'javascript:alert(1)'],
    ['url', `https://shop.example/${'a'.repeat(3_000)}`],
    ['mailbox', 'c.reyes@acme.example'],
    ['mailbox', 'root@localhost'],
    ['hash', 'not a hash'],
    ['user', 'c.reyes'],
    ['host', 'shop.example'],
    ['access_key', 'AKIAIOSFODNN7EXAMPLE'],
    ['command_line', 'curl https://shop.example'],
  ] as const)('is never %s %s', (kind, value) => {
    expect(why(kind, value)).toBeTruthy();
  });

  test('is no name while it cannot be told which names are public', () => {
    for (const [kind, value] of [
      ['domain', 'shop.example'],
      ['url', 'https://shop.example/'],
      ['mailbox', 'a@shop.example'],
    ] as const)
      expect(why(kind, value, { suffixes: undefined })).toContain('cannot be told');
  });

  test('whatever it is: nothing that is marked red leaves, and nothing above what the look-up may get', () => {
    const tlps: readonly Tlp[] = ['clear', 'green', 'amber', 'red'];
    const kind = fc.constantFrom<EntityKind>('ip', 'domain', 'url', 'hash', 'mailbox', 'user');
    const value = fc.oneof(fc.string(), fc.ipV4(), fc.domain(), fc.webUrl(), fc.emailAddress());
    fc.assert(
      fc.property(kind, value, fc.constantFrom(...tlps), fc.constantFrom(...tlps), (of, text, tlp, maxTlp) => {
        const because = why(of, text, { tlp, maxTlp });
        if (tlp === 'red' || tlps.indexOf(tlp) > tlps.indexOf(maxTlp)) expect(because).toContain('TLP');
      }),
    );
  });

  test('whatever it is: a host below a domain of ours does not leave, however it is written', () => {
    const label = fc.stringMatching(/^[a-z0-9]{1,10}$/);
    const written = fc.constantFrom(
      (name: string) => ['domain', name] as const,
      (name: string) => ['domain', `${name.toUpperCase()}.`] as const,
      (name: string) => ['url', `https://${name}/`] as const,
      (name: string) => ['url', `HTTP://${name}:8443?x`] as const,
      (name: string) => ['mailbox', `someone@${name}`] as const,
    );
    fc.assert(
      fc.property(fc.array(label, { maxLength: 3 }), written, (labels, write) => {
        const [kind, value] = write([...labels, 'acme', 'example'].join('.'));
        expect(why(kind, value)).toBeTruthy();
      }),
    );
  });
});
