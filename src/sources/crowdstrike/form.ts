import { type At, dig, digFirst, rootOf, textAt } from '../shared/at.ts';

/** A record of Falcon, whichever of its interfaces gave it. */
export interface Falcon {
  readonly form: 'alert' | 'stream' | 'sensor';
  /** How sure it is that the record is Falcon's. */
  readonly score: number;
  readonly isDetection: boolean;
  /** The first of several keys, in the event and then around it. */
  readonly first: (keys: readonly string[]) => At | undefined;
  readonly below: (at: At, key: string) => At | undefined;
}

const DETECTION = /(?:Detection|Incident)Summary/i;

/** Tells which interface a record is of; undefined for what is none of Falcon's. */
export function falconOf(value: unknown): Falcon | undefined {
  const root = rootOf(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return alertOf(root) ?? streamOf(root) ?? sensorOf(root);
}

function falcon(
  form: Falcon['form'],
  score: number,
  isDetection: boolean,
  places: readonly (At | undefined)[],
): Falcon {
  return {
    form,
    score,
    isDetection,
    first: keys => {
      for (const key of keys)
        for (const place of places) {
          const at = dig(place, key);
          if (textAt(at) !== undefined || (at !== undefined && typeof at.value === 'object')) return at;
        }
      return undefined;
    },
    below: (at, key) => dig(at, key),
  };
}

/** Alerts API v2, and the older Detects API with its list of behaviours. */
function alertOf(root: At): Falcon | undefined {
  const isAlert =
    dig(root, 'composite_id') !== undefined && digFirst(root, ['cid', 'agent_id', 'pattern_id']) !== undefined;
  const isDetect = dig(root, 'detection_id') !== undefined && Array.isArray(dig(root, 'behaviors')?.value);
  return isAlert || isDetect ? falcon('alert', 0.95, true, [root]) : undefined;
}

/** Event streams: `metadata.eventType` beside `event`; also the event alone, as some collectors keep it. */
function streamOf(root: At): Falcon | undefined {
  const metadata = dig(root, 'metadata');
  const event = dig(root, 'event');
  const type = textAt(dig(metadata, 'eventType'));
  if (
    type !== undefined &&
    typeof event?.value === 'object' &&
    digFirst(metadata, ['customerIDString', 'offset']) !== undefined
  )
    return falcon('stream', 0.95, DETECTION.test(type), [event, metadata]);
  const bare = dig(root, 'unknown_payload') ?? root;
  const external = textAt(dig(bare, 'ExternalApiType'));
  if (external === undefined || digFirst(bare, ['AgentIdString', 'CustomerIdString', 'cid']) === undefined)
    return undefined;
  return falcon('stream', 0.9, DETECTION.test(external), [bare]);
}

/** Falcon Data Replicator: what the sensor sends, flat or with its fields in `event`. */
function sensorOf(root: At): Falcon | undefined {
  const name =
    textAt(digFirst(root, ['event_simpleName', 'fdr_event_type'])) ?? textAt(dig(root, 'event', 'event_simpleName'));
  const aid = dig(root, 'aid') ?? dig(root, 'event', 'aid');
  if (name === undefined || (aid ?? dig(root, 'cid')) === undefined) return undefined;
  return falcon('sensor', 0.93, DETECTION.test(name), [dig(root, 'event'), root]);
}
