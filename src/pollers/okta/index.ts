import { MS_PER_DAY, rfc3339 } from '../../base/time.ts';
import type { Poller } from '../../ports/poller.ts';
import { linkOf } from '../shared/link.ts';
import { recordsAt, sweep } from '../shared/sweep.ts';

/**
 * The System Log of Okta: `GET /api/v1/logs` in the order in which events were persisted, followed by its `Link` of
 * relation `next`, which Okta gives also where there is nothing more for now. Kept for 90 days.
 */
export const okta: Poller = {
  id: 'okta',
  title: 'Okta System Log',
  parser: 'okta',
  settings: [{ name: 'scheme', title: 'SSWS for an API token, Bearer for an OAuth access token', usual: 'SSWS' }],
  credential: 'an API token of a read-only administrator, or an access token with the scope okta.logs.read',
  otherOrigins: () => [],
  poll(cursor, world) {
    const headers = () => ({
      authorization: `${world.settings['scheme'] === 'Bearer' ? 'Bearer' : 'SSWS'} ${world.secret.reveal()}`,
      accept: 'application/json',
    });
    return sweep(cursor, world, {
      first: from => ({
        url: `/api/v1/logs?since=${encodeURIComponent(rfc3339(from))}&sortOrder=ASCENDING&limit=1000`,
        headers: headers(),
      }),
      next: page => ({ url: page, headers: headers() }),
      read: answer => ({ records: recordsAt(answer, []), next: linkOf(answer.header('link'), 'next') }),
      timePath: ['published'],
      isOrdered: true,
      keepsPlace: true,
      retentionMs: 90 * MS_PER_DAY,
    });
  },
};
