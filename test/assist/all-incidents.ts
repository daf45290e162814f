import { incidentsOf, type StudiedIncident } from '../../src/cli/interference/incidents.ts';
import { dataFile } from '../data/present.ts';

/** Files of the evaluation data that hold alerts of many products. */
const FILES = [
  'secrl-alerts/alerts.ndjson',
  'secrl-alerts/alerts_overlap.ndjson',
  'cloudtrail-stratus/events.ndjson',
  'wazuh-aecid/alerts.ndjson',
  'wazuh-aecid/suricata_eve.ndjson',
  'normalise-panther/events.ndjson.gz',
  'ait-mix/alerts.ndjson.gz',
  'otrf/Microsoft365DefenderEvents.ndjson.gz',
  'otrf/AADAuditEvents.ndjson.gz',
  'otrf/OfficeActivityEvents.ndjson.gz',
  'otrf/WindowsEvents.ndjson.gz',
  'otrf/psh_lsass_memory_dump_comsvcs.ndjson.gz',
  'otrf/schtask_create.ndjson.gz',
  'otrf/covenant_dcsync_dcerpc_drsuapi_DsGetNCChanges.ndjson.gz',
];

/** Where they lie; empty where the data is absent. */
export const ALERT_FILES: readonly string[] = FILES.flatMap(name => dataFile(name) ?? []);

export function realIncidents(max: number): Promise<readonly StudiedIncident[]> {
  return incidentsOf(ALERT_FILES, max);
}
