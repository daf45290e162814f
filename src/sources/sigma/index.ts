import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert, Severity } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, each, rootOf, textAt } from '../shared/at.ts';
import { tacticsAt, techniquesAt } from '../shared/attack.ts';
import { closeDraft, type Draft, NO_TIME, openDraft, putEntity, putField, putTime, warn } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';
import { type Find, inAny, pairsOfDetails, putEventData } from './event-fields.ts';

/** What the three tools say of one match, each in its own words. */
interface Match {
  readonly tool: 'hayabusa' | 'chainsaw' | 'zircolite';
  readonly title: At | undefined;
  readonly rule: At | undefined;
  readonly level: At | undefined;
  readonly time: readonly (At | undefined)[];
  readonly tags: readonly (At | undefined)[];
  /** The events that the rule matched. */
  readonly events: readonly Event[];
}

interface Event {
  readonly find: Find;
  readonly computer: At | undefined;
  readonly channel: At | undefined;
  readonly record: At | undefined;
}

function toolOf(root: At): Match['tool'] | undefined {
  const has = (...path: readonly string[]): boolean => dig(root, ...path) !== undefined;
  if (has('RuleTitle') && has('Level') && has('Computer') && (has('Timestamp') || has('datetime'))) return 'hayabusa';
  if (has('group') && has('name') && has('level') && has('kind') && (has('document', 'data') || has('documents')))
    return 'chainsaw';
  return has('title') && has('rule_level') && Array.isArray(dig(root, 'matches')?.value) ? 'zircolite' : undefined;
}

function matchOf(root: At, tool: Match['tool']): Match {
  switch (tool) {
    case 'hayabusa':
      return hayabusa(root);
    case 'chainsaw':
      return chainsaw(root);
    default:
      return zircolite(root);
  }
}

function hayabusa(root: At): Match {
  const [details, extra, all] = ['Details', 'ExtraFieldInfo', 'AllFieldInfo'].map(key =>
    pairsOfDetails(dig(root, key)),
  );
  return {
    tool: 'hayabusa',
    title: dig(root, 'RuleTitle'),
    rule: dig(root, 'RuleID') ?? dig(root, 'RuleFile'),
    level: dig(root, 'Level'),
    time: [dig(root, 'Timestamp'), dig(root, 'datetime')],
    tags: [dig(root, 'MitreTags'), dig(root, 'MitreTactics')],
    events: [
      {
        find: inAny(all, extra, details),
        computer: dig(root, 'Computer'),
        channel: dig(root, 'Channel'),
        record: dig(root, 'RecordID'),
      },
    ],
  };
}

function chainsaw(root: At): Match {
  const documents = [dig(root, 'document'), ...each(dig(root, 'documents'))].filter(one => one !== undefined);
  return {
    tool: 'chainsaw',
    title: dig(root, 'name'),
    rule: dig(root, 'id'),
    level: dig(root, 'level'),
    time: [dig(root, 'timestamp')],
    tags: [dig(root, 'tags')],
    events: documents.map(document => {
      const event = dig(document, 'data', 'Event') ?? dig(document, 'data');
      const system = dig(event, 'System');
      return {
        find: inAny(dig(event, 'EventData'), dig(event, 'UserData')),
        computer: dig(system, 'Computer'),
        channel: dig(system, 'Channel'),
        record: dig(system, 'EventRecordID'),
      };
    }),
  };
}

function zircolite(root: At): Match {
  const matches = each(dig(root, 'matches'));
  const [first] = matches;
  return {
    tool: 'zircolite',
    title: dig(root, 'title'),
    rule: dig(root, 'id') ?? dig(root, 'sigmafile'),
    level: dig(root, 'rule_level'),
    time: [dig(first, 'SystemTime'), dig(first, 'UtcTime'), dig(first, 'timestamp')],
    tags: [dig(root, 'tags')],
    events: matches.map(match => ({
      find: inAny(match),
      computer: dig(match, 'Computer'),
      channel: dig(match, 'Channel'),
      record: dig(match, 'EventRecordID'),
    })),
  };
}

