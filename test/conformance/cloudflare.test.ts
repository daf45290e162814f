import { expect, test } from 'vitest';
import { cloudflare } from '../../src/responders/cloudflare/responder.ts';
import { startCloudflareTarget } from './cloudflare-target.ts';
import { CLOUDFLARE_CONTRACT } from './vendor/cloudflare-contract.ts';
import { vendorConformance } from './vendor/vendor-conformance.ts';

vendorConformance({ title: 'cloudflare: addresses', start: startCloudflareTarget });

test('the rights that are declared are among those that suffice for what is asked, and the one that reads cannot write', () => {
  const { read, write } = cloudflare.manifest.scopes;
  for (const { method, scopes } of CLOUDFLARE_CONTRACT.operations) {
    expect(scopes.filter(scope => (method === 'GET' ? read : write).includes(scope))).toHaveLength(1);
    if (method !== 'GET') expect(scopes.filter(scope => read.includes(scope))).toEqual([]);
  }
});

test('a system of cloudflare names the networks that are never blocked', () => {
  const taken = (ownNetworks: string) => cloudflare.parseConfig({ account: 'a'.repeat(32), ownNetworks }).ok;
  expect(['192.0.2.0/24', '192.0.2.0/24, 2001:db8::/32'].map(taken)).toEqual([true, true]);
  expect(['', '192.0.2.0', '192.0.2.0/33', '2001:db8::/129', 'all'].map(taken)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});
