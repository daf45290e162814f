import { rfc3339 } from '../../base/time.ts';
import type { Poller } from '../../ports/poller.ts';
import { textOfValueAt } from '../shared/slices.ts';
import { recordsAt, sweep } from '../shared/sweep.ts';

const PAGE_RECORDS = 500;

/**
 * Alerts, or any records, of Elasticsearch: `_search` in the order of `@timestamp` and a field that tells equals apart,
 * followed by `search_after`.
 */
export const elastic: Poller = {
  id: 'elastic',
  title: 'Elasticsearch',
  parser: 'auto',
  settings: [
    { name: 'index', title: 'index, alias or pattern', usual: '.alerts-security.alerts-default' },
    { name: 'tiebreaker', title: 'a keyword field that tells records of one time apart', usual: 'kibana.alert.uuid' },
    { name: 'scheme', title: 'ApiKey, Basic or Bearer', usual: 'ApiKey' },
  ],
  credential: 'an API key (base64 of id:key) with the privileges read and view_index_metadata on the index',
  otherOrigins: () => [],
  poll(cursor, world) {
    const { settings } = world;
    const index = (settings['index'] ?? '').split(',').map(encodeURIComponent).join(',');
    const ask = (from: Parameters<typeof rfc3339>[0], after: string | undefined) => {
      const query = JSON.stringify({
        size: PAGE_RECORDS,
        query: { range: { '@timestamp': { gte: rfc3339(from) } } },
        sort: [
          { '@timestamp': { order: 'asc', format: 'strict_date_optional_time_nanos' } },
          { [settings['tiebreaker'] ?? '_id']: { order: 'asc', unmapped_type: 'keyword' } },
        ],
        track_total_hits: false,
      });
      return {
        method: 'POST' as const,
        url: `/${index}/_search`,
        headers: {
          authorization: `${settings['scheme'] ?? 'ApiKey'} ${world.secret.reveal()}`,
          'content-type': 'application/json',
        },
        // As it came: a sort value in nanoseconds is larger than a number of JavaScript holds.
        body: after === undefined ? query : `${query.slice(0, -1)},"search_after":${after}}`,
      };
    };
    return sweep(cursor, world, {
      first: from => ask(from, undefined),
      next: (page, from) => ask(from, page),
      read(answer) {
        const hits = recordsAt(answer, ['hits', 'hits']);
        const last = hits.at(-1);
        const sort = last === undefined ? undefined : textOfValueAt(last, ['sort']);
        return {
          records: hits.map(hit => textOfValueAt(hit, ['_source']) ?? hit),
          next: hits.length < PAGE_RECORDS ? undefined : sort,
        };
      },
      timePath: ['@timestamp'],
      isOrdered: false,
      keepsPlace: false,
      retentionMs: undefined,
    });
  },
};
