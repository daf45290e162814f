import type { AlertField } from '../../model/alert.ts';
import { type At, textAt } from '../shared/at.ts';
import { type Draft, putConfidence, putEntity, putField, putOutcome } from '../shared/draft.ts';
import { machineKindOf } from '../shared/machine.ts';
import { hostOfUrl, normaliseDomain, normaliseIp } from '../shared/values.ts';
import { confidenceOf } from './confidence.ts';
import { ENTITY_OF_FIELD, meaningsOf, wordsOf } from './dictionary.ts';
import type { Leaf } from './leaves.ts';
import { namesOf, type OwnNames } from './names.ts';
import { isOfActor } from './neighbourhood.ts';
import type { PathMeaning, PathNode } from './path.ts';
import { endpointOf, outcomeOf, shapeOf, userPrice } from './shapes.ts';
import { splitTimeOf } from './split-time.ts';
import { SYSLOG_PROGRAM } from './text.ts';

export interface Chosen extends OwnNames {
  readonly time: At | undefined;
}

/** The best leaf for a field so far. */
export interface Candidate {
  readonly rank: number;
  readonly at: At;
  readonly part: string;
  readonly isLogger: boolean;
  readonly isTarget: boolean;
  /** Leaves of about the same rank that say something else. */
  readonly rivals: number;
}

type Best = Map<AlertField, Candidate>;

function meaningOfPath(node: PathNode): PathMeaning {
  node.meaning ??= { meanings: meaningsOf(node.path), isOfActor: isOfActor(wordsOf(node.path)) };
  return node.meaning;
}

/** The best leaf for each field, by its key and by whether its value has the field's shape. */
export function candidatesOf(leaves: readonly Leaf[]): ReadonlyMap<AlertField, Candidate> {
  const { best, isActorSeen } = bestOf(leaves);
  // Where the record says who did it, the one to whom it was done is never taken for that.
  if (isActorSeen && best.get('user')?.isTarget === true) best.delete('user');
  byNeighbours(best, leaves);
  if (!best.has('time')) {
    const split = splitTimeOf(leaves);
    if (split !== undefined) best.set('time', split);
  }
  return best;
}

/** Fills fields and entities with what {@link candidatesOf} finds. */
export function chooseFields(draft: Draft, leaves: readonly Leaf[]): Chosen {
  const best = candidatesOf(leaves);
  putBest(draft, best);
  const time = best.get('time');
  if (time !== undefined) putConfidence(draft, 'time', confidenceOf('time', time));
  return { time: time?.at, ...namesOf(leaves) };
}

/** A leaf within this of the best rank says the field about as well. */
const RIVAL_RANKS = 3;

function bestOf(leaves: readonly Leaf[]): { readonly best: Best; readonly isActorSeen: boolean } {
  const best: Best = new Map();
  let isActorSeen = false;
  for (const leaf of leaves) {
    const known = meaningOfPath(leaf.path);
    if (known.meanings.length === 0 && !known.isOfActor) continue;
    const text = textAt(leaf.at);
    if (text === undefined) continue;
    isActorSeen ||= known.isOfActor;
    for (const { field, rank: byKey, isTarget } of known.meanings) {
      const earlier = best.get(field);
      if (earlier !== undefined && earlier.rank + RIVAL_RANKS < byKey) continue;
      const part = shapeOf(field, text);
      if (part === undefined) continue;
      const rank = field === 'user' ? byKey + userPrice(part) : byKey;
      if (earlier !== undefined && earlier.rank <= rank) {
        if (rank - earlier.rank <= RIVAL_RANKS && earlier.part !== part)
          best.set(field, { ...earlier, rivals: earlier.rivals + 1 });
        continue;
      }
      const isRival = earlier !== undefined && earlier.rank - rank <= RIVAL_RANKS && earlier.part !== part;
      const isLogger = leaf.path.path[0] === SYSLOG_PROGRAM;
      best.set(field, { rank, at: leaf.at, part, isLogger, isTarget, rivals: isRival ? earlier.rivals + 1 : 0 });
    }
  }
  return { best, isActorSeen };
}

/** The rank of what only the fields around it suggest. */
const NEIGHBOUR_RANK = 30;
/** A severity that a key says well makes the record one about a rule. */
const JUDGED_RANK_MAX = 12;

/** What the fields that were found say about others: the name of what has a severity, the host that a URL asks for. */
function byNeighbours(best: Best, leaves: readonly Leaf[]): void {
  const severity = best.get('severity');
  if (!best.has('rule_name') && severity !== undefined && severity.rank <= JUDGED_RANK_MAX) {
    const name = leaves.find(
      ({ path, at }) => path.path.length === 1 && /^name$/i.test(path.path[0] ?? '') && at.isInText !== true,
    );
    const part = name === undefined ? undefined : shapeOf('rule_name', textAt(name.at) ?? '');
    if (name !== undefined && part !== undefined && /\s/.test(part)) best.set('rule_name', guessed(name.at, part));
  }
  const url = best.get('url');
  const asked = url === undefined ? undefined : hostOfUrl(url.part);
  const host = best.get('host');
  // `hostname: bad.example.com` beside `url: bad.example.com/x` is what was asked for, not a machine of ours.
  if (url !== undefined && host !== undefined && (asked === host.part || url.part.startsWith(`${host.part}/`))) {
    best.delete('host');
    if (!best.has('domain') && normaliseDomain(host.part) !== undefined)
      best.set('domain', guessed(host.at, host.part));
  }
  if (url !== undefined && asked !== undefined && !best.has('domain') && normaliseDomain(asked) !== undefined)
    best.set('domain', guessed(url.at, asked));
}

function guessed(at: At, part: string): Candidate {
  return { rank: NEIGHBOUR_RANK, at, part, isLogger: false, isTarget: false, rivals: 0 };
}

function putBest(draft: Draft, best: ReadonlyMap<AlertField, Candidate>): void {
  for (const [field, candidate] of best) {
    const { at, part, isLogger, isTarget } = candidate;
    if (field === 'time') continue;
    const confidence = confidenceOf(field, candidate);
    if (field === 'outcome') {
      putOutcome(draft, outcomeOf(part), at);
      putConfidence(draft, field, confidence);
      continue;
    }
    putField(draft, field, at, part);
    putConfidence(draft, field, confidence);
    const port = field === 'src_ip' || field === 'dst_ip' ? endpointOf(textAt(at) ?? '')?.port : undefined;
    if (port !== undefined) {
      const name = field === 'src_ip' ? 'src_port' : 'dst_port';
      putField(draft, name, at, port);
      putConfidence(draft, name, confidence);
    }
    // The program that wrote a syslog line is not what acted.
    if (!isLogger) putGuessed(draft, field, at, part, isTarget);
  }
}

function putGuessed(draft: Draft, field: AlertField, at: At, part: string, isTarget: boolean): void {
  const entity = ENTITY_OF_FIELD.get(field);
  if (entity === undefined) return;
  const [kind, stated] = entity;
  const role = isTarget ? 'target' : stated;
  const machine = kind === 'user' ? machineKindOf(part) : undefined;
  if (kind === 'host' && normaliseIp(part) !== undefined) putEntity(draft, 'ip', role, at, { part, isGuessed: true });
  else if (machine !== undefined) putEntity(draft, 'nhi', role, at, { part, machine, isGuessed: true });
  else putEntity(draft, kind, role, at, { part, isGuessed: true });
}
