import { base64url, fromBase64url, hexToBytes, textFromUtf8, utf8 } from '../../base/bytes.ts';
import { type Digest, digestOf, digestOfCanonical } from '../../base/canonical.ts';
import { type Leaf, readLeaf } from './leaf.ts';
import type { SignatureChecks } from './people.ts';

/**
 * What one person had before them when they signed, as it is kept: what a page saves and `countersign verify --signed`
 * reads. The texts are the bytes that were digested, never printed anew.
 */
export interface AsSigned {
  readonly v: '1';
  readonly review: string;
  readonly proposal: string;
  readonly revision: string;
  /** The log's entry of the review, canonical; empty while it waits for the log. */
  readonly entry: string;
  readonly intent: string;
  readonly act: string;
  readonly presentation: string;
}

/** Whose keys may have signed: from enrolments and, for a key of a session, from what endorsed it. */
export interface SignedKeys {
  readonly enrolments: readonly Leaf<'person.enrolled'>['statement'][];
  readonly sessions: readonly {
    readonly statement: Leaf<'session.endorsed'>['statement'];
    readonly person: string;
  }[];
  /** Whether keys of a browser count here. */
  readonly isDemo: boolean;
}

/** What is asked of the server for one review: what it keeps, as it keeps it. Whoever asks checks all of it. */
export interface AsSignedView {
  readonly kept: AsSigned;
  readonly keys: SignedKeys;
  /** Where its entry stands; undefined while it waits for the log. */
  readonly logIndex: number | undefined;
  readonly by: string;
}

/** From the signature down to the bytes, in this order. */
export const SIGNED_STEPS = ['entry', 'key', 'signature', 'challenge', 'intent', 'act', 'presentation'] as const;
export type SignedStepName = (typeof SIGNED_STEPS)[number];

export interface SignedStep {
  readonly name: SignedStepName;
  readonly verdict: 'pass' | 'fail' | 'not_checked';
  readonly detail: string;
  /** Where two digests were compared: the one that was signed, and the one of what is kept. */
  readonly expected?: string;
  readonly found?: string;
}

export interface SignedReport {
  readonly steps: readonly SignedStep[];
  readonly holds: boolean;
  /** What was signed, where its entry can be read. */
  readonly intent: Leaf<'review.signed'>['intent'] | undefined;
}

type Signed = Leaf<'review.signed'>;

/**
 * Takes every step from the key of an enrolled person to the bytes of what they saw. That the entry itself stands in the log
 * is for the caller, who has a receipt or the whole log.
 */
export async function checkAsSigned(kept: AsSigned, keys: SignedKeys, checks: SignatureChecks): Promise<SignedReport> {
  const read = kept.entry === '' ? undefined : readLeaf(utf8(kept.entry));
  const leaf = read?.ok === true && read.value.type === 'review.signed' ? read.value : undefined;
  if (leaf === undefined || leaf.review !== kept.review) return unread(kept);
  const { intent } = leaf;
  const digest = digestOf('countersign/intent/v1', intent);
  const steps = [
    step('entry', true, `the log’s entry says that ${intent.reviewer} signed “${intent.verdict.replaceAll('_', ' ')}”`),
    ...(await signatureSteps(leaf, digest, keys, checks)),
    compared('intent', leaf.intentDigest, digestOfCanonical('countersign/intent/v1', kept.intent), 'intent'),
    compared('act', intent.actDigest, digestOfCanonical('countersign/act/v1', kept.act), 'act'),
    compared(
      'presentation',
      intent.presentationDigest,
      digestOfCanonical('countersign/presentation/v1', kept.presentation),
      'presentation',
    ),
  ];
  return { steps, holds: steps.every(({ verdict }) => verdict === 'pass'), intent };
}

