import type { Id } from '../../../base/id.ts';
import type { Alert, EntityHit } from '../../../model/alert.ts';
import type { Claim, Provenance, Trust } from '../../../model/claim.ts';
import { factOf } from '../facts.ts';
import { isSelfAsserted } from '../sightings.ts';
import type { ReadField } from '../verify-claim.ts';
import type { Fact } from './kind.ts';
import { spanIn } from './locate.ts';

/** Of the code that reads facts off alerts: another number where the same alert may give another fact. */
export const FACTS_VERSION = '2';

/** Roles that whoever acts fills with words of their own: they choose what a file, a page or a mail is called. */
const ATTACKERS: ReadonlySet<string> = new Set(['process', 'file', 'url', 'sender', 'domain', 'resource']);
/** Roles that the product fills by itself. */
const PRODUCTS: ReadonlySet<string> = new Set([
  'rule',
  'operation',
  'source_ip',
  'destination_ip',
  'technique',
  'vendor_id',
]);
/** Roles of people, machines and what they hold: whose word the name is depends on the record. */
const CLAIMED = /^(?:auth_failed|email_received|email_clicked|http_requested)$/;

/**
 * Where each citation of a claim comes from. A citation that no fact of these alerts gives (of a binding, of a
 * technique) has no role of its own, and is taken for whatever an attacker may have written: the worst that it can be.
 */
export function provenanceOf(
  claim: Claim,
  alertOf: (evidence: Id<'evidence'>) => Alert | undefined,
  read: ReadField,
): readonly Provenance[] {
  return claim.citations.map(citation => {
    const alert = alertOf(citation.evidence);
    const fact = alert === undefined ? undefined : factOf(alert);
    const bound = (fact?.roles ?? []).filter(
      ({ pointer, value }) => pointer === citation.pointer && value === citation.value,
    );
    const roles = bound.map(({ role }) => role).filter(role => claim.roles[role] === citation.value);
    const text = read(citation.evidence, citation.pointer);
    const isWhole = text === undefined || text.trim() === citation.value;
    return {
      ...citation,
      roles,
      extractor: `${alert?.source ?? 'unknown'}+facts`,
      version: FACTS_VERSION,
      span: isWhole ? undefined : spanIn(text, citation.value),
      trust: alert === undefined || fact === undefined ? 'attacker' : trustOf(alert, fact, citation),
    };
  });
}

/**
 * Who could have written a cited value. In doubt the attacker: what a source only guessed, what a client says of
 * itself, a name that was typed at a sign-in which failed, and every field that no role of ours is read from.
 */
export function trustOf(
  alert: Pick<Alert, 'source' | 'product' | 'fields' | 'entities'>,
  fact: Pick<Fact, 'predicate' | 'roles'>,
  { pointer, value }: { readonly pointer: string; readonly value: string },
): Trust {
  const hit = alert.entities.find(one => one.pointer === pointer && one.label === value);
  if (hit?.isGuessed === true || (hit !== undefined && isSelfAsserted(alert, hit))) return 'attacker';
  // A part of a longer text was cut out of what may be anybody's words.
  if (pointer === '' || pointer === 'line') return 'attacker';
  const roles = fact.roles.filter(one => one.pointer === pointer && one.value === value).map(({ role }) => role);
  if (roles.some(role => ATTACKERS.has(role))) return 'attacker';
  if (roles.some(role => PRODUCTS.has(role))) return 'product';
  if (roles.length === 0) return hit === undefined ? 'attacker' : ofEntity(hit);
  return CLAIMED.test(fact.predicate) && !roles.includes('host') ? 'attacker' : 'product';
}

const NAMED_BY_PRODUCT: ReadonlySet<EntityHit['kind']> = new Set<EntityHit['kind']>([
  'ip',
  'host',
  'hash',
  'cloud_account',
  'access_key',
  'session',
]);

function ofEntity(hit: EntityHit): Trust {
  return NAMED_BY_PRODUCT.has(hit.kind) ? 'product' : 'attacker';
}
