import type { ClaimKind } from './kind.ts';
import { opposite, saidAs } from './mutations.ts';
import { held, stated } from './stated.ts';

/** What was asked of a service, and what a product says of it. */
export const SERVICE: readonly ClaimKind[] = [
  stated('cloud_api_called', {
    template: '[{who} ]called {operation}[ on {object}][ from {source_ip}]',
    noun: 'call',
    isAct: true,
    mutations: [saidAs('storage_accessed', 'role_assigned', 'credential_created')],
  }),
  stated('storage_accessed', {
    template: '[{who} ]reached storage[ {object}][ by {operation}][ from {source_ip}]',
    noun: 'access to storage',
    isAct: true,
    mutations: [saidAs('database_accessed', 'cloud_api_called')],
  }),
  stated('database_accessed', {
    template: '[{who} ]reached the database[ {object}][ from {source_ip}]',
    noun: 'access to a database',
    isAct: true,
    mutations: [saidAs('storage_accessed')],
  }),
  stated('detection_fired', {
    template: '"[{rule}|an unnamed rule]" fired[ on {host}][ for {who}][, target {object}][, from {source_ip}]',
    noun: 'detection',
    mutations: [opposite('blocked'), saidAs('ioc_matched', 'auth_succeeded', 'process_started')],
  }),
];

/** Who held which address, account or name. */
export const HOLDING: readonly ClaimKind[] = [
  held(
    'address_leased',
    '{address} was {host} by DHCP',
    'lease of an address',
    ['address', 'host'],
    'address_reported',
  ),
  held(
    'address_reported',
    '{address} was {host} by its own sensor',
    'address by a sensor',
    ['address', 'host'],
    'address_leased',
  ),
  held(
    'seen_from',
    '{host} was seen from {address}',
    'address that a host was seen from',
    ['address', 'host'],
    'address_leased',
  ),
  held('signed_in_from', '{user} signed in from {address}', 'address of a sign-in', ['address', 'user'], 'seen_from'),
  held('signed_in_on', '{user} was signed in on {host}', 'sign-in at a host', ['host', 'user'], 'signed_in_from'),
  held(
    'name_answered',
    '{domain} was answered with {address}',
    'answer of DNS',
    ['domain', 'address'],
    'address_reported',
  ),
];
