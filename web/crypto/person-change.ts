import { digestOf } from '../../src/base/canonical.ts';
import type { PersonChangeBegun, PersonChangeView } from '../../src/model/api.ts';
import type { PersonChange, PersonChangeKind } from '../../src/model/person-change.ts';
import type { Role } from '../../src/model/review.ts';
import { request } from '../api/client.ts';
import { newLink } from './link.ts';
import { challengeBytes, closed, WillNotSign } from './review.ts';
import { signDigest } from './sign.ts';

/** What somebody asks for of somebody else. */
export interface Wanted {
  readonly kind: Exclude<PersonChangeKind, 'invite'>;
  readonly person: PersonChange['person'];
  readonly roles: readonly Role[];
  readonly installation: string;
}

/**
 * Signs a change first. Gives back the link of a reset, and an empty text for anything else: its key is made here, so the
 * server cannot come back in that person's place.
 */
export async function beginChange({ kind, person, roles, installation }: Wanted): Promise<string> {
  const link = kind === 'reset' ? await newLink() : undefined;
  const linkPublicKey = link?.key.publicKey ?? '';
  const body = { kind, person, roles, linkPublicKey };
  const begun = await request<PersonChangeBegun>('POST', '/api/v1/person-changes/begin', body);
  const { statement } = begun;
  const isAsked =
    statement.kind === kind &&
    statement.person === person &&
    statement.installation === installation &&
    statement.linkPublicKey === linkPublicKey &&
    (kind !== 'roles' || statement.roles.join() === [...roles].sort().join());
  if (!isAsked) throw new WillNotSign("the server's change is not the one that was asked for");
  await sign(begun);
  return link === undefined ? '' : `${location.origin}/enrol#${link.seed}`;
}

/** Signs a change second, where it is the one that the page shows. */
export async function signChange(shown: PersonChangeView): Promise<void> {
  const begun = await request<PersonChangeBegun>('POST', `/api/v1/person-changes/${shown.change}/begin`);
  const { kind, person, roles } = begun.statement;
  const isShown = kind === shown.kind && person === shown.person && roles.join() === shown.roles.join();
  if (!isShown) throw new WillNotSign('the text to sign is another change than the page shows');
  await sign(begun);
}

/** Signs an invitation that takes two first, where it is the one that was asked for. */
export async function signInvite(
  begun: PersonChangeBegun,
  wanted: Pick<PersonChange, 'roles' | 'linkPublicKey' | 'installation'>,
): Promise<void> {
  const { kind, roles, linkPublicKey, installation } = begun.statement;
  const isAsked =
    kind === 'invite' &&
    roles.join() === wanted.roles.join() &&
    linkPublicKey === wanted.linkPublicKey &&
    installation === wanted.installation;
  if (!isAsked) throw new WillNotSign("the server's invitation is not the one that was asked for");
  await sign(begun);
}

async function sign({ statement, challenge, credentialIds }: PersonChangeBegun): Promise<void> {
  const digest = challengeBytes(digestOf('countersign/person-change/v1', closed({ ...statement })), challenge);
  const signature = await signDigest(digest, credentialIds);
  await request('POST', `/api/v1/person-changes/${statement.change}/sign`, { signature });
}
