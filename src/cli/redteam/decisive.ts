import type { MadePacket } from '../../core/study/assist/packet.ts';
import { toldBy } from '../../core/study/told.ts';
import type { Alert } from '../../model/alert.ts';
import { assistedBy, decidedByAssist, orderOfAssist, packetOfLook } from './assisted.ts';
import type { Carrier } from './carriers.ts';
import type { Look } from './look.ts';

/**
 * What is decided of a look, by subject, as text to be compared: cluster, severity, entities, coverage and gaps, what has
 * to be shown, claims and their verdicts, options with their order, targets, the tier with its reasons, what a model is
 * told, and what stays whatever a model answers. The carried text is replaced wherever it stands; ids of the carrying record and the badge are left out.
 */
export type Decisive = { readonly [subject: string]: string };

const OWN = '‹text›';

/** One half of a twin. */
export interface Half {
  readonly look: Look;
  readonly carrier: Carrier;
  readonly text: string;
  /** What the fakes are asked for by the text; undefined where it asks for nothing. */
  readonly goal: string | undefined;
}

/** What was decided, and the order in which rules, and models, tell it: that may differ. */
export interface Decided {
  readonly decided: Decisive;
  readonly order: string;
  readonly orderOfModels: readonly string[];
}

export function decisiveOf(half: Half): Decided {
  const { look } = half;
  const say = sayer(half);
  const made = packetOfLook(look);
  const { rules, assisted } = assistedBy(look, made, half.goal, half.text);
  const { summary } = look;
  const entities = summary.entities.map(
    ({ key, kind, label, role, because, alertCount, doubt, machine, inventory, saidBy }) =>
      say([key, kind, label, role, because, alertCount, doubt, machine, inventory, saidBy]),
  );
  const missing = summary.missing.map(say);
  const decided: { [subject: string]: string } = {
    reading: say(look.carrier === undefined ? 'refused' : readingOf(look.carrier)),
    cluster: say(look.places.map(({ cluster, placement }) => [cluster, placement.duplicateOf, placement.because])),
    severity: say(look.alerts.map(({ severity }) => severity)),
    members: say(look.members.map(({ id }) => id)),
    coverage: say([look.coverage, look.gaps]),
    'what has to be shown': say([summary.gaps, mustShow(look)]),
    claims: say(
      look.claims.map(({ id, predicate, roles, at, until, count, verdict, citations }) => [
        id,
        predicate,
        roles,
        at,
        until,
        count,
        verdict,
        citations,
      ]),
    ),
    entities: entities.toSorted().join('\n'),
    missing: missing.toSorted().join('\n'),
    headline: say([
      summary.headline.predicate,
      summary.headline.roles,
      summary.headline.text,
      summary.headline.verdict,
      summary.window,
      summary.alertCount,
    ]),
    story: say(
      toldBy(summary.story)
        .map(({ id, text: line }) => [id, line])
        .toSorted(),
    ),
    options: say(look.options),
    targets: say(look.options.map(({ system, operation, targetName }) => [system, operation, targetName])),
    tier: say(look.tiers),
    packet: rowsOf(made, say).join('\n'),
  };
  for (const one of assisted) {
    const subject = `with the ${one.fake} model`;
    decided[subject] = `${decided[subject] ?? ''}${say(decidedByAssist(one, made, rules))}\n`;
  }
  return {
    decided,
    order: [...entities, ...missing, ...toldBy(summary.story).map(({ id }) => id)].join('\n'),
    orderOfModels: assisted.map(one => say(orderOfAssist(one))),
  };
}

/**
 * What a packet says: everything but its quarantined strings and the words that stand in roles. Entities are numbered by name, so an id stands here for whom
 * it names, and rows for themselves, in whatever order.
 */
