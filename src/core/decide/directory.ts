import type { Id } from '../../base/id.ts';
import { parseTime } from '../../base/time.ts';
import type { PersonSignature } from '../../model/audit-entry.ts';
import type { EnrolmentStatement, Invitation, Person, Role } from '../../model/review.ts';
import type { Genesis } from '../../ports/genesis.ts';
import { readEnrolment, readInvitation, sealed } from './closed.ts';
import { checkPersonSignature, checkRaw, ed25519Spki, type VerifyKey } from './signatures.ts';

/** An enrolment as it is stored: canonical text and the signature of the link's key. */
export interface StoredEnrolment {
  readonly statement: string;
  readonly linkSignature: string;
  readonly name: string;
  readonly createdAt: number;
}

export interface StoredInvitation {
  readonly body: string;
  readonly signature: PersonSignature;
}

export interface Directory {
  readonly people: ReadonlyMap<Id<'person'>, Person>;
  /** What was left out, and why. An installation that was never tampered with has none. */
  readonly rejected: readonly string[];
}

/** The first administrator. Everybody else's roles stand in an invitation. */
export const GENESIS_ROLES: readonly Role[] = ['administrator', 'owner', 'responder'];

/**
 * Who is enrolled, computed from signatures alone: the first administrator by the link whose public key genesis pins,
 * everybody else by an invitation that an enrolled administrator's own key signed, and that link's key over exactly this
 * credential. The server, its keys and its database role cannot add a person here.
 */
export async function directoryOf(
  genesis: Genesis,
  invitations: readonly StoredInvitation[],
  enrolments: readonly StoredEnrolment[],
  verify: VerifyKey,
): Promise<Directory> {
  const people = new Map<Id<'person'>, Person>();
  const rejected: string[] = [];
  const waiting: { readonly stored: StoredEnrolment; readonly statement: EnrolmentStatement }[] = [];
  for (const stored of enrolments) {
    const read = readEnrolment(stored.statement);
    if (!read.ok) rejected.push(`an enrolment: ${read.failure}`);
    else if (read.value.installation !== genesis.installation || read.value.rpId !== genesis.rpId)
      rejected.push(`${read.value.person}: of another installation`);
    else if (read.value.credential.kind === 'browser_key' && !genesis.demo)
      rejected.push(`${read.value.person}: a browser key counts in a demo only`);
    else waiting.push({ stored, statement: read.value });
  }
  const used = new Set<string>();
  const offers = parseInvitations(invitations, rejected);
  await enrolGenesis(genesis, waiting, people, used, rejected, verify);
  // Each round enrols whoever was invited by somebody enrolled before; it ends when a round adds nobody.
  for (let before = -1; before !== people.size; ) {
    before = people.size;
    for (const candidate of waiting) {
      const offer = offers.get(candidate.statement.invitation);
      if (offer === undefined || used.has(candidate.statement.invitation)) continue;
      if (!(await isOffered(genesis, offer, candidate, people, verify))) continue;
      used.add(candidate.statement.invitation);
      enrol(people, candidate, offer.invitation.roles);
    }
  }
  for (const { statement } of waiting)
    if (!people.get(statement.person)?.credentials.some(held => held.id === statement.credential.id))
      rejected.push(`${statement.person}: the enrolment does not chain to genesis`);
  return { people, rejected };
}

interface Offer {
  readonly invitation: Invitation;
  readonly stored: StoredInvitation;
}
interface Candidate {
  readonly stored: StoredEnrolment;
  readonly statement: EnrolmentStatement;
}

function parseInvitations(invitations: readonly StoredInvitation[], rejected: string[]): Map<string, Offer> {
  const offers = new Map<string, Offer>();
  for (const stored of invitations) {
    const read = readInvitation(stored.body);
    if (read.ok) offers.set(read.value.id, { invitation: read.value, stored });
    else rejected.push(`an invitation: ${read.failure}`);
  }
  return offers;
}

async function enrolGenesis(
  genesis: Genesis,
  waiting: readonly Candidate[],
  people: Map<Id<'person'>, Person>,
  used: Set<string>,
  rejected: string[],
  verify: VerifyKey,
): Promise<void> {
  for (const candidate of waiting) {
    if (candidate.statement.invitation !== 'genesis') continue;
    const spki = ed25519Spki(genesis.linkPublicKey);
    const { digest } = sealed('countersign/enrolment/v1', candidate.statement);
    const isSigned =
      spki !== undefined && (await checkRaw('EdDSA', spki, digest, candidate.stored.linkSignature, verify));
    const until = parseTime(genesis.linkExpiresAt);
    const isInTime = until !== undefined && candidate.stored.createdAt <= until;
    if (!isSigned || !isInTime || used.has('genesis')) {
      rejected.push(`${candidate.statement.person}: not enrolled by the first link`);
      continue;
    }
    used.add('genesis');
    enrol(people, candidate, GENESIS_ROLES);
  }
}

async function isOffered(
  genesis: Genesis,
  offer: Offer,
  candidate: Candidate,
  people: ReadonlyMap<Id<'person'>, Person>,
  verify: VerifyKey,
): Promise<boolean> {
  const { invitation, stored } = offer;
  const inviter = people.get(invitation.invitedBy);
  if (!inviter?.isActive || !inviter.roles.includes('administrator')) return false;
  if (invitation.installation !== genesis.installation || invitation.person !== candidate.statement.person)
    return false;
  const expiresAt = parseTime(invitation.expiresAt);
  if (expiresAt === undefined || candidate.stored.createdAt > expiresAt) return false;
  // An invitation of somebody who is enrolled already would add a key to them behind their back.
  if (people.has(candidate.statement.person)) return false;
  const rules = { rpId: genesis.rpId, origin: genesis.origin, isDemo: genesis.demo };
  const signed = await checkPersonSignature(
    stored.signature,
    sealed('countersign/invitation/v1', invitation).digest,
    inviter.credentials,
    rules,
    verify,
  );
  if (!signed.ok) return false;
  const spki = ed25519Spki(invitation.linkPublicKey);
  const { digest } = sealed('countersign/enrolment/v1', candidate.statement);
  return spki !== undefined && checkRaw('EdDSA', spki, digest, candidate.stored.linkSignature, verify);
}

function enrol(people: Map<Id<'person'>, Person>, candidate: Candidate, roles: readonly Role[]): void {
  const { person, credential } = candidate.statement;
  const known = people.get(person);
  const added = {
    id: credential.id,
    kind: credential.kind,
    algorithm: credential.algorithm,
    publicKeySpki: credential.publicKeySpki,
  };
  people.set(person, {
    id: person,
    name: candidate.stored.name,
    roles: known?.roles ?? roles,
    credentials: [...(known?.credentials ?? []), added as Person['credentials'][number]],
    isActive: true,
  });
}
