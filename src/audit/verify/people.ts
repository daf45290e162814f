import { digestOf } from '../../base/canonical.ts';
import { MS_PER_DAY, MS_PER_HOUR, parseTime } from '../../base/time.ts';
import { CROSSING_MS_MAX, type Fault, fault, isInTime } from './fault.ts';
import type { Leaf } from './leaf.ts';
import { after, type Change, type Credential, type Person, type Standing, unlikeInvite } from './standing.ts';

/**
 * How signatures are checked. Supplied from outside, because what a browser, Node and a test have for it differs.
 * Each resolves to false on anything malformed and never rejects. A digest is lower-case hex of 32 bytes.
 */
export interface SignatureChecks {
  /** One of these credentials signed the digest: a passkey with user verification, or in a demo a browser key. */
  person(
    signature: PersonSignature,
    digest: string,
    credentials: readonly Credential[],
    rules: { readonly rpId: string; readonly origin: string; readonly isDemo: boolean },
  ): Promise<boolean>;
  /** ECDSA P-256 by the key of a browser session, over the digest's bytes. SPKI and signature are base64url. */
  session(spki: string, digest: string, signature: string): Promise<boolean>;
  /** Ed25519 by the key of an enrolment link, over the digest's bytes. Key and signature are base64url. */
  link(publicKey: string, digest: string, signature: string): Promise<boolean>;
}

export type PersonSignature = Leaf<'person.invited'>['signature'];
type Signature = Leaf<'review.signed'>['signature'];

/** Whoever may sign changes of others: nobody whom one person alone could invite. A test holds this against the policies. */
export const SIGNS_CHANGES: readonly string[] = ['administrator', 'responder', 'owner'];
const CHANGE_SIGNATURES = 2;
/** Nobody answers for a machine identity longer by one signature. */
const CUSTODY_MS_MAX = 365 * MS_PER_DAY;

/** What the first administrator may do; everybody else's roles stand in an invitation that somebody signed. */
const GENESIS_ROLES = ['administrator', 'owner', 'responder'];
const SESSION_MS_MAX = 8 * MS_PER_HOUR;

/** Whether two first entries differ in nothing but the first link. */
function isSameInstallation(a: Leaf<'installation.made'>, b: Leaf<'installation.made'>): boolean {
  return (
    a.installation === b.installation &&
    a.logOrigin === b.logOrigin &&
    a.rpId === b.rpId &&
    a.origin === b.origin &&
    a.demo === b.demo &&
    a.policyDigest === b.policyDigest &&
    a.inventoryDigest === b.inventoryDigest
  );
}

/**
 * Who is enrolled, from signatures alone: the first person by the key of the link that the first entry names, everybody
 * else by an invitation that an enrolled administrator signed and by that link's key over exactly this credential.
 * Holds also who endorsed which browser session. Fed with the entries in order.
 */
export class People {
  readonly #checks: SignatureChecks;
  readonly #people = new Map<string, Person>();
  readonly #invitations = new Map<string, Leaf<'person.invited'>>();
  /** Those that two people signed, by the name of the change. */
  readonly #invites = new Map<string, Leaf<'person.changed'>>();
  readonly #sessions = new Map<string, { readonly person: string; readonly spki: string; readonly until: number }>();
  /** The credential that endorsed each session, also of those that are over. */
  readonly #endorsedBy = new Map<string, string>();
  readonly #nonces = new Set<string>();
  #genesis: Leaf<'installation.made'> | undefined;
  #isFirstLinkUsed = false;
  /** Whether whoever may sign for others has to be invited by two. Logs of earlier versions do not say so. */
  #isByTwo = false;

  constructor(checks: SignatureChecks) {
    this.#checks = checks;
  }

  get installation(): string | undefined {
    return this.#genesis?.installation;
  }

  isEnrolled(person: string): boolean {
    return this.#people.has(person);
  }

  hasRole(person: string, ...roles: readonly string[]): boolean {
    return roles.some(role => this.#people.get(person)?.roles.has(role) === true);
  }

  /** Whether they ever had it: what somebody stopped stays stopped, whatever became of them. */
  everHadRole(person: string, ...roles: readonly string[]): boolean {
    const known = this.#people.get(person);
    return roles.some(role => [known, ...(known?.former ?? [])].some(one => one?.roles.has(role) === true));
  }

  /** Whether, at that time, they had one of these roles and the credential that signed; what ended just before may have crossed. */
  stoodAt(person: string, signature: Signature, at: string, ...roles: readonly string[]): boolean {
    const credential = this.#credentialOf(signature);
    const known = this.#people.get(person);
    if (known === undefined) return false;
    const standings: readonly Standing[] = [known, ...known.former.filter(({ until }) => isInTime(at, until))];
    return standings.some(
      one => roles.some(role => one.roles.has(role)) && one.credentials.some(({ id }) => id === credential),
    );
  }

  #credentialOf(signature: Signature): string | undefined {
    switch (signature.kind) {
      case 'passkey':
        return signature.assertion.credentialId;
      case 'browser_key':
        return signature.credentialId;
      case 'session':
        return this.#endorsedBy.get(signature.session);
      case 'batch':
        return this.#credentialOf(signature.by);
    }
  }

