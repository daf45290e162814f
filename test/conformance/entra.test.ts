import { expect, test } from 'vitest';
import { entra } from '../../src/responders/entra/responder.ts';
import { startEntraApps, startEntraSecrets, startEntraSessions, startEntraUsers } from './entra-target.ts';
import { NOT_IN_THIS_LANE } from './server-process.ts';
import { GRAPH_CONTRACT } from './vendor/graph-contract.ts';
import { declaredRights, vendorConformance } from './vendor/vendor-conformance.ts';

const notHere = NOT_IN_THIS_LANE;
vendorConformance({ title: 'entra: users', start: startEntraUsers, notHere });
vendorConformance({ title: 'entra: apps', start: startEntraApps, notHere });
vendorConformance({ title: 'entra: client secrets', start: startEntraSecrets, notHere });
vendorConformance({ title: 'entra: sessions', start: startEntraSessions, notHere });

test('the rights that are declared are those that the slice of Graph names for what is asked', () => {
  declaredRights(entra, { contract: GRAPH_CONTRACT });
});

test('a system of entra offers what it is for', () => {
  const ids = ['1', '2', '3'].map(n => `00000000-0000-4000-8000-00000000000${n}`);
  const [directory = '', readClient = '', writeClient = ''] = ids;
  const offered = (what: string) => entra.offers?.({ for: what, directory, readClient, writeClient });
  expect(offered('users')).toEqual(['disable-user', 'enable-user', 'revoke-sessions']);
  expect(offered('apps')).toEqual(['disable-app', 'enable-app']);
  expect(offered('app-secrets')).toEqual(['remove-app-secret']);
  expect(offered('everything')).toEqual([]);
});
