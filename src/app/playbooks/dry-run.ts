import type { Id } from '../../base/id.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { policyFloorOf } from '../../core/decide/floor.ts';
import { indexOf } from '../../core/decide/inventory-index.ts';
import { ownersOf } from '../../core/decide/owners.ts';
import { dryRun, type PastIncident } from '../../core/decide/playbook/dry-run.ts';
import { type LoadedPlaybook, loadPlaybook } from '../../core/decide/playbook/load.ts';
import { quorumOf } from '../../core/decide/quorum.ts';
import { subjectsOf } from '../../core/decide/subject.ts';
import { tierOf } from '../../core/decide/tier.ts';
import { expectedFacts } from '../../core/study/option-tier.ts';
import type { Severity } from '../../model/alert.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Effect } from '../../model/playbook.ts';
import type {
  DryRunAnswer,
  DryRunReport,
  DryRunRequest,
  DryRunRow,
  WouldPropose,
} from '../../model/playbook-dry-run.ts';
import { stricter, TIER_REASON_TEXT } from '../../model/proposal.ts';
import { RESPONDERS } from '../../responders/index.ts';
import type { ServerContext } from '../context.ts';
import { readPeople } from '../people.ts';
import { closedGate } from '../proposals/revision.ts';
import type { IncidentStudy, ReadStudy } from '../proposals/study.ts';
import { signedInventory } from '../signed-inventory.ts';
import { requestFor, valuesOf } from './commands.ts';
import { loadPinned } from './running.ts';
import { tryPlaybook } from './view.ts';

const INCIDENTS = 20;

interface Stored {
  readonly id: Id<'incident'>;
  readonly title: string;
  readonly severity: Severity;
}

/** What is the same for every incident of one dry run. */
interface Around {
  readonly loaded: LoadedPlaybook;
  readonly inventory: Inventory | undefined;
  readonly floors: Parameters<typeof policyFloorOf>[0];
  readonly nameOf: (person: string) => string;
}

/**
 * What a playbook would have done with incidents as they are stored now. Everything is read first; what then follows the playbook
 * is given values only, so nothing is asked of a target, no name is looked up and nothing is written (controls AIB-08).
 */
export async function dryRunPlaybook(
  context: ServerContext,
  readStudy: ReadStudy,
  { text, sha256, incident, incidents = INCIDENTS, people = 'sign' }: DryRunRequest,
): Promise<Result<DryRunAnswer, Failure>> {
  const loaded = text === undefined ? await loadPinned(context, sha256 ?? '') : loadPlaybook(text, context.now());
  if (!loaded.ok) return ok(refusedFile(text, loaded.failure));
  const { rows } = await context.pool.query<Stored>(
    `SELECT id, title, severity FROM incident WHERE tenant_id = $1 AND merged_into IS NULL AND ($2::text IS NULL OR id = $2)
      ORDER BY last_seen DESC, id DESC LIMIT $3`,
    [context.tenant, incident ?? null, incidents],
  );
  if (incident !== undefined && rows.length === 0) return fail(failureOf('not_found', incident));
  const names = new Map<string, string>((await readPeople(context)).map(({ id, name }) => [id, name]));
  const around: Around = {
    loaded: loaded.value,
    inventory: await signedInventory(context),
    floors: context.policy().floors,
    nameOf: person => names.get(person) ?? person,
  };
  const found: DryRunRow[] = [];
  for (const stored of rows) found.push(await dryRunOf(readStudy, around, stored, people));
  const { file, verdict } = loaded.value;
  return ok({ ok: true, title: `${file.title} ${file.version}`, tier: verdict.tier ?? 'nothing', people, rows: found });
}

/** What is wrong with a file, place by place where it can be told so. */
function refusedFile(text: string | undefined, why: string): Extract<DryRunAnswer, { ok: false }> {
  const check = text === undefined ? undefined : tryPlaybook(text);
  return check?.ok === false ? check : { ok: false, problems: [{ at: '', text: why }], bypasses: [] };
}

async function dryRunOf(
  readStudy: ReadStudy,
  around: Around,
  stored: Stored,
  people: DryRunReport['people'],
): Promise<DryRunRow> {
  const { id, title } = stored;
  const study = await readStudy(id);
  if (study === undefined)
    return { incident: id, title, steps: [], end: 'unknown', why: 'nothing of this incident can be read' };
  return { incident: id, title, ...dryRun(around.loaded.file, pastOf(around, stored, study), people) };
}

function pastOf(around: Around, { id, severity }: Stored, study: IncidentStudy): PastIncident {
  return {
    severity,
    coverage: study.summary.coverage.verdict,
    valuesOf: part => valuesOf(study, id, { subject: { from: 'incident', part }, named: undefined }),
    proposalOf: (effect, on) => proposalOf(around, id, study, effect, on),
  };
}

/** What is about to be proposed, or why nothing would be. The target itself is not looked at. */
function proposalOf(
  { loaded, inventory, floors, nameOf }: Around,
  incident: Id<'incident'>,
  study: IncidentStudy,
  effect: Effect,
  on: string,
): WouldPropose | string {
  if (effect.writes !== 'act') return `nothing here can propose a ${effect.writes} that starts something`;
  const request = requestFor(study, { incident }, effect, on);
  const kind = effect.kind.replaceAll('_', ' ');
  if (request === undefined)
    return `fails: no way to ${kind} is offered on ${on === '' ? 'a target that is not known' : on}`;
  const option = request.kind === 'option' ? study.options.find(one => one.id === request.option) : undefined;
  const { responder = 'countersign', system = 'countersign', targetName = incident } = option ?? {};
  const manifest = RESPONDERS.get(responder)?.manifest;
  const operation = manifest?.operations.find(one =>
    option === undefined ? one.kind === effect.kind : one.name === option.operation,
  );
  if (operation === undefined) return `fails: nothing here can ${kind}`;
  const isOwn = option === undefined;
  const account = { system, name: targetName };
  const record = isOwn || inventory === undefined ? undefined : indexOf(inventory).byAccount(account)[0];
  const { summary } = study;
  const hasRequiredGap = summary.gaps.some(({ isRequired }) => isRequired);
  const facts = {
    ...expectedFacts(operation, record, summary.coverage.verdict, hasRequiredGap),
    ...(isOwn ? OWN : {}),
  };
  const { tier: own, reasons } = tierOf({ ...facts, policyFloor: policyFloorOf(floors, facts).tier });
  const tier = stricter(own, loaded.verdict.tier ?? own);
  if (tier === 'TX') return `fails: ${reasons.map(reason => TIER_REASON_TEXT[reason]).join(', ')}`;
  const closed = isOwn ? undefined : closedGate(option.explained, tier);
  if (closed !== undefined) return `fails: ${closed.detail}`;
  const owners =
    isOwn || inventory === undefined ? undefined : ownersOf(inventory, account, subjectsOf(inventory, account));
  const seats = quorumOf(tier, owners).map(({ slot, people }) => ({ slot, people: people.map(nameOf) }));
  return { what: operation.title, system, targetName, tier, seats };
}

/** What this installation keeps itself is in no inventory, and all of it is known. */
const OWN = { isPrivileged: 'no', isMachine: 'no', isCritical: 'no' } as const;