  /**
   * The first entry of the log. Until somebody used the first link, each start may name a new one: the link that went
   * astray stops working. Nothing else of the installation may change, and nothing at all once there is a first person.
   */
  begin(leaf: Leaf<'installation.made'>, index: number, origin: string): Fault | undefined {
    const made = this.#genesis;
    const isNewLink = made !== undefined && !this.#isFirstLinkUsed && isSameInstallation(made, leaf);
    if ((index !== 0 || made !== undefined) && !isNewLink)
      return fault('installation.again', 'an installation is made once');
    this.#genesis = leaf;
    return leaf.logOrigin === origin
      ? undefined
      : fault('installation.other_log', `the first entry is of the log ${leaf.logOrigin}`);
  }

  /** From this entry on, whatever a later one says: nothing takes it back. */
  inviteByTwo(): void {
    this.#isByTwo = true;
  }

  async invite(leaf: Leaf<'person.invited'>): Promise<Fault | undefined> {
    const { invitation, signature, at } = leaf;
    const { invitedBy } = invitation;
    if (invitation.installation !== this.installation) return fault('invitation.foreign', 'is of another installation');
    if (this.#invitations.has(invitation.id)) return fault('invitation.again', `${invitation.id} was made before`);
    if (!this.hasRole(invitedBy, 'administrator')) {
      return fault('invitation.not_administrator', `${invitedBy} is no enrolled administrator`);
    }
    if (!isInTime(at, invitation.expiresAt)) return fault('invitation.late', `${invitation.id} had expired`);
    const digest = digestOf('countersign/invitation/v1', invitation);
    if (!(await this.signed(invitedBy, signature, digest))) {
      return fault('invitation.bad_signature', `${invitation.id} is not signed by ${invitedBy}`);
    }
    this.#invitations.set(invitation.id, leaf);
    return this.spendNonce(invitation.nonce);
  }

  async enrol({ statement, roles, linkSignature, at }: Leaf<'person.enrolled'>): Promise<Fault | undefined> {
    const genesis = this.#genesis;
    if (genesis === undefined || statement.installation !== genesis.installation || statement.rpId !== genesis.rpId) {
      return fault('enrolment.foreign', 'is of another installation');
    }
    const isFirst = statement.invitation === 'genesis';
    const offer = isFirst
      ? {
          key: genesis.linkPublicKey,
          until: genesis.linkExpiresAt,
          roles: GENESIS_ROLES,
          person: statement.person,
          isByOne: false,
        }
      : (this.#resetOf(statement.person, statement.invitation) ??
        this.#inviteOf(statement.invitation, at) ??
        this.#offerOf(statement.invitation, at));
    if (!isFirst && offer?.isByOne === true && this.#takesTwo(offer.roles)) {
      return fault(
        'enrolment.one_person',
        `${statement.person} may sign for others, and one person alone invited them`,
      );
    }
    if (offer === undefined || (isFirst && this.#isFirstLinkUsed)) {
      return fault('enrolment.no_invitation', `${statement.person} has no invitation that was not used`);
    }
    const known = this.#people.get(statement.person);
    const isReset = known?.reset?.change === statement.invitation;
    if (offer.person !== statement.person || (known !== undefined && !isReset)) {
      return fault('enrolment.other_person', `${statement.person} is enrolled already, or is not who was invited`);
    }
    if (!isInTime(at, offer.until)) return fault('enrolment.late', `the link of ${statement.person} had expired`);
    if (statement.credential.kind === 'browser_key' && genesis.demo !== 'yes') {
      return fault('enrolment.browser_key', 'a browser key counts in a demo only');
    }
    if ([...roles].sort().join() !== [...offer.roles].sort().join()) {
      return fault('enrolment.other_roles', `${statement.person} has other roles than were offered`);
    }
    const digest = digestOf('countersign/enrolment/v1', statement);
    if (!(await this.#checks.link(offer.key, digest, linkSignature))) {
      return fault('enrolment.bad_signature', `${statement.person} is not enrolled by the key of the link`);
    }
    if (this.#wasHeld(statement.credential.id))
      return fault('enrolment.credential_again', `${statement.person} is enrolled with a credential of before`);
    if (isFirst) this.#isFirstLinkUsed = true;
    this.#invitations.delete(statement.invitation);
    this.#invites.delete(statement.invitation);
    this.#people.set(statement.person, {
      roles: new Set(roles),
      credentials: [statement.credential],
      isActive: true,
      head: digest,
      reset: undefined,
      former: known?.former ?? [],
    });
    return undefined;
  }

  #wasHeld(credential: string): boolean {
    return [...this.#people.values()].some(person =>
      [person, ...person.former].some(({ credentials }) => credentials.some(({ id }) => id === credential)),
    );
  }

  /** By somebody who still is an administrator, with the credential that signed it. */
  #offerOf(id: string, at: string) {
    const invited = this.#invitations.get(id);
    if (invited === undefined) return undefined;
    const { invitation, signature } = invited;
    if (!this.stoodAt(invitation.invitedBy, signature, at, 'administrator')) return undefined;
    const { linkPublicKey, expiresAt, roles, person } = invitation;
    return { key: linkPublicKey, until: expiresAt, roles, person, isByOne: true };
  }

  #resetOf(person: string, id: string) {
    const reset = this.#people.get(person)?.reset;
    if (reset?.change !== id) return undefined;
    return { key: reset.linkPublicKey, until: reset.expiresAt, roles: reset.roles, person, isByOne: false };
  }

