import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { zeek } from './index.ts';

const CONNECTION = {
  ts: 1772445600,
  uid: 'C1',
  'id.orig_h': '192.0.2.1',
  'id.orig_p': 5,
  'id.resp_h': '198.51.100.1',
  'id.resp_p': 6,
};

function alertOf(value: object) {
  const result = zeek.normalise(recordOfValue(value));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('zeek', () => {
  it('reads names with dots as one key and as a path', () => {
    const { ts, uid } = CONNECTION;
    const id = { orig_h: '192.0.2.1', orig_p: 5, resp_h: '198.51.100.1', resp_p: 6 };
    const dotted = alertOf({ ...CONNECTION, _path: 'conn' });
    const nested = alertOf({ ts, uid, id, _path: 'conn' });
    expect(nested.fields).toEqual(dotted.fields);
    expect(nested.vendorLinks).toEqual(['uid:C1']);
  });

  it.each([
    ['conn', { conn_state: 'S0' }],
    ['dns', { query: 'a.example.com', qtype_name: 'A' }],
    ['http', { method: 'GET', uri: '/' }],
    ['ssl', { server_name: 'a.example.com' }],
    ['ssh', { auth_attempts: 1 }],
    ['kerberos', { request_type: 'AS' }],
    ['smb_mapping', { share_type: 'DISK' }],
    ['event', {}],
  ])('tells an entry of %s by its own fields', (path, fields) => {
    expect(alertOf({ ...CONNECTION, ...fields }).rule).toBe(`zeek:${path}`);
  });

  it.each([
    [true, 'success'],
    ['T', 'success'],
    [false, 'failure'],
    ['F', 'failure'],
    [undefined, undefined],
  ])('reads %s as the outcome %s of a login', (auth_success, outcome) => {
    expect(alertOf({ ...CONNECTION, _path: 'ssh', auth_success }).fields.outcome).toBe(outcome);
  });

  it('takes a notice for an alert of its own name, and nothing from its message', () => {
    const alert = alertOf({
      ts: 1772445600,
      note: 'Scan::Address_Scan',
      msg: '203.0.113.9 scanned 192.0.2.77',
      src: '203.0.113.9',
    });
    expect(alert).toMatchObject({ rule: 'Scan::Address_Scan', ocsf: { is_alert: true } });
    expect(alert.entities.map(one => one.value)).toEqual(['203.0.113.9']);
  });

  it('parts the realm from a Kerberos name and knows a computer’s account', () => {
    const krb = { ...CONNECTION, _path: 'kerberos', client: 'WS-1$/EXAMPLE.COM', service: 'krbtgt/EXAMPLE.COM' };
    const account = alertOf(krb).entities.find(one => one.kind === 'nhi');
    expect(account).toMatchObject({ value: 'ws-1$@example.com', label: 'WS-1$', machine: 'computer' });
  });

  it('does not take the list of mail servers of an smtp entry for its path', () => {
    expect(alertOf({ ...CONNECTION, path: ['192.0.2.9'], helo: 'x', mailfrom: 'a@example.com' }).rule).toBe(
      'zeek:smtp',
    );
  });
});
