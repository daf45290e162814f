import type { Command } from 'commander';
import { nodeNow } from '../app/context.ts';
import { asKept, eachOfflineAlert } from '../app/offline-alerts.ts';
import { rfc3339 } from '../base/time.ts';
import { namesIn } from '../core/study/names-in.ts';
import { clocksOf } from '../core/study/skew.ts';
import { timelineOf } from '../core/study/timeline.ts';
import type { Alert } from '../model/alert.ts';
import { addOfflineCommand } from './offline.ts';

/** Adds `countersign timeline`: the alerts of the files in the order in which things happened, with both clocks. */
export function timelineCommand(program: Command): void {
  addOfflineCommand(
    program,
    'timeline',
    'show the alerts in the order in which things happened',
    async (files, options, out) => {
      const alerts: Alert[] = [];
      const names = new Map<string, string>();
      const counts = await eachOfflineAlert(files, options.source, options.map, item => {
        const kept = asKept(item, alerts.length);
        // A timeline needs neither the finding nor the mapping: a million alerts must fit.
        alerts.push({ ...kept, ocsf: {}, pointers: {}, fields: connectionOf(kept) });
        names.set(kept.id, item.name);
      });
      for (const entry of timelineOf(alerts, clocksOf(alerts), nodeNow())) {
        const alert = alerts[Number(entry.alert.slice('alr_'.length))];
        await out.write(
          JSON.stringify({
            id: names.get(entry.alert),
            time: rfc3339(entry.time),
            heard: rfc3339(entry.heard),
            evidence: `sha256:${alert?.sha256 ?? ''}`,
            text: entry.text,
            ...namesOf(alert),
            ...(entry.isTimeAssumed ? { isTimeAssumed: true } : {}),
            ...(entry.skew === undefined ? {} : { skew: entry.skew }),
            ...(entry.order === undefined ? {} : { order: { ...entry.order, with: names.get(entry.order.with) } }),
            ...(entry.clockFault === undefined ? {} : { clockFault: entry.clockFault.text }),
          }),
        );
      }
      return counts;
    },
  );
}

function namesOf(alert: Alert | undefined): { readonly names?: readonly string[] } {
  const names = alert === undefined ? [] : namesIn(alert);
  return names.length === 0 ? {} : { names: names.map(({ label }) => label) };
}

/** The ends of the connection, which tell that two products saw the same one. */
function connectionOf({ fields }: Alert): Alert['fields'] {
  const { src_ip, src_port, dst_ip, dst_port } = fields;
  return src_ip && src_port && dst_ip && dst_port ? { src_ip, src_port, dst_ip, dst_port } : {};
}
