import { rfc3339 } from '../../base/time.ts';
import type { Poller } from '../../ports/poller.ts';
import { withClientCredentials } from '../shared/client-credentials.ts';
import { documentOf, textAt } from '../shared/json.ts';
import { recordsAt, sweep } from '../shared/sweep.ts';

const PAGE_RECORDS = 1_000;

/**
 * Alerts of CrowdStrike Falcon: `POST /alerts/combined/alerts/v1` in the order of their last update, followed by the
 * `after` of its paging. An alert that was updated is read again and kept as its newer version.
 */
export const crowdstrike: Poller = {
  id: 'crowdstrike',
  title: 'CrowdStrike Falcon alerts',
  parser: 'auto',
  settings: [{ name: 'client', title: 'the client id of the API client', usual: undefined }],
  credential: 'the secret of an API client with Alerts: read',
  otherOrigins: () => [],
  poll(cursor, plain) {
    const world = withClientCredentials(plain, '/oauth2/token', { client_id: plain.settings['client'] ?? '' });
    const ask = (from: Parameters<typeof rfc3339>[0], after: string | undefined) => ({
      method: 'POST' as const,
      url: '/alerts/combined/alerts/v1',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({
        filter: `updated_timestamp:>='${rfc3339(from)}'`,
        sort: 'updated_timestamp|asc',
        limit: PAGE_RECORDS,
        ...(after === undefined ? {} : { after }),
      }),
    });
    return sweep(cursor, world, {
      first: from => ask(from, undefined),
      next: (page, from) => ask(from, page),
      read: answer => ({
        records: recordsAt(answer, ['resources']),
        next: textAt(documentOf(answer.text), ['meta', 'pagination', 'after']),
      }),
      timePath: ['updated_timestamp'],
      // The filter of a page has to be the one that its `after` was given for, so the point moves at the end only.
      isOrdered: false,
      keepsPlace: false,
      retentionMs: undefined,
    });
  },
};
