/**
 * A delivery that wraps a list of records. Strict: every key that it may have is named, so that a record which holds a
 * list of its own (an alert with its events) is never taken apart.
 */
export interface EnvelopeKind {
  /** The keys that lead to the list. */
  readonly path: readonly string[];
  /** Keys that the delivery must have. */
  readonly needs: readonly string[];
  /** Keys that may stand beside the list and say how it was delivered: paging, counts, what each element repeats. */
  readonly transport: ReadonlySet<string>;
  /** Keys that may stand there and say more. They are kept as a note on each record. */
  readonly says: ReadonlySet<string>;
  /** Every element must have one of these; any object where there are none. */
  readonly element: readonly string[];
  /** What a key's text must look like. */
  readonly shape?: readonly [string, RegExp];
}

const PAGING =
  'next nextToken NextToken next_token nextLink nextPageToken nextSyncToken next_cursor nextCursor cursor pagination paging page links _links meta total count Count total_count totalCount hasMore has_more limit offset size etag @odata.context @odata.count @odata.nextLink @odata.deltaLink';

function kind(
  path: string,
  one: { needs?: string; transport?: string; says?: string; element?: string; shape?: readonly [string, RegExp] } = {},
): EnvelopeKind {
  const words = (text: string | undefined): readonly string[] => text?.split(' ') ?? [];
  return {
    path: path.split('.'),
    needs: words(one.needs),
    transport: new Set(words(one.transport)),
    says: new Set(words(one.says)),
    element: words(one.element),
    ...(one.shape === undefined ? {} : { shape: one.shape }),
  };
}

/** Lists that stand alone or beside paging: CloudTrail, Azure, Security Hub, CrowdStrike, SentinelOne, Graph, Splunk. */
const PLAIN = 'Records records Findings findings events Events resources data results logs alerts items value'
  .split(' ')
  .map(key => kind(key, { transport: PAGING, says: 'errors' }));

export const ENVELOPES: readonly EnvelopeKind[] = [
  // Prometheus Alertmanager, webhook version 4; each alert repeats the labels and annotations of its group.
  kind('alerts', {
    needs: 'version groupKey',
    transport: 'groupLabels commonLabels commonAnnotations version',
    says: 'receiver status externalURL groupKey truncatedAlerts orgId title state message appVersion',
    element: 'labels',
  }),
  // Amazon EventBridge, "Security Hub Findings - Imported" and "- Custom Action".
  kind('detail.findings', {
    transport: 'version time region account source resources id detail-type',
    says: 'actionName actionDescription',
    element: 'ProductArn SchemaVersion class_uid',
  }),
  // Lists of Google APIs (`admin#reports#activities`) and of Kubernetes (`EventList`).
  kind('items', { needs: 'kind', transport: `kind ${PAGING}`, shape: ['kind', /#/] }),
  kind('items', { needs: 'kind apiVersion', transport: 'kind apiVersion metadata', shape: ['kind', /List$/] }),
  // Elasticsearch, the answer to a search.
  kind('hits.hits', {
    transport:
      'took timed_out _shards total max_score _scroll_id pit_id status terminated_early num_reduce_phases profile',
    says: 'aggregations suggest _clusters',
    element: '_source fields',
  }),
  // Okta event hooks.
  kind('data.events', {
    needs: 'eventType',
    transport: 'cloudEventsVersion contentType eventTypeVersion eventTime source eventId eventType',
    element: 'eventType',
    shape: ['eventType', /^com\.okta\.event_hook$/],
  }),
  ...PLAIN,
];

/** The first keys of every envelope's path: what a record must have before anything else is looked at. */
export const FIRST_KEYS: readonly string[] = [...new Set(ENVELOPES.map(one => one.path[0] ?? ''))];
