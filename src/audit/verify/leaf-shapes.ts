import { either, list, matching, object, oneOf, text } from './shape.ts';

/**
 * The forms of the log's entries, version 1, written down a second time: the verifier takes nothing of the product's
 * own code but hashing. A test holds the two against each other.
 */
export const WORD = text(200);
/** As much as an entry can hold at all. */
export const ENTRY_CHARS_MAX = 65_535;
export const HEX_64 = matching('[0-9a-f]{64}');
const HEX_32 = matching('[0-9a-f]{32}');
export const BASE64URL = matching('[A-Za-z0-9_-]{1,8192}');
export const WHOLE = matching('0|[1-9][0-9]{0,14}');
export const INSTANT = matching('\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z');
export const YES_NO = oneOf('yes', 'no');
export const TIER = oneOf('T1', 'T2', 'T3', 'TX');
export const CODES = list(WORD);
export const id = (prefix: string) => matching(`${prefix}_[0-9a-z]{1,32}`);
export const [INSTALLATION, PERSON, PROPOSAL, EXECUTION] = [id('ins'), id('usr'), id('prp'), id('exe')];
export const [INVITATION_ID, SESSION_ID, REVIEW_ID, INCIDENT, TASK] = [
  id('inv'),
  id('ses'),
  id('rev'),
  id('inc'),
  id('tsk'),
];
const CHANGE_ID = id('pch');

/** The checks of a review page that a comment may be about. */
export const CHECKS = [
  'grounded',
  'coverage',
  'explained',
  'late_news',
  'policy',
  'fresh',
  'blast',
  'undo',
  'trade_offs',
  'history',
] as const;

const ASSERTION = object({
  credentialId: BASE64URL,
  authenticatorData: BASE64URL,
  clientDataJson: BASE64URL,
  signature: BASE64URL,
});
const PASSKEY = object({ kind: oneOf('passkey'), assertion: ASSERTION });
const BROWSER_KEY = object({ kind: oneOf('browser_key'), credentialId: BASE64URL, signature: BASE64URL });
export const PERSON_SIGNATURE = either(PASSKEY, BROWSER_KEY);
export const SESSION_SIGNATURE = object({ kind: oneOf('session'), session: SESSION_ID, signature: BASE64URL });
export const NO_SIGNATURE = object({ kind: oneOf('none') });
export const BATCH_SIGNATURE = object({
  kind: oneOf('batch'),
  batch: object({
    v: oneOf('1'),
    installation: INSTALLATION,
    reviewer: PERSON,
    verdict: oneOf('approve', 'reject'),
    responder: text(512),
    operation: text(512),
    operationVersion: text(512),
    tier: TIER,
    members: list(object({ proposal: PROPOSAL, intentDigest: HEX_64 })),
    opened: PROPOSAL,
    nonce: HEX_32,
  }),
  by: PERSON_SIGNATURE,
});

export const INTENT = object({
  v: oneOf('1'),
  installation: INSTALLATION,
  proposal: PROPOSAL,
  revision: WHOLE,
  actDigest: HEX_64,
  presentationDigest: HEX_64,
  policyDigest: HEX_64,
  contributorsDigest: HEX_64,
  verdict: oneOf('approve', 'reject', 'ask_for_more', 'revoke', 'break_glass'),
  tier: TIER,
  reviewer: PERSON,
  reasonDigest: HEX_64,
  acknowledged: list(text(4_096)),
  nonce: HEX_32,
  expiresAt: INSTANT,
});
export const INVITATION = object({
  v: oneOf('1'),
  installation: INSTALLATION,
  id: INVITATION_ID,
  person: PERSON,
  roles: list(WORD),
  linkPublicKey: BASE64URL,
  invitedBy: PERSON,
  nonce: HEX_32,
  expiresAt: INSTANT,
});
const CREDENTIAL = object({
  id: BASE64URL,
  kind: oneOf('passkey', 'browser_key'),
  algorithm: oneOf('ES256', 'EdDSA', 'RS256'),
  publicKeySpki: BASE64URL,
});
export const ENROLMENT = object({
  v: oneOf('1'),
  installation: INSTALLATION,
  invitation: either(oneOf('genesis'), either(INVITATION_ID, CHANGE_ID)),
  person: PERSON,
  credential: CREDENTIAL,
  rpId: WORD,
  origin: WORD,
});
export const CUSTODY = object({
  v: oneOf('1'),
  installation: INSTALLATION,
  identity: WORD,
  version: WHOLE,
  owner: PERSON,
  from: list(WORD),
  since: INSTANT,
  until: INSTANT,
  nonce: HEX_32,
});
export const PERSON_CHANGE = object({
  v: oneOf('1'),
  installation: INSTALLATION,
  change: CHANGE_ID,
  kind: oneOf('invite', 'reset', 'roles', 'remove'),
  person: PERSON,
  roles: list(oneOf('administrator', 'responder', 'owner', 'analyst', 'auditor')),
  linkPublicKey: matching('[A-Za-z0-9_-]{0,8192}'),
  previous: either(oneOf(''), HEX_64),
  nonce: HEX_32,
  expiresAt: INSTANT,
});
export const SESSION = object({
  v: oneOf('1'),
  installation: INSTALLATION,
  session: SESSION_ID,
  sessionPublicKey: BASE64URL,
  nonce: HEX_32,
  issuedAt: INSTANT,
  expiresAt: INSTANT,
});
export const KILL_SWITCH = object({
  v: oneOf('1'),
  installation: INSTALLATION,
  seq: WHOLE,
  isOn: YES_NO,
  by: WORD,
  nonce: HEX_32,
  expiresAt: INSTANT,
});
export const FINDING = object({
  v: oneOf('1'),
  installation: INSTALLATION,
  execution: EXECUTION,
  proposal: PROPOSAL,
  finds: oneOf('succeeded', 'failed', 'verified', 'justified', 'unjustified'),
  by: PERSON,
  reasonDigest: HEX_64,
  nonce: HEX_32,
  expiresAt: INSTANT,
});

export const DELEGATION = object({
  v: oneOf('1'),
  installation: INSTALLATION,
  delegation: WORD,
  from: PERSON,
  to: PERSON,
  since: INSTANT,
  until: INSTANT,
  nonce: HEX_32,
});

export const PROMPT = object({
  v: oneOf('1'),
  installation: INSTALLATION,
  prompt: WORD,
  version: WORD,
  promptSha256: HEX_64,
  evaluationSha256: HEX_64,
  nonce: HEX_32,
  expiresAt: INSTANT,
});

export const SEAL = object({
  v: oneOf('1'),
  installation: INSTALLATION,
  proposal: PROPOSAL,
  revision: WHOLE,
  is: oneOf('act', 'drill'),
  fault: oneOf('', 'wrong_target', 'namesake', 'evidence_swapped', 'another_incident'),
  salt: HEX_64,
});
