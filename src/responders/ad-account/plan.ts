import type { Client } from 'ldapts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Operation, Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { readFailure, withBind } from '../shared/ldap/ldap-directory.ts';
import { sealPlan } from '../shared/seal.ts';
import { shownText } from '../shared/wire-text.ts';
import { mayDo } from './access-list.ts';
import { type AdSettings, readSettings } from './config.ts';
import { type FactsReading, readFacts, refusalsOfTarget } from './facts.ts';
import { operationNamed } from './manifest.ts';
import { type AccountReading, findGroupNames } from './read.ts';
import { readSituation, workOf } from './situation.ts';
import type { Situation, Work } from './work.ts';

/** Looks at an account with the read credential and says what the operation would do to it. Changes nothing. */
export async function planAccount(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const operation = operationNamed(request.operation);
  const work = workOf(request.operation, settings.value);
  if (operation === undefined || work === undefined) {
    return fail(
      failureOf('proposal.not_expressible', `ad-account: there is no operation ${shownText(request.operation)}`),
    );
  }
  const secret = await context.readCredential();
  try {
    return await withBind(settings.value, settings.value.readDn, secret, context.timeoutMs, client =>
      planned(client, { request, operation, work, settings: settings.value, system: system.system }),
    );
  } catch (error) {
    return fail(readFailure('ad-account', error, [secret]));
  }
}

interface Question {
  readonly request: PlanRequest;
  readonly operation: Operation;
  readonly work: Work;
  readonly settings: AdSettings;
  readonly system: string;
}

async function planned(client: Client, question: Question): Promise<Result<Plan, Failure>> {
  const { request, operation, work, settings, system } = question;
  const read = await readSituation(client, settings, work, request.target);
  if (!read.ok) return read;
  const now = read.value;
  const { account } = now;
  const reading = await readFacts(client, settings, account);
  return ok(
    sealPlan({
      operation: operation.name,
      operationVersion: operation.version,
      target: { type: 'ad_account', system, immutableId: account.guid },
      facts: reading.facts,
      params: work.params(now),
      preconditions: work.preconditions(operation.name, now),
      changes: work.changes(operation.name, now),
      blast: {
        direct: [work.direct(operation.name, now)],
        dependents: dependentTexts(account, await findGroupNames(client, settings, account)),
        unknown: work.unknown,
      },
      sideEffects: work.sideEffects,
      refusals: [
        ...refusalsOfTarget(account, reading),
        ...missingRight(work, now, reading),
        ...work.refusals(request, now),
      ],
      dryRun: 'predicted',
    }),
  );
}

/** Judged from the access list, as the server would: the read login cannot try what only the write login may. */
function missingRight(work: Work, now: Situation, { writer }: FactsReading): Plan['refusals'] {
  if (writer === undefined) return [];
  const { descriptor, right, text } = work.right(now);
  const may = mayDo(descriptor, writer.sids, right);
  if (may === true) return [];
  const told = may === undefined ? 'The access list cannot be understood.' : `The write account may not ${text}.`;
  return [{ reason: 'missing_scope', text: told }];
}

function dependentTexts(account: AccountReading, groupNames: readonly string[] | undefined): readonly string[] {
  return [
    ...(groupNames?.map(dn => shownText(`member of ${dn}`)) ?? ['member of more groups than can be listed']),
    ...account.dependents.map(dn => shownText(`named as manager by ${dn}`)),
    ...(account.hasServices ? ['services log in as it: it bears service principal names'] : []),
  ];
}