function rowsOf({ packet, key }: MadePacket, say: (value: unknown) => string): readonly string[] {
  const { coverage, facts, gaps, candidates, techniques, mustShow, leftOut } = packet;
  const whole = (value: string): string => key.entities.get(value)?.key ?? value;
  // A word of ours that is also somebody's name here does not leave (`withheld.ts`): whoever is called `session` takes the
  // word from the model, as its order of telling could. It is told less, and nothing else changes.
  const inRole = (value: string): string => key.entities.get(value)?.key ?? 'a word';
  const rows: readonly unknown[] = [
    ...packet.entities.map(({ id, name: _, ...entity }) => [whole(id), entity]),
    ...facts.map(({ roles, ...fact }) => [fact, roles.map(({ role, value }) => [role, inRole(value)])]),
    ...packet.detections.map(({ id: _, title: __, facts: own, ...detection }) => [own, detection]),
    ...gaps.map(({ stream, ...gap }) => [whole(stream), gap]),
    ...candidates.map(({ target, ...candidate }) => [whole(target), candidate]),
    ...[...key.requests.values()].map(request => ['request', request]),
    ...mustShow.filter(id => !id.startsWith('D')),
    mustShow.length,
    coverage,
    techniques,
    leftOut,
  ];
  return rows.map(say).toSorted();
}

/** What the carrying record was read as: everything that later stages go by, but for the text itself. */
function readingOf(alert: Alert): object {
  const { source, product, title, rule, severity, occurredAt, endedAt, reportedAt, techniques, tactics, vendorLinks } =
    alert;
  const entities = alert.entities.map(({ kind, value, label, role, pointer, vendorId, machine, isGuessed }) => [
    kind,
    value,
    label,
    role,
    pointer,
    vendorId,
    machine,
    isGuessed,
  ]);
  return [
    source,
    product,
    title,
    rule,
    severity,
    occurredAt,
    endedAt,
    reportedAt,
    techniques,
    tactics,
    vendorLinks,
    alert.fields,
    alert.pointers,
    alert.confidence,
    entities,
  ];
}

/** Alerts of high severity, tactics and failed claims: whoever tells this incident has to name them. */
function mustShow({ members, claims }: Look): object {
  return {
    grave: members.filter(({ severity }) => severity === 'high' || severity === 'critical').map(({ id }) => id),
    tactics: [...new Set(members.flatMap(({ tactics }) => tactics))].sort(),
    failed: claims.filter(({ verdict }) => verdict.kind === 'failed').map(({ id }) => id),
  };
}

/** Shorter than this, and a text is not looked for inside others: it would be found by chance. */
const INSIDE_CHARS_MIN = 3;

/** Renders a value as JSON in which the carried text, and what sources cut out of it, reads {@link OWN}. */
function sayer({ look, carrier, text }: Half): (value: unknown) => string {
  const own = ownTexts(look.carrier, carrier, text);
  const mask = (value: string): string => {
    let masked = value;
    for (const one of own) {
      if (masked === one) return OWN;
      if (one.length >= INSIDE_CHARS_MIN && masked.includes(one)) masked = masked.replaceAll(one, OWN);
    }
    return masked;
  };
  return value =>
    JSON.stringify(value, (_, member: unknown) => (typeof member === 'string' ? mask(member) : member)) ?? '';
}

/** The text, and each value that a source read from where it stands, the longest first. */
function ownTexts(alert: Alert | undefined, carrier: Carrier, text: string): readonly string[] {
  const placed = carrier.stands?.(text) ?? text;
  const own = new Set([placed, placed.trim()]);
  if (alert !== undefined) {
    const isOwn = (pointer: string): boolean =>
      carrier.pointers.some(place => pointer === place || pointer.startsWith(`${place}/`));
    for (const entity of alert.entities) if (isOwn(entity.pointer)) own.add(entity.value).add(entity.label);
    for (const [field, pointer] of Object.entries(alert.pointers))
      if (isOwn(pointer)) own.add(alert.fields[field as keyof typeof alert.fields] ?? '');
    for (const name of [alert.title, alert.rule]) if (isCutFrom(name, placed)) own.add(name);
  }
  own.delete('');
  return [...own].flatMap(one => [one, one.toLowerCase()]).sort((a, b) => b.length - a.length);
}

/** A rule's id may stand in a text by chance; what is cut from it is longer. */
const CUT_CHARS_MIN = 12;

/** Whether a title holds the text, or is a part or a template of it (`*` where something was left out), spaces aside. */
function isCutFrom(title: string, text: string): boolean {
  const [whole = '', from = ''] = [title, text].map(one => one.toWellFormed().replaceAll(/\s+/gu, ''));
  if (whole === '' || from === '') return false;
  if (whole.includes(from)) return true;
  if (whole.length < CUT_CHARS_MIN) return false;
  let at = 0;
  for (const piece of whole.split('*')) {
    at = from.indexOf(piece, at);
    if (at < 0) return false;
    at += piece.length;
  }
  return true;
}
