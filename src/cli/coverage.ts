import type { Command } from 'commander';
import { eachOfflineAlert } from '../app/offline-alerts.ts';
import { rfc3339, type UnixMs, unixMsFrom } from '../base/time.ts';
import { createCoverage, type Heard } from '../core/study/coverage.ts';
import { addOfflineCommand } from './offline.ts';

/** Adds `countersign coverage`: where each stream (`host|product`) fell silent by its own rhythm, as of the last record. */
export function coverageCommand(program: Command): void {
  addOfflineCommand(
    program,
    'coverage',
    'show where telemetry stopped, by its own rhythm',
    async (files, options, out) => {
      const heard: Heard[] = [];
      const counts = await eachOfflineAlert(files, options.source, options.map, ({ alert }) => {
        const at = alert.occurredAt ?? alert.reportedAt;
        if (at === undefined) return;
        const host = alert.fields.host ?? alert.entities.find(entity => entity.kind === 'host')?.label;
        heard.push({ host, product: alert.product, rule: alert.rule, at });
      });
      heard.sort((a, b) => a.at - b.at);
      const learner = createCoverage();
      for (const record of heard) learner.hear(record);
      const now: UnixMs = heard.at(-1)?.at ?? unixMsFrom(0);
      for (const { stream, from, to, status, because } of learner.gaps(now)) {
        await out.write(JSON.stringify({ stream, from: rfc3339(from), to: rfc3339(to), status, because }));
      }
      return counts;
    },
  );
}
