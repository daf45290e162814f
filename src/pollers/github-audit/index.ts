import { MS_PER_DAY, rfc3339 } from '../../base/time.ts';
import type { Poller } from '../../ports/poller.ts';
import { linkOf } from '../shared/link.ts';
import { recordsAt, sweep } from '../shared/sweep.ts';

/**
 * The audit log of an organisation or enterprise on GitHub: oldest first, 100 a page, followed by the cursor in its
 * `Link` header. Kept for 180 days, its Git events for seven.
 */
export const githubAudit: Poller = {
  id: 'github-audit',
  title: 'GitHub audit log',
  parser: 'auto',
  settings: [
    { name: 'owner', title: 'orgs/NAME or enterprises/NAME', usual: undefined },
    { name: 'include', title: 'web, git or all', usual: 'all' },
  ],
  credential: 'a token with read:audit_log, or a fine-grained one with organisation administration: read',
  otherOrigins: () => [],
  poll(cursor, world) {
    const headers = () => ({
      authorization: `Bearer ${world.secret.reveal()}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    });
    const [kind = '', ...name] = (world.settings['owner'] ?? '').split('/');
    const path = `${kind === 'enterprises' ? 'enterprises' : 'orgs'}/${encodeURIComponent(name.join('/'))}/audit-log`;
    return sweep(cursor, world, {
      first: from => ({
        url: `/${path}?phrase=${encodeURIComponent(`created:>=${rfc3339(from)}`)}&include=${encodeURIComponent(world.settings['include'] ?? 'all')}&order=asc&per_page=100`,
        headers: headers(),
      }),
      next: page => ({ url: page, headers: headers() }),
      read: answer => ({ records: recordsAt(answer, []), next: linkOf(answer.header('link'), 'next') }),
      timePath: ['@timestamp'],
      isOrdered: true,
      keepsPlace: false,
      retentionMs: 180 * MS_PER_DAY,
    });
  },
};
