import { createHash } from 'node:crypto';
import { printCheckpoint } from '../src/audit/checkpoint.ts';
import { noteKeyId, printNote, printNoteKey } from '../src/audit/note.ts';
import type { LogReader } from '../src/audit/reader.ts';
import { encodeBundle, logResources, printPath, TILE_WIDTH } from '../src/audit/tile.ts';
import { appendLeaves, EMPTY_RANGE, leafHash, rootOfRange } from '../src/audit/tree.ts';
import { type Closed, canonical, type Digest, digestOf } from '../src/base/canonical.ts';
import { rfc3339, unixMsFrom } from '../src/base/time.ts';
import type { AuditEntry, AuditFact, PersonSignature } from '../src/model/audit-entry.ts';
import type { PersonChange } from '../src/model/person-change.ts';
import type { Tier } from '../src/model/proposal.ts';
import type {
  Credential,
  EnrolmentStatement,
  Intent,
  Invitation,
  ReviewSignature,
  Role,
  SessionStatement,
} from '../src/model/review.ts';
import { type LogSigner, logSigner } from '../src/store/ed25519.ts';
import { type AssertOptions, createAuthenticator, createBrowserKey, createLinkKey } from './authenticator.ts';

/** The files of a log in memory, by path: what a directory or a server would have. */
export type LogFiles = Map<string, Uint8Array>;

export const LOG_ORIGIN = 'log.example/made-for-tests';
export const LOG_SIGNER = logSigner(LOG_ORIGIN, new Uint8Array(32).fill(9));
export const POLICY = policyFor(LOG_SIGNER);

export function policyFor(signer: LogSigner): string {
  return `log ${printNoteKey(signer.key)}\nquorum none\n`;
}

/** Lays entries out as a log, hashed by the definitions and not by the code that is tested. */
export function logOf(entries: readonly Uint8Array[], signer: LogSigner = LOG_SIGNER): LogFiles {
  const files: LogFiles = new Map();
  const levels: Uint8Array[][] = [entries.map(entry => leafHash(entry))];
  while ((levels.at(-1)?.length ?? 0) >= TILE_WIDTH) {
    const below = levels.at(-1) ?? [];
    const count = Math.floor(below.length / TILE_WIDTH);
    levels.push(
      Array.from({ length: count }, (_, i) =>
        rootOfRange(appendLeaves(EMPTY_RANGE, below.slice(i * TILE_WIDTH, (i + 1) * TILE_WIDTH))),
      ),
    );
  }
  for (const resource of logResources(entries.length)) {
    if (resource.kind === 'checkpoint') continue;
    const [from, to] = [resource.index * TILE_WIDTH, resource.index * TILE_WIDTH + resource.width];
    const bytes =
      resource.kind === 'entries'
        ? encodeBundle(entries.slice(from, to))
        : Buffer.concat(levels[resource.level]?.slice(from, to) ?? []);
    files.set(printPath(resource), new Uint8Array(bytes));
  }
  files.set('checkpoint', new TextEncoder().encode(signedCheckpoint(entries, signer)));
  return files;
}

export function signedCheckpoint(entries: readonly Uint8Array[], signer: LogSigner = LOG_SIGNER): string {
  const root = rootOfRange(
    appendLeaves(
      EMPTY_RANGE,
      entries.map(entry => leafHash(entry)),
    ),
  );
  const text = printCheckpoint({ origin: signer.key.name, size: entries.length, root });
  const signature = signer.sign(new TextEncoder().encode(text));
  return printNote({ text, signatures: [{ name: signer.key.name, keyId: noteKeyId(signer.key), signature }] });
}

export function readerOf(files: LogFiles): LogReader {
  return async path => files.get(path);
}

export function bytesOf(entry: AuditEntry | Closed): Uint8Array {
  return new TextEncoder().encode(canonical(entry as Closed));
}

const digestBytes = (digest: Digest) => Buffer.from(digest, 'hex');

export const INSTALLATION = 'ins_test';
export const RP_ID = 'localhost';
export const ORIGIN = 'http://localhost:8080';

/** A passkey that signs digests. */
export class SoftPasskey {
  readonly #passkey = createAuthenticator(RP_ID, ORIGIN);

  get credential(): Credential {
    return this.#passkey.credential;
  }

  sign(digest: Digest, wrong: AssertOptions = {}): PersonSignature & { kind: 'passkey' } {
    return { kind: 'passkey', assertion: this.#passkey.assert(digestBytes(digest), wrong) };
  }
}

/** A browser's session key. */
export class SoftSession {
  readonly #key = createBrowserKey();

  get spki(): string {
    return this.#key.publicKeySpki;
  }

  sign(session: `ses_${string}`, digest: Digest): ReviewSignature {
    return { kind: 'session', session, signature: this.#key.sign(digestBytes(digest)) };
  }
}

/** The key of an enrolment link. */
export class SoftLink {
  readonly #key = createLinkKey();

  get publicKey(): string {
    return this.#key.publicKey;
  }

