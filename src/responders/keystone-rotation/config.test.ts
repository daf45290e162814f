import { describe, expect, test } from 'vitest';
import { CLOUD_FILE } from './cloud-file.ts';
import { parseConfig, readSettings } from './config.ts';

const GOOD = {
  url: 'https://keystone.example.org:5000/v3/',
  user: '0'.repeat(32),
  project: '1'.repeat(32),
  readUser: '2'.repeat(32),
  writeKey: '3'.repeat(32),
  secretFile: '/srv/orders/clouds.yaml',
  tokenFiles: '/run/orders/token, /run/nightly/token',
};

describe('settings of a service whose application credential is rotated', () => {
  test('are told with their defaults', () => {
    expect(parseConfig(GOOD)).toEqual({ ok: true, value: { ...GOOD, consumers: '' } });
    expect(readSettings(GOOD)).toMatchObject({
      ok: true,
      value: { url: 'https://keystone.example.org:5000/v3', tokenFiles: ['/run/orders/token', '/run/nightly/token'] },
    });
  });

  test.each([
    ['url', { url: 'http://keystone.example.org/v3' }],
    ['user', { user: 'orders' }],
    ['project', { project: '' }],
    ['readUser', { readUser: GOOD.user }],
    ['writeKey', { writeKey: '../users' }],
    ['secretFile', { secretFile: 'clouds.yaml' }],
    ['tokenFiles', { tokenFiles: '' }],
    ['tokenFiles', { tokenFiles: ' , ' }],
    ['tokenFiles', { tokenFiles: '/run/orders/../token' }],
    ['tokenFiles', { tokenFiles: `/run/orders/token,${GOOD.secretFile}` }],
    ['tokenFiles', { tokenFiles: Array.from({ length: 11 }, (_, at) => `/run/${at}`).join() }],
    ['consumers', { consumers: ','.repeat(50) }],
    ['password', { password: 'x' }],
  ])('a wrong `%s` is named', (name, wrong) => {
    const read = parseConfig({ ...GOOD, ...wrong });
    expect(read.ok ? '' : read.failure.detail).toContain(`\`${name}\``);
  });
});

describe('the file from which a service of OpenStack reads what to log in with', () => {
  const auth = { auth_url: 'https://k', application_credential_id: 'old', application_credential_secret: 'secret' };
  const file = { note: 'stays', clouds: { orders: { region_name: 'one', auth } } };

  test('has both replaced together, and nothing else', () => {
    expect(CLOUD_FILE.read(file)).toEqual({ login: 'old', secret: 'secret' });
    expect(CLOUD_FILE.naming(file, 'new', 'another')).toEqual({
      note: 'stays',
      clouds: {
        orders: {
          region_name: 'one',
          auth: { ...auth, application_credential_id: 'new', application_credential_secret: 'another' },
        },
      },
    });
  });

  test.each([
    {},
    { clouds: [] },
    { clouds: {} },
    { clouds: { orders: 'x' } },
    { clouds: { orders: {} } },
    { clouds: { orders: { auth }, more: { auth } } },
    { clouds: { orders: { auth: { ...auth, application_credential_id: 1 } } } },
    { clouds: { orders: { auth: { ...auth, application_credential_secret: '' } } } },
  ])('is not taken as %j', wrong => {
    expect(() => CLOUD_FILE.read(wrong)).toThrow();
  });
});
