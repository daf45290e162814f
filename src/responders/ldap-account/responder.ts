import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeAccount } from './execute.ts';
import { ldapAccountManifest } from './manifest.ts';
import { observeAccount } from './observe.ts';
import { planAccount } from './plan.ts';
import { seeRights } from './rights.ts';
import { readTrail } from './trail.ts';

/** Locks and unlocks accounts of an LDAP directory through its password policy. README.md has the access rules. */
export const ldapAccount: Responder = {
  manifest: ldapAccountManifest,
  plan: planAccount,
  execute: executeAccount,
  observe: observeAccount,
  auditTrail: readTrail,
  rights: seeRights,
  parseConfig,
};