  /** By two who both still may, with the credentials that signed it, and one of whom still is an administrator. */
  #inviteOf(id: string, at: string) {
    const invited = this.#invites.get(id);
    if (invited === undefined) return undefined;
    const { statement, signatures } = invited;
    const stand = signatures.filter(({ by, signature }) => this.stoodAt(by, signature, at, ...SIGNS_CHANGES));
    const administers = stand.some(({ by, signature }) => this.stoodAt(by, signature, at, 'administrator'));
    if (new Set(stand.map(({ by }) => by)).size < CHANGE_SIGNATURES || !administers) return undefined;
    const { linkPublicKey, expiresAt, roles, person } = statement;
    return { key: linkPublicKey, until: expiresAt, roles, person, isByOne: false };
  }

  /** Whether two have to invite somebody as this: not while nobody but the first one ever could be the second of the two. */
  #takesTwo(roles: readonly string[]): boolean {
    const hadPower = [...this.#people.keys()].filter(id => this.everHadRole(id, ...SIGNS_CHANGES));
    return this.#isByTwo && roles.some(role => SIGNS_CHANGES.includes(role)) && hadPower.length > 1;
  }

  /** A change of somebody: of the last statement about them, by two others who may, of whom one is an administrator. */
  async change(leaf: Leaf<'person.changed'>): Promise<Fault | undefined> {
    const { statement, signatures, at } = leaf;
    const { change, person } = statement;
    const known = this.#people.get(person);
    if (statement.installation !== this.installation) return fault('change.foreign', 'is of another installation');
    const isInvite = statement.kind === 'invite';
    if (isInvite ? known !== undefined : known?.isActive !== true)
      return fault(
        'change.not_enrolled',
        isInvite
          ? `${change} invites ${person}, who was here before`
          : `${change} is of ${person}, who is not enrolled`,
      );
    if (statement.previous !== (known?.head ?? ''))
      return fault('change.overtaken', `${change} does not follow the last statement about ${person}`);
    if (!isInTime(at, statement.expiresAt)) return fault('change.late', `${change} had expired`);
    const unlike = known === undefined ? unlikeInvite(statement) : this.#unlikeChange(statement, known);
    if (unlike !== undefined) return unlike;
    const digest = digestOf('countersign/person-change/v1', statement);
    const signers = new Set<string>();
    for (const { by, signature } of signatures) {
      if (by === person || !this.hasRole(by, ...SIGNS_CHANGES))
        return fault('change.not_eligible', `${by} may not sign ${change}`);
      if (!(await this.signed(by, signature, digest)))
        return fault('change.bad_signature', `${change} is not signed by ${by}`);
      signers.add(by);
    }
    if (signers.size < CHANGE_SIGNATURES) return fault('change.one_person', `${change} is not signed by two others`);
    const couldAdminister = [...this.#people.keys()].some(id => id !== person && this.hasRole(id, 'administrator'));
    if (couldAdminister && ![...signers].some(id => this.hasRole(id, 'administrator')))
      return fault('change.no_administrator', `no administrator signed ${change}`);
    if (known === undefined) this.#invites.set(change, leaf);
    else this.#people.set(person, after(known, statement, digest, at));
    return this.spendNonce(statement.nonce);
  }

  #unlikeChange(statement: Change, known: Person): Fault | undefined {
    const { kind, roles, change } = statement;
    const isSame = roles.length === known.roles.size && roles.every(role => known.roles.has(role));
    const isWrong =
      (kind === 'reset') !== (statement.linkPublicKey !== '') ||
      (kind === 'reset' && !isSame) ||
      (kind === 'roles' && (isSame || roles.length === 0)) ||
      (kind === 'remove' && roles.length > 0);
    if (isWrong) return fault('change.unlike', `${change} is no ${kind} of what ${statement.person} had`);
    const isAdministrator = known.roles.has('administrator');
    const hasOthers = [...this.#people].some(
      ([id, one]) => id !== statement.person && one.isActive && one.roles.has('administrator'),
    );
    return isAdministrator && !hasOthers && !(roles as readonly string[]).includes('administrator')
      ? fault('change.last_administrator', `${change} leaves no administrator`)
      : undefined;
  }

  async endorse({ statement, signature, person, at }: Leaf<'session.endorsed'>): Promise<Fault | undefined> {
    const [from, until] = [parseTime(statement.issuedAt), parseTime(statement.expiresAt)];
    if (statement.installation !== this.installation) return fault('session.foreign', 'is of another installation');
    if (this.#sessions.has(statement.session))
      return fault('session.again', `${statement.session} was endorsed before`);
    if (
      from === undefined ||
      until === undefined ||
      until - from > SESSION_MS_MAX ||
      !isInTime(at, statement.expiresAt)
    ) {
      return fault('session.too_long', `${statement.session} is endorsed for more than eight hours, or too late`);
    }
    const digest = digestOf('countersign/session/v1', statement);
    if (!(await this.signed(person, signature, digest))) {
      return fault('session.bad_signature', `${statement.session} is not endorsed by ${person}`);
    }
    this.#sessions.set(statement.session, { person, spki: statement.sessionPublicKey, until });
    this.#endorsedBy.set(statement.session, this.#credentialOf(signature) ?? '');
    return this.spendNonce(statement.nonce);
  }

  /** That somebody answers for a machine identity, by their own signature. */
  async own({ statement, signature, at }: Leaf<'machine.owned'>): Promise<Fault | undefined> {
    const { identity, owner } = statement;
    if (statement.installation !== this.installation) return fault('custody.foreign', 'is of another installation');
    const [since, until] = [parseTime(statement.since), parseTime(statement.until)];
    const isSpan = since !== undefined && until !== undefined && since < until && until - since <= CUSTODY_MS_MAX;
    if (!isSpan || !isInTime(at, statement.until))
      return fault(
        'custody.bad_span',
        `custody of ${identity} is for no time, too long, or was over when it was given`,
      );
    if (!(await this.signed(owner, signature, digestOf('countersign/custody/v1', statement))))
      return fault('custody.not_signed', `custody of ${identity} is not signed by ${owner}`);
    return this.spendNonce(statement.nonce);
  }

  end({ session }: Leaf<'session.ended'>): void {
    this.#sessions.delete(session);
  }

  /** Whether an enrolled person's own passkey, or in a demo browser key, signed the digest. */
  async signed(person: string, signature: PersonSignature, digest: string): Promise<boolean> {
    const genesis = this.#genesis;
    const credentials = this.#people.get(person)?.credentials;
    if (genesis === undefined || credentials === undefined) return false;
    const { rpId, origin, demo } = genesis;
    return this.#checks.person(signature, digest, credentials, { rpId, origin, isDemo: demo === 'yes' });
  }

  /** The same, or by a session that the person endorsed and that was open at the time, or over the list of a batch. */
  async signedReview(person: string, signature: Signature, digest: string, at: string): Promise<boolean> {
    if (signature.kind === 'batch')
      return this.signed(person, signature.by, digestOf('countersign/batch-intent/v1', signature.batch));
    if (signature.kind !== 'session') return this.signed(person, signature, digest);
    const session = this.#sessions.get(signature.session);
    const time = parseTime(at);
    if (session?.person !== person || time === undefined || !(time < session.until + CROSSING_MS_MAX)) return false;
    return this.#checks.session(session.spki, digest, signature.signature);
  }

  /** A nonce is signed once: otherwise an old signature could be played again. */
  spendNonce(nonce: string): Fault | undefined {
    if (this.#nonces.has(nonce)) return fault('nonce.again', 'a signed nonce stands in an earlier entry, too');
    this.#nonces.add(nonce);
    return undefined;
  }
}
