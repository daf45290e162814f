import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fieldMapOf } from '../../src/app/normalise-files.ts';
import { eachOfflineAlert, type OfflineAlert } from '../../src/app/offline-alerts.ts';

/** The alerts of a file of the evaluation data, as the offline commands read them. */
export async function readAlerts(path: string, map = ''): Promise<readonly OfflineAlert[]> {
  const fields = fieldMapOf(map);
  if (!fields.ok) throw new Error(fields.failure);
  const items: OfflineAlert[] = [];
  await eachOfflineAlert([path], 'auto', fields.value, item => items.push(item));
  return items;
}

export function readText(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

export function readLines(path: string): readonly { readonly [key: string]: unknown }[] {
  return readText(path)
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line));
}
