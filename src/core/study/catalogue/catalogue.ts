import type { Tier } from '../../../model/proposal.ts';
import type { Operation } from '../../../ports/responder.ts';
import { tierOf } from '../../decide/tier.ts';
import { CREDENTIAL_KINDS } from './credentials.ts';
import { IDENTITY_KINDS } from './identity.ts';
import type { CatalogueKind } from './kind.ts';
import { MACHINE_KINDS } from './machines.ts';
import { MAIL_AND_HOUSE_KINDS } from './mail-and-house.ts';
import { NOTICE_KINDS } from './notices.ts';

/** Every kind of response that there is, whether or not something here can do it. */
export const CATALOGUE: readonly CatalogueKind[] = [
  ...IDENTITY_KINDS,
  ...CREDENTIAL_KINDS,
  ...MACHINE_KINDS,
  ...MAIL_AND_HOUSE_KINDS,
  ...NOTICE_KINDS,
];

/** The kind that an operation of a responder is, by the D3FEND id that it declares; undefined for one of no kind. */
export function kindOfOperation({ d3fend }: Pick<Operation, 'd3fend'>): CatalogueKind | undefined {
  return CATALOGUE.find(kind => kind.d3fend.includes(d3fend));
}

/**
 * The least tier of a kind, on a target of which nothing delicate is known: the code's floor itself, and no second
 * table. Undefined for a notice, which is no operation.
 */
export function floorOf({ tierRule }: Pick<CatalogueKind, 'tierRule'>): Tier | undefined {
  if (tierRule.kind === 'notice') return undefined;
  if (tierRule.kind === 'case') return 'T1';
  return tierOf({
    touches: tierRule.touches,
    reversibility: tierRule.reversibility,
    isPrivileged: 'no',
    isMachine: 'no',
    isCritical: 'no',
    isLastAdministrator: false,
    isOwnIdentity: false,
    dependentsKnown: true,
    coverage: 'complete',
    hasRequiredGap: false,
    undoesTier: undefined,
    policyFloor: undefined,
  }).tier;
}

/** What is said of a kind that cannot be undone; empty where it can. */
export function irreversibleText(kind: Pick<CatalogueKind, 'undo' | 'tierRule'>): string {
  if (kind.undo.by !== 'irreversible') return '';
  const floor = floorOf(kind);
  return `It cannot be undone, which asks for one tier more${floor === undefined ? '' : ` (${floor})`}.`;
}