  sign(digest: Digest): string {
    return this.#key.sign(digestBytes(digest));
  }
}

const HEX = (seed: string) => createHash('sha256').update(seed).digest('hex');
const MINUTE_MS = 60_000;
const BEGIN = Date.UTC(2026, 0, 1);

interface Soft {
  readonly passkey: SoftPasskey;
  readonly roles: readonly Role[];
}

/** What a proposal says that reviews and executions then refer to. */
export interface Proposed {
  readonly proposal: `prp_${string}`;
  readonly revision: string;
  readonly tier: Tier;
  readonly contributors: readonly `usr_${string}`[];
}

/**
 * Writes the entries of an installation's life, every signature real. Each call appends one entry a second; tests
 * change one thing and see that the verifier names it.
 */
export class LifeOfALog {
  readonly entries: AuditEntry[] = [];
  readonly people = new Map<string, Soft>();
  readonly #firstLink = new SoftLink();
  readonly #heads = new Map<string, Digest>();
  #seconds = 0;
  #nonces = 0;
  #changes = 1;

  constructor() {
    this.add({
      type: 'installation.made',
      installation: INSTALLATION,
      logOrigin: LOG_ORIGIN,
      linkPublicKey: this.#firstLink.publicKey,
      linkExpiresAt: this.inMinutes(15),
      rpId: RP_ID,
      origin: ORIGIN,
      demo: 'no',
      policyDigest: HEX('policy'),
      inventoryDigest: '',
    });
  }

  get bytes(): Uint8Array[] {
    return this.entries.map(bytesOf);
  }

