import { describe, expect, it } from 'vitest';
import { generic } from '../generic/index.ts';
import { recordOfValue } from '../read/record.ts';
import { parseFieldMap, withMap } from './mapped.ts';

function mapped(value: unknown, mapText: string) {
  const map = parseFieldMap(mapText);
  if (!map.ok) throw new Error(map.failure);
  const result = withMap(generic, map.value).normalise(recordOfValue(value));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('parseFieldMap', () => {
  it('refuses a field that we do not have and a pair without a path', () => {
    expect(parseFieldMap('colour=a')).toEqual({ ok: false, failure: 'there is no field `colour` to map' });
    expect(parseFieldMap('host=')).toEqual({ ok: false, failure: '`host=` is not of the form field=path' });
    expect(parseFieldMap('__proto__=a').ok).toBe(false);
  });
});

describe('withMap', () => {
  it('takes id, time, title, host, ip and product from where the map says, with their pointers', () => {
    const alert = mapped(
      { n: 7, when: 1772459705, what: 'Odd login', box: 'DB-02', addr: '192.0.2.9', by: 'ids' },
      'id=n,time=when,title=what,host=box,ip=addr,product=by',
    );
    expect([alert.vendorId, alert.occurredAt, alert.title, alert.rule, alert.product]).toEqual([
      '7',
      1772459705000,
      'Odd login',
      'Odd login',
      'ids',
    ]);
    expect(alert.entities.map(one => [one.kind, one.value, one.role, one.pointer])).toEqual([
      ['host', 'db-02', 'target', '/box'],
      ['ip', '192.0.2.9', 'related', '/addr'],
    ]);
    expect(alert.ocsf).toMatchObject({ finding_info: { uid: '7', title: 'Odd login' } });
  });

  it('follows dots through objects, list indexes and keys that hold dots', () => {
    const alert = mapped({ a: { 'b.c': [{ d: 'kim' }] }, 'x.y': 'h1' }, 'user=a.b.c.0.d,host=x.y');
    expect([alert.fields.user, alert.pointers.user]).toEqual(['kim', '/a/b.c/0/d']);
    expect(alert.fields.host).toBe('h1');
  });

  it('lets the map settle what a value means, against what its key suggests', () => {
    const alert = mapped({ user: 'db-02', t: 'x' }, 'host=user,title=t');
    // The mapped title is what a statement about the alert cites as its rule.
    expect(alert.fields).toEqual({ host: 'db-02', rule_name: 'x' });
    expect(alert.entities.map(one => one.kind)).toEqual(['host']);
  });

  it('leaves a path that leads nowhere, or to no value of the kind, to the source', () => {
    const alert = mapped({ host: 'h1', t: 'soon' }, 'time=t,user=constructor');
    expect(alert.occurredAt).toBeUndefined();
    expect(alert.fields).toEqual({ host: 'h1' });
  });
});
