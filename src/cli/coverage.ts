import type { Command } from 'commander';
import { eachOfflineAlert } from '../app/offline-alerts.ts';
import { rfc3339, type UnixMs, unixMsFrom } from '../base/time.ts';
import { believable } from '../core/study/claimed-time.ts';
import { createCoverage, type Heard } from '../core/study/coverage.ts';
import { tamperingOf } from '../core/study/tampering.ts';
import { addOfflineCommand } from './offline.ts';

const NONE = { alert: 'alr_', evidence: 'evd_' } as const;

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
        const done = tamperingOf(alert);
        // A file has no alert of ours to point at: the finding names the event, and its time.
        const tampering =
          done === undefined ? {} : { tampering: { ...done, alert: NONE.alert, evidence: NONE.evidence } };
        heard.push({ host, product: alert.product, rule: alert.rule, at, ...tampering });
      });
      const believed = believable(heard);
      const learner = createCoverage();
      for (const record of believed) learner.hear(record);
      const now: UnixMs = believed.at(-1)?.at ?? unixMsFrom(0);
      if (believed.length < heard.length)
        process.stderr.write(
          `countersign coverage: ${heard.length - believed.length} records claim times that cannot be right beside the others: not learnt from\n`,
        );
      for (const { stream, from, to, status, because } of learner.gaps(now)) {
        await out.write(JSON.stringify({ stream, from: rfc3339(from), to: rfc3339(to), status, because }));
      }
      return counts;
    },
  );
}
