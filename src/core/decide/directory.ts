import type { Id } from '../../base/id.ts';
import { parseTime } from '../../base/time.ts';
import type { PersonSignature } from '../../model/audit-entry.ts';
import type { PersonChange, PersonChangeSignature } from '../../model/person-change.ts';
import type { EnrolmentStatement, Invitation, Person, Role } from '../../model/review.ts';
import type { Genesis } from '../../ports/genesis.ts';
import { readEnrolment, readInvitation, readPersonChange, sealed } from './closed.ts';
import { changed, changeFault, isAlone, type StoredPersonChange, signaturesFault } from './person-change.ts';
import { hasPower } from './power.ts';
import { checkPersonSignature, checkRaw, ed25519Spki, type SigningRules, type VerifyKey } from './signatures.ts';

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

/** What makes somebody be somebody here: that they were enrolled, or that two others changed it. */
export type StoredStatement = StoredEnrolment | StoredPersonChange;

export interface Directory {
  /** Whoever left is still here, inactive and without a credential: what they did before keeps its name. */
  readonly people: ReadonlyMap<Id<'person'>, Person>;
  /** What was left out, and why. An installation that was never tampered with has none. */
  readonly rejected: readonly string[];
  /** The statements that count, in their order. */
  readonly counted: readonly StoredStatement[];
}

/** The first administrator. Everybody else's roles stand in an invitation. */
export const GENESIS_ROLES: readonly Role[] = ['administrator', 'owner', 'responder'];

/** Whether a credential, or a change that gave a role, is old enough to change people. Asked of those who sign a change. */
export type CountsForChange = (aged: string, change: StoredPersonChange) => boolean;

/** What whoever reads knows of how a statement came to be. By default nothing is too new, and nothing is of before. */
export interface Known {
  readonly counts?: CountsForChange;
  /** Whether an enrolment was believed when one administrator alone could invite anybody. */
  readonly wasByOne?: (enrolment: StoredEnrolment) => boolean;
}

/**
 * Who is enrolled, computed from signatures alone: the first administrator by the link whose public key genesis pins,
 * everybody else by an invitation that an enrolled administrator's own key signed, and that link's key over exactly this
 * credential. Whoever may sign for others comes by an invitation that two people signed, but for the second person here, whom
 * the first one invites alone. A change counts where two others signed it, at its place in the order: what comes after it is held against
 * what it left. The server, its keys and its database role can neither add a person here nor change one.
 *
 * `statements` in the order in which they are believed to have come. Whoever must not be deceived brings an order of their own.
 */
export async function directoryOf(
  genesis: Genesis,
  invitations: readonly StoredInvitation[],
  statements: readonly StoredStatement[],
  verify: VerifyKey,
  known: Known = {},
): Promise<Directory> {
  const rejected: string[] = [];
  const fold: Fold = {
    genesis,
    verify,
    rules: { rpId: genesis.rpId, origin: genesis.origin, isDemo: genesis.demo },
    offers: parseInvitations(invitations, rejected),
    people: new Map(),
    resets: new Map(),
    invites: new Map(),
    wasByOne: known.wasByOne ?? (() => false),
    used: new Set(),
  };
  const counts = known.counts ?? (() => true);
  const counted: StoredStatement[] = [];
  for (const stored of statements) {
    const because =
      'signatures' in stored ? await applyChange(fold, stored, counts) : await applyEnrolment(fold, stored);
    if (because === undefined) counted.push(stored);
    else rejected.push(because);
  }
  return { people: fold.people, rejected, counted };
}

interface Fold {
  readonly genesis: Genesis;
  readonly verify: VerifyKey;
  readonly rules: SigningRules;
  readonly offers: ReadonlyMap<string, Offer>;
  readonly people: Map<Id<'person'>, Person>;
  /** The reset of each person whose link stands open. */
  readonly resets: Map<Id<'person'>, PersonChange>;
  /** Invitations that two people signed, by their name. */
  readonly invites: Map<string, Invite>;
  readonly wasByOne: (enrolment: StoredEnrolment) => boolean;
  readonly used: Set<string>;
}

interface Invite {
  readonly change: PersonChange;
  readonly signatures: readonly PersonChangeSignature[];
}

