import type { Command } from 'commander';
import { eachOfflineAlert } from '../app/offline-alerts.ts';
import { CorrelationInputs, correlateAll } from '../app/offline-correlate.ts';
import type { JoinReason } from '../model/incident.ts';
import { addOfflineCommand } from './offline.ts';

/** Adds `countersign correlate`: where each alert of the files belongs and why, one line per alert in the files' order. */
export function correlateCommand(program: Command): void {
  addOfflineCommand(
    program,
    'correlate',
    'show which alerts belong together and why, without a server',
    async (files, options, out) => {
      const names: string[] = [];
      const inputs = new CorrelationInputs();
      const counts = await eachOfflineAlert(files, options.source, options.map, ({ name, alert }) => {
        inputs.add(alert);
        names.push(name);
      });
      const nameOf = (id: string): string | undefined => names[Number(id.slice('alr_'.length))];
      for (const [index, { cluster, placement }] of correlateAll(inputs.all).entries()) {
        const { duplicateOf } = placement;
        const because = placement.because.map(reason => reasonLine(reason, nameOf));
        const duplicate = duplicateOf === undefined ? {} : { duplicate_of: nameOf(duplicateOf) };
        const apart = placement.notJoined.map(reason => reasonLine(reason, nameOf));
        const not_joined = apart.length === 0 ? {} : { not_joined: apart };
        await out.write(JSON.stringify({ id: names[index], cluster, ...duplicate, because, ...not_joined }));
      }
      return counts;
    },
  );
}

function reasonLine({ kind, text, to }: JoinReason, nameOf: (id: string) => string | undefined): object {
  return to === undefined ? { kind, text } : { kind, text, to: nameOf(to) };
}
