import type { EntityRole } from '../../model/alert.ts';
import type { At } from './at.ts';
import { type Draft, putEntity, putField } from './draft.ts';
import { machineKindOf } from './machine.ts';

/**
 * Puts an account's name: a machine's by the kind that its form says, else a user, compared with its domain where the
 * record says one beside it.
 */
export function putAccount(
  draft: Draft,
  role: EntityRole,
  name: At | undefined,
  options: { readonly domain?: string | undefined; readonly vendorId?: string | undefined } = {},
): void {
  if (name === undefined || typeof name.value !== 'string') return;
  const text = name.value.trim();
  const machine = machineKindOf(text);
  const { domain, vendorId } = options;
  const isBare = domain !== undefined && !/[\\@]/.test(text);
  const value = isBare ? `${domain}\\${text}`.toLowerCase() : undefined;
  putEntity(draft, machine === undefined ? 'user' : 'nhi', role, name, { value, vendorId, machine });
  putField(draft, 'user', name);
}
