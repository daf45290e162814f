import type { Id } from '../base/id.ts';

/** Whose seat in a quorum it is. */
export type Slot = 'responder' | 'second_person' | 'identity_owner' | 'asset_owner' | 'business_owner';

/** Each seat, as a person reads it. */
export const SLOT_TEXT: { readonly [S in Slot]: string } = {
  responder: 'A responder',
  second_person: 'A second person: responder or owner',
  identity_owner: 'The owner of this identity',
  asset_owner: 'The owner of this system',
  business_owner: 'An owner of the business that rests on it',
};

/**
 * That one person signs in the seats of another, for a while: those that the inventory names the other for, and no
 * others. Closed; its digest under `countersign/delegation/v1` is signed by whoever gives it.
 */
export interface DelegationStatement {
  readonly v: '1';
  readonly installation: string;
  readonly delegation: Id<'delegation'>;
  readonly from: Id<'person'>;
  readonly to: Id<'person'>;
  /** RFC 3339. It counts from then on. */
  readonly since: string;
  /** RFC 3339. At most {@link DELEGATION_MS_MAX} later. */
  readonly until: string;
  readonly nonce: string;
}

/** Longer absences are a matter for the inventory. */
export const DELEGATION_MS_MAX = 14 * 86_400_000;
