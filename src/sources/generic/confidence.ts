import type { AlertField } from '../../model/alert.ts';
import type { Candidate } from './choose.ts';

/** How much a value's own shape says that it is of this field: an address is one, an action may be any word. */
const SHAPE: { readonly [F in AlertField]: number } = {
  time: 0.03,
  src_ip: 0.02,
  dst_ip: 0.02,
  src_port: 0.01,
  dst_port: 0.01,
  user: -0.02,
  host: -0.02,
  process: 0,
  command_line: 0.03,
  file_path: 0,
  hash_sha256: 0.05,
  url: 0.02,
  domain: 0,
  rule_name: -0.02,
  action: -0.04,
  outcome: 0,
  severity: 0,
  email_from: 0.02,
  email_to: 0.02,
};

/** Fields to which products give so many names that a late one is still a good one. */
const LONG: ReadonlySet<AlertField> = new Set(['user', 'time', 'src_ip']);
const LONG_SHARE = 0.6;

const TOP = 0.97;
/** What a rank costs: names that many products give a field are best, then it falls slowly. */
const RANK_COST = 0.004;
const STRONG_RANK = 12;
const WEAK_RANK = 24;
const WEAK_COST = 0.12;
const RIVAL_COST = 0.07;
const RIVALS_COUNTED_MAX = 3;
const TARGET_COST = 0.12;
const FLOOR = 0.2;

/** How sure a guess is, 0 to 1: by its key's rank, its value's shape, and how many others said the same as well. */
export function confidenceOf(field: AlertField, { rank: listed, rivals, isTarget }: Candidate): number {
  const rank = LONG.has(field) ? listed * LONG_SHARE : listed;
  const cost =
    Math.max(0, rank) * RANK_COST +
    (rank >= WEAK_RANK ? WEAK_COST : 0) +
    Math.min(rivals, RIVALS_COUNTED_MAX) * RIVAL_COST +
    (isTarget ? TARGET_COST : 0);
  return Math.round(Math.min(0.99, Math.max(FLOOR, TOP + SHAPE[field] - cost)) * 100) / 100;
}

/** Why a guess is as sure as it is, for a person. */
export function becauseOf({ rank, rivals, isTarget }: Candidate): readonly string[] {
  const because = [
    rank < STRONG_RANK
      ? 'its key is a name that products give this field'
      : rank < WEAK_RANK
        ? 'its key suggests it'
        : 'only what stands around it suggests it',
  ];
  if (rivals > 0) because.push(`${rivals} other ${rivals === 1 ? 'key says' : 'keys say'} it about as well`);
  if (isTarget) because.push('it names the one to whom something was done');
  return because;
}
