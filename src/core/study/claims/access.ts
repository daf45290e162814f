import type { ClaimKind } from './kind.ts';
import { opposite, saidAs } from './mutations.ts';
import { stated } from './stated.ts';

/** Who got in, and what they may do now. */
export const ACCESS: readonly ClaimKind[] = [
  stated('auth_failed', {
    template: '[{who} ]failed to sign in[ to {host}][ from {source_ip}]',
    noun: 'failed sign-in',
    mutations: [opposite('auth_succeeded'), saidAs('session_revoked', 'mfa_changed')],
  }),
  stated('auth_succeeded', {
    template: '[{who} ]signed in[ to {host}][ from {source_ip}]',
    noun: 'sign-in',
    mutations: [opposite('auth_failed'), saidAs('session_revoked', 'mfa_changed')],
  }),
  stated('mfa_changed', {
    template: '[{who} ]changed a sign-in factor[ of {object}][ from {source_ip}]',
    noun: 'change of a sign-in factor',
    isAct: true,
    mutations: [saidAs('credential_created', 'auth_succeeded')],
  }),
  stated('role_assigned', {
    template: '[{who} ]granted rights[ to {object}][ by {operation}][ from {source_ip}]',
    noun: 'grant of rights',
    isAct: true,
    mutations: [saidAs('credential_created', 'cloud_api_called')],
  }),
  stated('credential_created', {
    template: '[{who} ]made a credential[ for {object}][ by {operation}][ from {source_ip}]',
    noun: 'new credential',
    isAct: true,
    mutations: [saidAs('role_assigned', 'cloud_api_called')],
  }),
  stated('consent_granted', {
    template: '[{who} ]granted consent[ to {object}][ from {source_ip}]',
    noun: 'grant of consent',
    isAct: true,
    mutations: [saidAs('role_assigned', 'auth_succeeded')],
  }),
  stated('session_revoked', {
    template: '[{who} ]ended a session[ of {object}]',
    noun: 'end of a session',
    isAct: true,
    mutations: [saidAs('auth_succeeded', 'auth_failed')],
  }),
];
