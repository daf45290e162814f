import { MS_PER_DAY, rfc3339 } from '../../base/time.ts';
import type { Poller, PollSettings } from '../../ports/poller.ts';
import { withClientCredentials } from '../shared/client-credentials.ts';
import { documentOf, textAt } from '../shared/json.ts';
import { recordsAt, sweep } from '../shared/sweep.ts';

const PAGE_RECORDS = 500;

/** What is read: its path, the time that it is asked by, and how long Microsoft keeps it. */
const FEEDS: ReadonlyMap<string, { readonly path: string; readonly time: string; readonly days: number }> = new Map([
  ['alerts', { path: '/v1.0/security/alerts_v2', time: 'lastUpdateDateTime', days: 180 }],
  ['sign-ins', { path: '/v1.0/auditLogs/signIns', time: 'createdDateTime', days: 30 }],
  ['directory-audits', { path: '/v1.0/auditLogs/directoryAudits', time: 'activityDateTime', days: 30 }],
]);

const loginOf = (settings: PollSettings) => settings['login'] ?? 'https://login.microsoftonline.com';

/**
 * Microsoft Graph: alerts_v2, sign-ins or directory audits, by client credentials. Pages are followed by
 * `@odata.nextLink`; alerts_v2 leaves it out at times, and then a full page is followed by `$skip`. The lists are not
 * asked for in an order, since alerts_v2 has no `$orderby`: the point to begin from moves when a sweep is whole.
 */
export const microsoftGraph: Poller = {
  id: 'microsoft-graph',
  title: 'Microsoft Graph',
  parser: 'auto',
  settings: [
    { name: 'feed', title: [...FEEDS.keys()].join(', '), usual: 'alerts' },
    { name: 'tenant', title: 'the directory (tenant) id', usual: undefined },
    { name: 'client', title: 'the application (client) id', usual: undefined },
    { name: 'login', title: 'where tokens are given out', usual: 'https://login.microsoftonline.com' },
    { name: 'scope', title: 'the scope of the token', usual: 'https://graph.microsoft.com/.default' },
  ],
  credential:
    'the client secret of an application with SecurityAlert.Read.All (alerts) or AuditLog.Read.All (sign-ins, audits), granted by an administrator',
  otherOrigins: settings => [loginOf(settings)],
  poll(cursor, plain) {
    const { settings } = plain;
    const feed = FEEDS.get(settings['feed'] ?? 'alerts') ?? {
      path: '/v1.0/security/alerts_v2',
      time: 'lastUpdateDateTime',
      days: 180,
    };
    const world = withClientCredentials(
      plain,
      `${loginOf(settings)}/${encodeURIComponent(settings['tenant'] ?? '')}/oauth2/v2.0/token`,
      {
        grant_type: 'client_credentials',
        client_id: settings['client'] ?? '',
        scope: settings['scope'] ?? 'https://graph.microsoft.com/.default',
      },
    );
    const url = (from: Parameters<typeof rfc3339>[0]) =>
      `${feed.path}?$filter=${encodeURIComponent(`${feed.time} ge ${rfc3339(from)}`)}&$top=${PAGE_RECORDS}`;
    return sweep(cursor, world, {
      first: from => ({ url: url(from) }),
      next: (page, from) => ({ url: page.startsWith('skip:') ? `${url(from)}&$skip=${page.slice(5)}` : page }),
      read(answer, page) {
        const records = recordsAt(answer, ['value']);
        const link = textAt(documentOf(answer.text), ['@odata.nextLink']);
        const skipped = page?.startsWith('skip:') === true ? Number(page.slice(5)) : 0;
        const more = records.length >= PAGE_RECORDS && (page === undefined || page.startsWith('skip:'));
        return { records, next: link ?? (more ? `skip:${skipped + records.length}` : undefined) };
      },
      timePath: [feed.time],
      isOrdered: false,
      keepsPlace: false,
      retentionMs: feed.days * MS_PER_DAY,
    });
  },
};