/** Sigma's levels, and hayabusa's short forms of them. */
const SHORT: ReadonlyMap<string, Severity> = new Map([
  ['crit', 'critical'],
  ['emergency', 'critical'],
  ['med', 'medium'],
  ['info', 'informational'],
]);

/** Hayabusa's short names of tactics (config/mitre_tactics.txt). */
const TACTICS: ReadonlyMap<string, string> = new Map([
  ['Recon', 'reconnaissance'],
  ['ResDev', 'resource-development'],
  ['InitAccess', 'initial-access'],
  ['Exec', 'execution'],
  ['Persis', 'persistence'],
  ['PrivEsc', 'privilege-escalation'],
  ['Evas', 'defense-evasion'],
  ['CredAccess', 'credential-access'],
  ['Disc', 'discovery'],
  ['LatMov', 'lateral-movement'],
  ['Collect', 'collection'],
  ['C2', 'command-and-control'],
  ['Exfil', 'exfiltration'],
]);

/** Tags as ATT&CK writes them: `attack.t1059.001` is T1059.001, `attack.defense_evasion` and `Evas` its tactic. */
function tagsOf(match: Match): readonly At[] {
  return match.tags.flatMap(field =>
    each(field).flatMap(at => {
      const text = textAt(at);
      if (text === undefined) return [];
      return text
        .split(/[,¦]/, 64)
        .map(part => part.trim().replace(/^attack\./i, ''))
        .map(part => ({ ...at, value: TACTICS.get(part) ?? part.replace(/^t(?=\d{4})/, 'T') }));
    }),
  );
}

function putEvents(draft: Draft, match: Match): readonly string[] {
  const links = new Set<string>();
  for (const { find, computer, channel, record } of match.events) {
    putEntity(draft, 'host', 'target', computer);
    putField(draft, 'host', computer);
    putEventData(draft, find);
    const place = [computer, channel, record].map(textAt);
    if (place.every(part => part !== undefined)) links.add(`record:${place.join('/')}`);
  }
  return [...links].slice(0, LINKS_MAX);
}

/** Matched events that an alert is related by. */
const LINKS_MAX = 64;

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  const tool = toolOf(root);
  if (tool === undefined)
    return fail({ code: 'source.rejected_input', detail: 'not of hayabusa, chainsaw or zircolite' });
  const match = matchOf(root, tool);
  const draft = openDraft(record.value);
  const occurredAt = putTime(
    draft,
    match.time.find(at => textAt(at) !== undefined),
  );
  if (occurredAt === undefined) warn(draft, NO_TIME);
  putField(draft, 'rule_name', match.title);
  putField(draft, 'severity', match.level);
  // Rules that match one event are related by it: it is the log's own number of the event.
  const vendorLinks = putEvents(draft, match);
  const title = textAt(match.title) ?? 'Sigma match';
  const level = textAt(match.level)?.toLowerCase();
  const tags = tagsOf(match);
  return ok(
    closeDraft(draft, {
      source: 'sigma',
      vendorId: undefined,
      product: tool,
      vendor: undefined,
      title,
      rule: textAt(match.rule) ?? title,
      severity: SHORT.get(level ?? '') ?? severityOfWord(level),
      occurredAt,
      techniques: techniquesAt(...tags),
      tactics: tacticsAt(...tags),
      vendorLinks,
      isAlert: true,
    }),
  );
}

/** Matches of Sigma rules in Windows event logs, by hayabusa, chainsaw and zircolite. */
export const sigma: Source = {
  id: 'sigma',
  title: 'Sigma matches (hayabusa, chainsaw, zircolite)',
  keys: ['RuleTitle', 'kind', 'rule_level'],
  recognise: record => (toolOf(rootOf(record.value)) === undefined ? 0 : 0.9),
  normalise,
};
