import type { Tier } from '../../../model/proposal.ts';
import type { Operation } from '../../../ports/responder.ts';
import { KIND_FLOORS } from '../../decide/kinds.ts';
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

/** The kind that an operation of a responder is, that it declares itself to be. */
export function kindOfOperation(operation: Pick<Operation, 'kind'>): CatalogueKind | undefined {
  return CATALOGUE.find(kind => kind.id === operation.kind);
}

/**
 * The least tier of a kind, on a target of which nothing delicate is known: the code's floor itself, and no second
 * table. Undefined for a notice, which is no operation.
 */
export function floorOf({ id, tierRule }: Pick<CatalogueKind, 'id' | 'tierRule'>): Tier | undefined {
  const floor = KIND_FLOORS[id];
  if (floor === 'notice' || tierRule.kind === 'notice') return undefined;
  if (tierRule.kind === 'case') return floor;
  return tierOf({
    kind: id,
    touches: tierRule.touches,
    reversibility: tierRule.reversibility,
    isPrivileged: 'no',
    isMachine: 'no',
    isCritical: 'no',
    isLastAdministrator: false,
    isOwnIdentity: false,
    marks: [],
    actsOfLate: 0,
    dependentsKnown: true,
    coverage: 'complete',
    hasRequiredGap: false,
    undoesTier: undefined,
    policyFloor: undefined,
  }).tier;
}

/** What is said of a kind that cannot be undone; empty where it can. */
export function irreversibleText(kind: Pick<CatalogueKind, 'id' | 'undo' | 'tierRule'>): string {
  if (kind.undo.by !== 'irreversible') return '';
  const floor = floorOf(kind);
  return `It cannot be undone, which asks for one tier more${floor === undefined ? '' : ` (${floor})`}.`;
}
