import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeRole } from './execute.ts';
import { postgresRoleManifest } from './manifest.ts';
import { observeRole } from './observe.ts';
import { planRole } from './plan.ts';
import { seeRights } from './rights.ts';
import { readTrail } from './trail.ts';

/** Locks and unlocks roles of a PostgreSQL server (16 or newer) and ends their sessions. README.md has the set-up. */
export const postgresRole: Responder = {
  manifest: postgresRoleManifest,
  plan: planRole,
  execute: executeRole,
  observe: observeRole,
  rights: seeRights,
  auditTrail: readTrail,
  parseConfig,
};