function unread(kept: AsSigned): SignedReport {
  const first: SignedStep =
    kept.entry === ''
      ? { name: 'entry', verdict: 'not_checked', detail: 'the review waits for the log: look again in a moment' }
      : step('entry', false, `the log’s entry is not that of ${kept.review}`);
  const rest = SIGNED_STEPS.slice(1).map(
    (name): SignedStep => ({ name, verdict: 'not_checked', detail: 'rests on the entry of the log' }),
  );
  return { steps: [first, ...rest], holds: false, intent: undefined };
}

async function signatureSteps(
  leaf: Signed,
  digest: Digest,
  keys: SignedKeys,
  checks: SignatureChecks,
): Promise<readonly SignedStep[]> {
  const { signature, intent } = leaf;
  const over = signature.kind === 'batch' ? digestOf('countersign/batch-intent/v1', signature.batch) : digest;
  const by = signature.kind === 'batch' ? signature.by : signature;
  if (by.kind === 'session') {
    const session = keys.sessions.find(({ statement }) => statement.session === by.session);
    const isTheirs = session?.person === intent.reviewer;
    const isSigned = isTheirs && (await checks.session(session.statement.sessionPublicKey, over, by.signature));
    return [
      step('key', isTheirs, `the key of the sign-in ${by.session}, which a passkey of ${intent.reviewer} endorsed`),
      step('signature', isSigned, 'that key signed'),
      step('challenge', isSigned, 'such a key signs the digest of the intent itself'),
    ];
  }
  const id = by.kind === 'passkey' ? by.assertion.credentialId : by.credentialId;
  const enrolment = keys.enrolments.find(
    one => one.person === intent.reviewer && one.credential.id === id && one.credential.kind === by.kind,
  );
  const isSigned =
    enrolment !== undefined &&
    (await checks.person(by, over, [enrolment.credential], {
      rpId: enrolment.rpId,
      origin: enrolment.origin,
      isDemo: keys.isDemo,
    }));
  return [
    step('key', enrolment !== undefined, `a ${by.kind.replace('_', ' ')} that ${intent.reviewer} was enrolled with`),
    step('signature', isSigned, 'that key signed, with a person there whom it knew'),
    challengeStep(leaf, by, digest, over),
  ];
}

function challengeStep(
  { signature }: Signed,
  by: Exclude<Signed['signature'], { readonly kind: 'session' | 'batch' }>,
  digest: Digest,
  over: Digest,
): SignedStep {
  if (signature.kind === 'batch' && !signature.batch.members.some(member => member.intentDigest === digest))
    return step('challenge', false, 'the list that was signed does not name this intent');
  const list = signature.kind === 'batch' ? ' of a list that names this intent' : ' of the intent';
  if (by.kind !== 'passkey') return step('challenge', true, `such a key signs the digest${list} itself`);
  const expected = base64url(hexToBytes(over) ?? new Uint8Array());
  const found = challengeOf(by.assertion.clientDataJson) ?? '';
  const verdict = expected === found ? 'pass' : 'fail';
  return { name: 'challenge', verdict, detail: `the challenge that was signed is the digest${list}`, expected, found };
}

/** The challenge that the browser put into what the passkey signed. */
function challengeOf(clientDataJson: string): string | undefined {
  const bytes = fromBase64url(clientDataJson);
  const text = bytes === undefined ? undefined : textFromUtf8(bytes);
  try {
    const value: unknown = JSON.parse(text ?? '');
    const isObject = typeof value === 'object' && value !== null && 'challenge' in value;
    return isObject && typeof value.challenge === 'string' ? value.challenge : undefined;
  } catch {
    return undefined;
  }
}

function step(name: SignedStepName, isGood: boolean, detail: string): SignedStep {
  return { name, verdict: isGood ? 'pass' : 'fail', detail };
}

function compared(name: SignedStepName, expected: string, found: string, what: string): SignedStep {
  const isSame = expected === found;
  const detail = isSame
    ? `the ${what} that is kept is the one whose digest was signed, byte for byte`
    : `the ${what} that is kept is not what was signed`;
  return { name, verdict: isSame ? 'pass' : 'fail', detail, expected, found };
}
