import { bytesToHex } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type NoteKey, parseNoteKey } from './note.ts';

/** Whom a verifier believes (C2SP tlog-policy). It comes from outside, never out of what is being checked. */
export interface LogPolicy {
  readonly logs: readonly NoteKey[];
  readonly witnesses: ReadonlyMap<string, NoteKey>;
  readonly groups: ReadonlyMap<string, WitnessGroup>;
  /** Name of a witness or group, or undefined for `none`: then nobody but the operator vouches for the log. */
  readonly quorum: string | undefined;
}

/** Satisfied when at least `threshold` of the members are. */
export interface WitnessGroup {
  readonly threshold: number;
  readonly members: readonly string[];
}

export interface PolicyFailure {
  readonly code: 'policy.malformed';
  /** 1-based; 0 where no one line is at fault. */
  readonly line: number;
  readonly detail: string;
}

const POLICY_CHARS_MAX = 1_000_000;

interface Draft {
  readonly logs: NoteKey[];
  readonly witnesses: Map<string, NoteKey>;
  readonly groups: Map<string, WitnessGroup>;
  /** What the quorum line says; undefined until there is one. */
  quorum: string | undefined;
  readonly keys: Set<string>;
  readonly memberOf: Set<string>;
}

/**
 * Reads a policy file:
 *
 *     log countersign.example/audit+585ac9d0+AQOhB7…
 *     witness w1 witness.example/w1+773a6c12+BMhTrQ…
 *     group outside any w1
 *     quorum outside
 *
 * A name must be defined above its use, so groups cannot contain each other in a circle. No key stands twice and no
 * witness is a member twice: one witness under two names would fill a quorum of two.
 */
export function parsePolicy(text: string): Result<LogPolicy, PolicyFailure> {
  const draft: Draft = {
    logs: [],
    witnesses: new Map(),
    groups: new Map(),
    quorum: undefined,
    keys: new Set(),
    memberOf: new Set(),
  };
  if (text.length > POLICY_CHARS_MAX) return refused(0, 'the file is too long');
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const words = line.trim().split(/[ \t]+/);
    if (words[0] === '' || words[0]?.startsWith('#')) continue;
    const fault = readLine(draft, words);
    if (fault !== undefined) return refused(i + 1, fault);
  }
  if (draft.logs.length === 0) return refused(0, 'no log line');
  if (draft.quorum === undefined) return refused(0, 'no quorum line');
  const { logs, witnesses, groups, quorum } = draft;
  return ok({ logs, witnesses, groups, quorum: quorum === 'none' ? undefined : quorum });
}

function refused(line: number, detail: string): Result<never, PolicyFailure> {
  return fail({ code: 'policy.malformed', line, detail });
}

function readLine(draft: Draft, [keyword, ...words]: readonly string[]): string | undefined {
  switch (keyword) {
    case 'log':
      return readLog(draft, words);
    case 'witness':
      return readWitness(draft, words);
    case 'group':
      return readGroup(draft, words);
    case 'quorum':
      return readQuorum(draft, words);
    default:
      return `unknown keyword \`${keyword}\``;
  }
}

function readLog(draft: Draft, [vkey = '', , tooMany]: readonly string[]): string | undefined {
  const key = parseNoteKey(vkey);
  if (!key.ok || key.value.type !== 1 || tooMany !== undefined) return 'a log line is `log <vkey> [url]`';
  if (!isNewKey(draft, key.value)) return 'this key stands in the file already';
  draft.logs.push(key.value);
  return undefined;
}

function readWitness(draft: Draft, [name = '', vkey = '', , tooMany]: readonly string[]): string | undefined {
  const key = parseNoteKey(vkey);
  if (!key.ok || key.value.type !== 4 || tooMany !== undefined)
    return 'a witness line is `witness <name> <vkey> [url]`';
  if (!isNewName(draft, name)) return `\`${name}\` cannot be a name here, or is one already`;
  if (!isNewKey(draft, key.value)) return 'this key stands in the file already';
  draft.witnesses.set(name, key.value);
  return undefined;
}

function readGroup(draft: Draft, [name = '', rule = '', ...members]: readonly string[]): string | undefined {
  if (!isNewName(draft, name)) return `\`${name}\` cannot be a name here, or is one already`;
  if (members.length === 0) return 'a group has members';
  for (const member of members) {
    if (!draft.witnesses.has(member) && !draft.groups.has(member)) return `\`${member}\` is not defined above`;
    if (draft.memberOf.has(member)) return `\`${member}\` is in a group already`;
    draft.memberOf.add(member);
  }
  const threshold = rule === 'all' ? members.length : rule === 'any' ? 1 : Number(/^[1-9]\d{0,8}$/.exec(rule)?.[0]);
  if (!(threshold >= 1 && threshold <= members.length)) return 'a group is `all`, `any` or a number of its members';
  draft.groups.set(name, { threshold, members });
  return undefined;
}

function readQuorum(draft: Draft, [name = '', tooMany]: readonly string[]): string | undefined {
  const isDefined = name === 'none' || draft.witnesses.has(name) || draft.groups.has(name);
  if (!isDefined || tooMany !== undefined) return 'a quorum line is `quorum <witness or group>` or `quorum none`';
  if (draft.quorum !== undefined) return 'there is a quorum line already';
  draft.quorum = name;
  return undefined;
}

function isNewName(draft: Draft, name: string): boolean {
  const isReserved = name === '' || name === 'none';
  return !isReserved && !draft.witnesses.has(name) && !draft.groups.has(name);
}

function isNewKey(draft: Draft, key: NoteKey): boolean {
  const hex = bytesToHex(key.publicKey);
  if (draft.keys.has(hex)) return false;
  draft.keys.add(hex);
  return true;
}

/** Whether these witnesses fill the quorum. A policy without one is met by nobody, trivially: ask `policy.quorum` first. */
export function isQuorumMet(policy: LogPolicy, cosigned: ReadonlySet<string>): boolean {
  return policy.quorum === undefined || isSatisfied(policy, policy.quorum, cosigned);
}

function isSatisfied(policy: LogPolicy, name: string, cosigned: ReadonlySet<string>): boolean {
  const group = policy.groups.get(name);
  if (group === undefined) return policy.witnesses.has(name) && cosigned.has(name);
  return group.members.filter(member => isSatisfied(policy, member, cosigned)).length >= group.threshold;
}
