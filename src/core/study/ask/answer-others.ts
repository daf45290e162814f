import { entityKey } from '../../../model/alert.ts';
import type { Citation, Claim, EntityInvolved } from '../../../model/claim.ts';
import { type StreamCoverage, streamText } from '../../../model/coverage.ts';
import { type AnswerRow, type AskedSpan, type Query, ROW_CITATIONS_MAX } from '../../../model/query.ts';
import { holds } from '../verify-claim.ts';
import type { Found } from './answer.ts';
import { countCell, ours, statementOf, timeCell } from './answer-alerts.ts';
import type { Asked } from './asked.ts';
import { kindWord } from './read-names.ts';

/** Who was involved in which role, with the records that say so. */
export function entityRows(query: Extract<Query, { form: 'entities' }>, asked: Asked): Found {
  const { roles, kinds, limit } = query;
  const wanted = asked.entities.filter(
    ({ role, kind }) =>
      (roles.length === 0 || roles.includes(role)) && (kinds.length === 0 || kinds.some(one => one === kind)),
  );
  const sound = wanted.flatMap(entity => {
    const citations = saidOf(entity, asked);
    return citations.length === 0 ? [] : [{ entity, citations }];
  });
  const rows = sound.slice(0, limit).map(
    ({ entity, citations }): AnswerRow => ({
      rests: 'evidence',
      cells: [
        { kind: 'value', text: entity.label, ...(citations[0] === undefined ? {} : { citation: citations[0] }) },
        ours(kindWord(entity.kind)),
        ours(entity.role),
        { kind: 'value', text: entity.because },
        countCell(entity.alertCount, asked),
        timeCell(entity.firstSeen),
      ],
      citations,
    }),
  );
  const columns = ['Who or what', 'Kind', 'Role', 'Why', 'Alerts', 'First'];
  return { columns, rows, total: wanted.length, alerts: wanted.length, unsound: wanted.length - sound.length };
}

/** Where the entity stands in the records that give it its role. */
function saidOf({ key, saidBy }: EntityInvolved, { records, read }: Asked): readonly Citation[] {
  const alerts = new Set(saidBy.slice(0, ROW_CITATIONS_MAX).map(({ alert }) => alert));
  return records.flatMap(({ alert }) => {
    const hit = alerts.has(alert.id) ? alert.entities.find(entity => entityKey(entity) === key) : undefined;
    if (hit === undefined) return [];
    const citation = { evidence: alert.evidence, pointer: hit.pointer, value: hit.label };
    const standing = read(alert.evidence, hit.pointer);
    return standing !== undefined && holds(standing, citation) ? [citation] : [];
  });
}

const HOW: { readonly [P in Claim['predicate']]?: string } = {
  address_leased: 'by DHCP',
  address_reported: 'by its own sensor',
  seen_from: 'seen from there',
  signed_in_from: 'signed in from there',
  signed_in_on: 'signed in there',
  name_answered: 'answered by DNS',
};

/** Who held something, and what it held; at one moment, or over all that is known. Several holders are all told. */
export function heldRows(query: Extract<Query, { form: 'held' }>, asked: Asked): Found {
  const { entity, at, limit } = query;
  const about = asked.identified
    .filter(({ binding }) => binding.subject === entity || binding.object === entity)
    .filter(({ binding }) => at === undefined || (binding.from <= at && (binding.until ?? binding.lastSeen) >= at))
    .toSorted((a, b) => a.binding.from - b.binding.from);
  const sound = about.filter(({ claim }) => claim.verdict.kind === 'verified' && claim.citations.length > 0);
  const rows = sound.slice(0, limit).map(({ binding, claim }): AnswerRow => {
    const citations = claim.citations.slice(0, ROW_CITATIONS_MAX);
    const [citation] = citations;
    return {
      rests: 'evidence',
      cells: [
        { kind: 'value', text: binding.subjectLabel },
        { kind: 'value', text: binding.objectLabel, ...(citation === undefined ? {} : { citation }) },
        timeCell(binding.from),
        binding.until === undefined ? ours('not said') : timeCell(binding.until),
        timeCell(binding.lastSeen),
        ours(HOW[claim.predicate] ?? claim.predicate),
      ],
      citations,
    };
  });
  const columns = ['What', 'Who', 'From', 'Until', 'Last said', 'How'];
  return { columns, rows, total: about.length, alerts: about.length, unsound: about.length - sound.length };
}

const GAP_STATES = new Set(['silent', 'degraded', 'late', 'never']);

/** What was heard of each stream and of each entity's kinds of telemetry; gaps first, then by stream. */
export function coverageRows(query: Extract<Query, { form: 'coverage' }>, asked: Asked): Found {
  const { stream, span, only, limit } = query;
  const { coverage, gaps } = asked;
  const required = new Set(gaps.filter(({ isRequired }) => isRequired).map(one => `${one.stream} ${one.from}`));
  const streams = coverage.streams
    .filter(one => stream === undefined || one.stream === stream)
    .filter(one => touches(one, span))
    .filter(one => only === 'all' || GAP_STATES.has(one.status))
    .toSorted(
      (a, b) =>
        Number(GAP_STATES.has(b.status)) - Number(GAP_STATES.has(a.status)) ||
        (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.from - b.from),
    );
  const rows: AnswerRow[] = streams.map(one => {
    const isRequired = required.has(`${one.stream} ${one.from}`);
    return {
      rests: 'coverage',
      cells: [
        { kind: 'value', text: streamText(one.stream) },
        ours(isRequired ? `${one.status}, required` : one.status.replaceAll('_', ' ')),
        timeCell(one.from),
        timeCell(one.to),
        { kind: 'value', text: one.because },
      ],
      citations: causeOf(one, asked),
    };
  });
  if (stream === undefined) rows.push(...neverHeard(asked), ...(only === 'gaps' ? knownMissing(asked) : []));
  const columns = ['Stream', 'State', 'From', 'To', 'Why'];
  return { columns, rows: rows.slice(0, limit), total: rows.length, alerts: 0, unsound: 0 };
}

function touches({ from, to }: StreamCoverage, span: AskedSpan | undefined): boolean {
  return (span?.from === undefined || to >= span.from) && (span?.to === undefined || from < span.to);
}

/** Kinds of telemetry that an entity should have and never had. */
function neverHeard({ coverage }: Asked): readonly AnswerRow[] {
  return (coverage.expectations ?? [])
    .filter(({ status }) => status === 'never')
    .map(({ entity, kind, because }) => ({
      rests: 'coverage',
      cells: [
        { kind: 'value', text: `${kind} of ${entity}` },
        ours('never'),
        ours(''),
        ours(''),
        { kind: 'value', text: because },
      ],
      citations: [],
    }));
}

/** What else the summary knows to be missing; gaps of streams are rows of their own. */
function knownMissing({ missing, gaps }: Asked): readonly AnswerRow[] {
  const told = gaps.map(({ stream }) => `${streamText(stream)}: `);
  return missing
    .filter(text => !told.some(begin => text.startsWith(begin)))
    .map(text => ({
      rests: 'coverage',
      cells: [ours(''), ours('missing'), ours(''), ours(''), { kind: 'value', text }],
      citations: [],
    }));
}

/** The event that made it silent, where there is one among the alerts. */
function causeOf({ cause }: StreamCoverage, asked: Asked): readonly Citation[] {
  const found = cause === undefined ? undefined : asked.records.find(({ alert }) => alert.id === cause.alert);
  return found === undefined ? [] : (statementOf(found.alert, asked)?.citations.slice(0, ROW_CITATIONS_MAX) ?? []);
}
