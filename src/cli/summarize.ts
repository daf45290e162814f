import type { Command } from 'commander';
import { eachOfflineAlert, type OfflineAlert } from '../app/offline-alerts.ts';
import { summariseLargest } from '../app/offline-summary.ts';
import { rfc3339 } from '../base/time.ts';
import type { EntityResolution } from '../model/binding.ts';
import type { StoryLine, Summary } from '../model/claim.ts';
import { addOfflineCommand } from './offline.ts';

/** Adds `countersign summarize`: the largest incident of the files as one JSON object, coverage first, every claim cited. */
export function summarizeCommand(program: Command): void {
  addOfflineCommand(
    program,
    'summarize',
    'summarise the largest incident of the files, coverage first',
    async (files, options, out) => {
      const items: OfflineAlert[] = [];
      const counts = await eachOfflineAlert(files, options.source, options.map, item => items.push(item));
      const found = summariseLargest(items);
      await out.write(JSON.stringify(found === undefined ? null : printed(found.summary, found.names), undefined, 2));
      return counts;
    },
  );
}

/** The summary with times as RFC 3339, and each citation with the vendor's id of its record. */
function printed(summary: Summary, names: ReadonlyMap<string, string>): object {
  const claim = ({ at, until, citations, also, ...rest }: StoryLine): object => ({
    ...rest,
    ...(also === undefined ? {} : { also: also.map(claim) }),
    ...(at === undefined ? {} : { at: rfc3339(at) }),
    ...(until === undefined ? {} : { until: rfc3339(until) }),
    citations: citations.map(citation => ({ ...citation, id: names.get(citation.evidence) })),
  });
  const span = <T extends { readonly from: number; readonly to: number }>(one: T): object => ({
    ...one,
    from: new Date(one.from).toISOString(),
    to: new Date(one.to).toISOString(),
  });
  return {
    v: summary.v,
    coverage: { ...summary.coverage, streams: summary.coverage.streams.map(span) },
    gaps: summary.gaps.map(span),
    headline: claim(summary.headline),
    story: summary.story.map(claim),
    entities: summary.entities.map(({ firstSeen, lastSeen, saidBy, resolution, ...rest }) => ({
      ...rest,
      firstSeen: rfc3339(firstSeen),
      lastSeen: rfc3339(lastSeen),
      saidBy: saidBy.map(({ evidence }) => ({ evidence, id: names.get(evidence) })),
      ...(resolution === undefined ? {} : { resolution: resolved(resolution) }),
    })),
    identified: summary.identified.map(claim),
    window: span(summary.window),
    alertCount: summary.alertCount,
    missing: summary.missing,
    wouldChange: summary.wouldChange,
    next: summary.next,
    joins: summary.joins?.map(({ alerts, ...rest }) => ({
      ...rest,
      alerts: alerts.map(({ evidence }) => ({ evidence, id: names.get(evidence) })),
    })),
    digest: summary.digest,
  };
}

function resolved({ bindings, ...rest }: EntityResolution): object {
  return {
    ...rest,
    bindings: bindings.map(({ from, lastSeen, until, ...binding }) => ({
      ...binding,
      from: rfc3339(from),
      lastSeen: rfc3339(lastSeen),
      ...(until === undefined ? {} : { until: rfc3339(until) }),
    })),
  };
}