interface Offer {
  readonly invitation: Invitation;
  readonly stored: StoredInvitation;
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

async function applyEnrolment(fold: Fold, stored: StoredEnrolment): Promise<string | undefined> {
  const { genesis, people, used } = fold;
  const read = readEnrolment(stored.statement);
  if (!read.ok) return `an enrolment: ${read.failure}`;
  const statement = read.value;
  const { person, invitation } = statement;
  if (statement.installation !== genesis.installation || statement.rpId !== genesis.rpId)
    return `${person}: of another installation`;
  if (statement.credential.kind === 'browser_key' && !genesis.demo)
    return `${person}: a browser key counts in a demo only`;
  if (used.has(invitation)) return `${person}: the link was used before`;
  // Under its old name a credential that ended would come back by the next link.
  if (holdersOf(people, statement.credential.id).length > 0) return `${person}: the credential was enrolled before`;
  const link = invitation === 'genesis' ? genesisLink(fold) : await linkOf(fold, statement, stored);
  const spki = link === undefined ? undefined : ed25519Spki(link.publicKey);
  const until = link === undefined ? undefined : parseTime(link.until);
  const { digest } = sealed('countersign/enrolment/v1', statement);
  const isByLink = spki !== undefined && (await checkRaw('EdDSA', spki, digest, stored.linkSignature, fold.verify));
  if (link === undefined || !isByLink || until === undefined || stored.createdAt > until)
    return `${person}: the enrolment does not chain to genesis`;
  used.add(invitation);
  fold.resets.delete(person);
  people.set(person, enrolled(people.get(person), statement, stored.name, link.roles));
  return undefined;
}

interface Link {
  readonly publicKey: string;
  readonly until: string;
  readonly roles: readonly Role[];
}

function genesisLink({ genesis }: Fold): Link {
  return { publicKey: genesis.linkPublicKey, until: genesis.linkExpiresAt, roles: GENESIS_ROLES };
}

async function linkOf(
  fold: Fold,
  { person, invitation }: EnrolmentStatement,
  stored: StoredEnrolment,
): Promise<Link | undefined> {
  const reset = fold.resets.get(person);
  if (reset?.change === invitation) return linkOfChange(reset);
  const invite = fold.invites.get(invitation);
  if (invite !== undefined) return (await isStillMeant(fold, invite, person)) ? linkOfChange(invite.change) : undefined;
  const offer = fold.offers.get(invitation);
  if (offer === undefined || !(await isOffered(fold, offer, person))) return undefined;
  const takesTwo = hasPower(offer.invitation.roles) && !isAlone(fold.people.values());
  if (takesTwo && !fold.wasByOne(stored)) return undefined;
  return {
    publicKey: offer.invitation.linkPublicKey,
    until: offer.invitation.expiresAt,
    roles: offer.invitation.roles,
  };
}

function linkOfChange({ linkPublicKey, expiresAt, roles }: PersonChange): Link {
  return { publicKey: linkPublicKey, until: expiresAt, roles };
}

/** By two who still may, with the passkeys that signed it: what two people signed outlives neither of them. */
async function isStillMeant(
  { people, rules, verify }: Fold,
  { change, signatures }: Invite,
  person: Id<'person'>,
): Promise<boolean> {
  if (change.person !== person || people.has(person)) return false;
  const { digest } = sealed('countersign/person-change/v1', change);
  return (await signaturesFault(change, digest, signatures, people, rules, verify, () => true)) === undefined;
}

/** By an administrator as they are now: an invitation does not outlive its inviter's role or passkey. */
async function isOffered(
  { genesis, people, rules, verify }: Fold,
  { invitation, stored }: Offer,
  person: Id<'person'>,
): Promise<boolean> {
  const inviter = people.get(invitation.invitedBy);
  if (!inviter?.isActive || !inviter.roles.includes('administrator')) return false;
  if (invitation.installation !== genesis.installation || invitation.person !== person) return false;
  // An invitation of somebody who is or was enrolled would add a key to them behind their back.
  if (people.has(person)) return false;
  const { digest } = sealed('countersign/invitation/v1', invitation);
  return (await checkPersonSignature(stored.signature, digest, inviter.credentials, rules, verify)).ok;
}

function holdersOf(people: ReadonlyMap<Id<'person'>, Person>, credential: string): readonly Person[] {
  const holds = ({ credentials, former }: Person) =>
    [...credentials, ...(former?.credentials ?? [])].some(({ id }) => id === credential);
  return [...people.values()].filter(holds);
}

function enrolled(
  known: Person | undefined,
  statement: EnrolmentStatement,
  name: string,
  roles: readonly Role[],
): Person {
  const { id, kind, algorithm, publicKeySpki } = statement.credential;
  const added = { id, kind, algorithm, publicKeySpki } as Person['credentials'][number];
  return {
    ...known,
    id: statement.person,
    name: known?.name ?? name,
    roles: known?.roles ?? roles,
    credentials: [added],
    isActive: true,
    head: sealed('countersign/enrolment/v1', statement).digest,
  };
}

async function applyChange(
  fold: Fold,
  stored: StoredPersonChange,
  counts: CountsForChange,
): Promise<string | undefined> {
  const { people, genesis } = fold;
  const read = readPersonChange(stored.statement);
  if (!read.ok) return `a change: ${read.failure}`;
  const change = read.value;
  const person = people.get(change.person);
  const { digest } = sealed('countersign/person-change/v1', change);
  const because =
    changeFault(genesis.installation, change, people) ??
    (await signaturesFault(change, digest, stored.signatures, people, fold.rules, fold.verify, aged =>
      counts(aged, stored),
    ));
  if (because === undefined && change.kind === 'invite') {
    fold.invites.set(change.change, { change, signatures: stored.signatures });
    return undefined;
  }
  if (because !== undefined || person === undefined) return `${change.change}: ${because ?? 'nobody of this name'}`;
  people.set(person.id, changed(person, change));
  if (change.kind === 'reset') fold.resets.set(person.id, change);
  else fold.resets.delete(person.id);
  return undefined;
}
