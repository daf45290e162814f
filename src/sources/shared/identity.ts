import type { EntityRole } from '../../model/alert.ts';
import { type At, textAt } from './at.ts';
import { type Draft, putEntity, putField } from './draft.ts';
import { machineKindOf } from './machine.ts';

/** A name is unique only within its domain: `domain\name`, or `name@domain` for a domain of DNS. In lower case. */
export function qualifiedName(name: string, domain: string | undefined): string {
  const lower = name.toLowerCase();
  if (domain === undefined || lower.includes('@') || lower.includes('\\')) return lower;
  return domain.includes('.') ? `${lower}@${domain.toLowerCase()}` : `${domain.toLowerCase()}\\${lower}`;
}

export interface IdentityOptions {
  /** The part of the text that is the name; the whole text where absent. */
  readonly part?: string | undefined;
  readonly domain?: string | undefined;
  readonly vendorId?: string | undefined;
}

/**
 * Puts who a field names: a machine identity with its kind where the name, its SID or its domain's form says so, else
 * a user. Whoever acted fills `user` too, as recorded.
 */
export function putIdentity(draft: Draft, role: EntityRole, at: At | undefined, options: IdentityOptions = {}): void {
  const name = options.part ?? textAt(at);
  if (name === undefined) return;
  const { part, domain, vendorId } = options;
  const machine =
    machineKindOf(name) ??
    machineKindOf(vendorId ?? '') ??
    (domain === undefined ? undefined : machineKindOf(`${domain}\\${name}`));
  const value = qualifiedName(name, domain);
  putEntity(draft, machine === undefined ? 'user' : 'nhi', role, at, { part, value, vendorId, machine });
  if (role === 'actor') putField(draft, 'user', at, part);
}
