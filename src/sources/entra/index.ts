import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, rootOf, textAt } from '../shared/at.ts';
import { closeDraft, openDraft, putTime } from '../shared/draft.ts';
import { timeAt } from '../shared/when.ts';
import { readAudit } from './audit.ts';
import { get } from './names.ts';
import { readRisk, readSignIn } from './sign-in.ts';

type Kind = 'sign-in' | 'audit' | 'risk';

/** Where the entry stands: a diagnostic setting wraps what Graph answers in `properties`. */
interface Found {
  readonly kind: Kind;
  readonly entry: At;
}

function kindOf(entry: At | undefined): Kind | undefined {
  if (get(entry, 'riskEventType') !== undefined) return 'risk';
  if (get(entry, 'initiatedBy') !== undefined && get(entry, 'targetResources') !== undefined) return 'audit';
  const isSignIn =
    (get(entry, 'appId') ?? get(entry, 'appDisplayName')) !== undefined &&
    (get(entry, 'userPrincipalName') ?? get(entry, 'userId') ?? get(entry, 'servicePrincipalId')) !== undefined &&
    (get(entry, 'status', 'errorCode') ?? dig(entry, 'ResultType') ?? get(entry, 'conditionalAccessStatus')) !==
      undefined;
  return isSignIn ? 'sign-in' : undefined;
}

/** Categories of Entra's diagnostic settings, in lower case. */
const CATEGORIES: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['signinlogs', 'sign-in'],
  ['noninteractiveusersigninlogs', 'sign-in'],
  ['serviceprincipalsigninlogs', 'sign-in'],
  ['managedidentitysigninlogs', 'sign-in'],
  ['adfssigninlogs', 'sign-in'],
  ['auditlogs', 'audit'],
  ['userriskevents', 'risk'],
  ['serviceprincipalriskevents', 'risk'],
]);

/** Other products have a category AuditLogs too: Entra's names Entra's provider. */
function statedKind(root: At): Kind | undefined {
  const kind = CATEGORIES.get(textAt(dig(root, 'category'))?.toLowerCase() ?? '');
  const isEntra = /\/microsoft\.aadiam$/i.test(textAt(dig(root, 'resourceId')) ?? '');
  return kind === 'audit' && !isEntra ? undefined : kind;
}

/** One of these is in every entry that is not wrapped. Asked first, since every record of every product comes by here. */
const MARKS = [
  'appId',
  'AppId',
  'appDisplayName',
  'AppDisplayName',
  'initiatedBy',
  'InitiatedBy',
  'riskEventType',
  'RiskEventType',
];

function isMarked({ value }: At): boolean {
  return typeof value === 'object' && value !== null && MARKS.some(mark => Object.hasOwn(value, mark));
}

function find(root: At): Found | undefined {
  const properties = dig(root, 'properties');
  if (properties === undefined) {
    if (!isMarked(root)) return undefined;
    const kind = kindOf(root);
    return kind === undefined ? undefined : { kind, entry: root };
  }
  const kind = kindOf(properties) ?? statedKind(root);
  return kind === undefined ? undefined : { kind, entry: properties };
}

/** The first of several places that holds a time; else the first that holds anything, for the warning. */
function firstTime(...places: readonly (At | undefined)[]): At | undefined {
  return places.find(place => timeAt(place) !== undefined) ?? places.find(place => place !== undefined);
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  const found = find(root);
  if (found === undefined) {
    return fail({
      code: 'source.rejected_input',
      detail: 'no sign-in, directory change or risk: not a log of Entra ID',
    });
  }
  const { kind, entry } = found;
  const draft = openDraft(record.value);
  const happened = kind === 'sign-in' ? get(entry, 'createdDateTime') : get(entry, 'activityDateTime');
  const raised = get(entry, 'detectedDateTime');
  const occurredAt = putTime(draft, firstTime(happened, raised, get(root, 'time'), get(root, 'timeGenerated')));
  const reading =
    kind === 'sign-in'
      ? readSignIn(draft, root, entry)
      : kind === 'audit'
        ? readAudit(draft, root, entry)
        : readRisk(draft, entry);
  const correlation = textAt(get(entry, 'correlationId')) ?? textAt(get(root, 'correlationId'));
  return ok(
    closeDraft(draft, {
      source: 'entra',
      vendorId: textAt(get(entry, 'id')),
      product: kind === 'risk' ? 'Microsoft Entra ID Protection' : 'Microsoft Entra ID',
      vendor: 'Microsoft',
      ...reading,
      occurredAt,
      reportedAt: timeAt(raised),
      vendorLinks: correlation === undefined ? [] : [`correlation:${correlation}`],
    }),
  );
}

/** Sign-in logs, directory audit logs and risk detections of Microsoft Entra ID, by Graph, diagnostic setting or table. */
export const entra: Source = {
  id: 'entra',
  title: 'Microsoft Entra ID (sign-in, audit, risk)',
  recognise: record => (find(rootOf(record.value)) === undefined ? 0 : 0.93),
  normalise,
};