  now(): string {
    return rfc3339(unixMsFrom(BEGIN + this.#seconds * 1_000));
  }

  inMinutes(minutes: number): string {
    return rfc3339(unixMsFrom(BEGIN + this.#seconds * 1_000 + minutes * MINUTE_MS));
  }

  pass(minutes: number): this {
    this.#seconds += minutes * 60;
    return this;
  }

  nonce(): string {
    this.#nonces += 1;
    return HEX(`nonce ${this.#nonces}`).slice(0, 32);
  }

  add(fact: AuditFact): this {
    this.entries.push({ v: '1', at: this.now(), ...fact });
    this.#seconds += 1;
    return this;
  }

  enrolFirst(person: `usr_${string}`, link = this.#firstLink): this {
    return this.#enrol('genesis', person, ['administrator', 'owner', 'responder'], link);
  }

  invite(
    by: `usr_${string}`,
    person: `usr_${string}`,
    roles: readonly Role[],
    signedBy: string = by,
  ): Invitation & { link: SoftLink } {
    const link = new SoftLink();
    const invitation: Invitation = {
      v: '1',
      installation: INSTALLATION,
      id: `inv_${person.slice(4)}`,
      person,
      roles: [...roles].sort(),
      linkPublicKey: link.publicKey,
      invitedBy: by,
      nonce: this.nonce(),
      expiresAt: this.inMinutes(60),
    };
    const digest = digestOf('countersign/invitation/v1', { ...invitation });
    this.add({ type: 'person.invited', invitation, signature: this.passkeyOf(signedBy).sign(digest) });
    return { ...invitation, link };
  }

  enrol(by: `usr_${string}`, person: `usr_${string}`, ...roles: readonly Role[]): this {
    const { id, link } = this.invite(by, person, roles);
    return this.#enrol(id, person, roles, link);
  }

  #enrol(invitation: string, person: `usr_${string}`, roles: readonly Role[], link: SoftLink): this {
    const passkey = new SoftPasskey();
    const statement: EnrolmentStatement = {
      v: '1',
      installation: INSTALLATION,
      invitation,
      person,
      credential: passkey.credential,
      rpId: RP_ID,
      origin: ORIGIN,
    };
    const digest = digestOf('countersign/enrolment/v1', closed(statement));
    const linkSignature = link.sign(digest);
    this.people.set(person, { passkey, roles });
    this.#heads.set(person, digest);
    return this.add({ type: 'person.enrolled', statement, roles: [...roles].sort(), linkSignature });
  }

  enrolBy(
    invitation: { readonly id: string; readonly link: SoftLink },
    person: `usr_${string}`,
    roles: readonly Role[],
  ): this {
    return this.#enrol(invitation.id, person, roles, invitation.link);
  }

  /** Two others change somebody; `changed` says what of it is not as it should be. */
  change(
    change: Pick<PersonChange, 'kind' | 'person'> & Partial<PersonChange>,
    signers: readonly { readonly by: `usr_${string}`; readonly with?: SoftPasskey }[],
  ): { readonly id: `pch_${string}`; readonly link: SoftLink } {
    const link = new SoftLink();
    const statement: PersonChange = {
      v: '1',
      installation: INSTALLATION,
      change: `pch_${this.#changes++}`,
      roles: change.kind === 'reset' ? [...(this.people.get(change.person)?.roles ?? [])].sort() : [],
      linkPublicKey: change.kind === 'reset' || change.kind === 'invite' ? link.publicKey : '',
      previous: change.kind === 'invite' ? '' : this.headOf(change.person),
      nonce: this.nonce(),
      expiresAt: this.inMinutes(60),
      ...change,
    };
    const digest = digestOf('countersign/person-change/v1', { ...statement });
    const signatures = signers.map(({ by, with: passkey = this.passkeyOf(by) }) => ({
      by,
      signature: passkey.sign(digest),
    }));
    this.#heads.set(change.person, digest);
    this.add({ type: 'person.changed', statement, signatures });
    return { id: statement.change, link };
  }

  /** Digest of the last statement about somebody. */
  headOf(person: string): Digest {
    return this.#heads.get(person) ?? HEX('nobody');
  }

  passkeyOf(person: string): SoftPasskey {
    const soft = this.people.get(person);
    if (soft === undefined) throw new Error(`${person} has no passkey`);
    return soft.passkey;
  }

  endorse(person: string, session: `ses_${string}`, minutes = 60, signedBy = person): SoftSession {
    const soft = new SoftSession();
    const statement: SessionStatement = {
      v: '1',
      installation: INSTALLATION,
      session,
      sessionPublicKey: soft.spki,
      nonce: this.nonce(),
      issuedAt: this.now(),
      expiresAt: this.inMinutes(minutes),
    };
    const signature = this.passkeyOf(signedBy).sign(digestOf('countersign/session/v1', { ...statement }));
    this.add({ type: 'session.endorsed', statement, signature, person });
    return soft;
  }

  propose(proposed: Proposed, changed: Partial<Extract<AuditFact, { type: 'proposal.revised' }>> = {}): Proposed {
    this.add({
      type: 'proposal.revised',
      proposal: proposed.proposal,
      revision: proposed.revision,
      incident: 'inc_1',
      actDigest: actOf(proposed),
      presentationDigest: HEX(`presentation ${proposed.proposal} ${proposed.revision}`),
      policyDigest: HEX('policy'),
      tier: proposed.tier,
      reasons: ['changes_identity'],
      contributors: proposed.contributors,
      reviewBy: this.inMinutes(60),
      startWithinSeconds: '900',
      origin: 'option',
      ...changed,
    });
    return proposed;
  }

  review(
    reviewer: `usr_${string}`,
    proposed: Proposed,
    changed: Partial<Intent> = {},
    signedBy: (digest: Digest) => ReviewSignature = digest => this.passkeyOf(reviewer).sign(digest),
  ): `rev_${string}` {
    const intent: Intent = {
      v: '1',
      installation: INSTALLATION,
      proposal: proposed.proposal,
      revision: proposed.revision,
      actDigest: actOf(proposed),
      presentationDigest: HEX(`presentation ${proposed.proposal} ${proposed.revision}`),
      policyDigest: HEX('policy'),
      contributorsDigest: digestOf('countersign/contributors/v1', [...proposed.contributors].sort()),
      verdict: 'approve',
      tier: proposed.tier,
      reviewer,
      reasonDigest: HEX('reason'),
      acknowledged: [],
      nonce: this.nonce(),
      expiresAt: this.inMinutes(10),
      ...changed,
    };
    const review = `rev_${this.entries.length}` as const;
    const intentDigest = digestOf('countersign/intent/v1', { ...intent });
    this.add({
      type: 'review.signed',
      review,
      intent,
      intentDigest,
      signature: signedBy(intentDigest),
      reasonCommit: '',
    });
    return review;
  }

  execute(
    proposed: Proposed,
    reviews: readonly string[],
    changed: Partial<Extract<AuditFact, { type: 'execution.intended' }>> = {},
  ): `exe_${string}` {
    const execution = changed.execution ?? (`exe_${this.entries.length}` as const);
    this.add({
      type: 'execution.intended',
      execution,
      proposal: proposed.proposal,
      revision: proposed.revision,
      actDigest: actOf(proposed),
      tier: proposed.tier,
      reviews,
      idempotencyKey: execution,
      ...changed,
    });
    return execution;
  }

  conclude(
    execution: `exe_${string}`,
    proposed: Proposed,
    outcome: 'succeeded' | 'failed' | 'in_doubt' | 'verified',
  ): this {
    return this.add({
      type: 'execution.concluded',
      execution,
      proposal: proposed.proposal,
      outcome,
      receiptCommit: '',
    });
  }
}

export function actOf(proposed: Proposed): Digest {
  return HEX(`act ${proposed.proposal} ${proposed.revision}`);
}

/** Spells out what TypeScript cannot see of an interface: that it has no members but these. */
function closed(value: object): Closed {
  return value as Closed;
}

/** Any number of small entries after an installation was made: for the tests of tree and tiles. */
export function plainLog(count: number): Uint8Array[] {
  const life = new LifeOfALog();
  for (let i = 1; i < count; i++) life.add({ type: 'demo.played', scenario: `number ${i}` });
  return life.bytes;
}
