import type { Alert } from '../../model/alert.ts';
import type { TelemetryKind } from '../../model/telemetry.ts';

/** What was done to a log or a sensor, and which telemetry stopped being whole with it. */
export interface Tampering {
  readonly what: string;
  readonly affects: readonly TelemetryKind[];
}

interface Sign extends Tampering {
  /** Exact rules as sources name them, lower case. */
  readonly rules?: readonly string[];
  /** Words that all have to stand in the rule, the action or the title, lower case. */
  readonly words?: readonly (readonly string[])[];
}

const HOST: readonly TelemetryKind[] = ['endpoint', 'authentication'];
const CLOUD: readonly TelemetryKind[] = ['cloud_audit'];
const IDENTITY: readonly TelemetryKind[] = ['identity_provider'];

/**
 * Events by which a log or a sensor is cleared, stopped or cut off. Rule ids are the vendors' own: Windows Security 1102
 * and System 104 (log cleared), Sysmon 16 and 255, Wazuh 504 and 506 (agent disconnected, stopped), and the API names of
 * AWS CloudTrail and GuardDuty, Google Cloud Logging, Azure Monitor and Okta's System Log.
 */
const SIGNS: readonly Sign[] = [
  {
    what: 'the event log was cleared',
    affects: HOST,
    rules: ['windows:1102', 'windows:104'],
    words: [
      ['audit log was cleared'],
      ['event log', 'cleared'],
      ['log clear'],
      ['clear-eventlog'],
      ['wevtutil', ' cl '],
    ],
  },
  {
    what: 'the configuration of Sysmon was changed',
    affects: ['endpoint'],
    rules: ['sysmon:16'],
    words: [['sysmon config state changed']],
  },
  { what: 'Sysmon was stopped', affects: ['endpoint'], rules: ['sysmon:4:stopped'] },
  { what: 'the audit policy was changed', affects: HOST, rules: ['windows:4719'] },
  {
    what: 'the event log service was stopped',
    affects: HOST,
    rules: [
      'windows:1100',
      'windows:1101',
      'windows:6006',
      'windows:7036:eventlog',
      'windows:7040:eventlog',
      'windows:4657:eventlog',
      'sysmon:12:eventlog',
      'sysmon:13:eventlog',
    ],
    words: [
      ['event logging service', 'shut down'],
      ['eventlog', 'service', 'stopped'],
    ],
  },
  {
    what: 'the audit daemon was stopped',
    affects: HOST,
    words: [
      ['auditd', 'stop'],
      ['auditd', 'kill'],
      ['auditd', 'disabled'],
      ['auditctl', '-e 0'],
      ['audit daemon', 'stop'],
    ],
  },
  {
    what: 'the syslog daemon was stopped',
    affects: ['authentication'],
    words: [
      ['rsyslog', 'stop'],
      ['syslogd', 'stop'],
      ['syslogd', 'kill'],
      ['rsyslogd', 'exit'],
      ['syslog-ng', 'stop'],
      ['journald', 'stop'],
    ],
  },
  {
    what: 'the agent was stopped or cut off',
    affects: HOST,
    rules: ['504', '506', 'wazuh:504', 'wazuh:506'],
    words: [
      ['wazuh agent', 'stopped'],
      ['wazuh agent', 'disconnected'],
      ['agent', 'uninstalled'],
      ['sensor', 'uninstalled'],
      ['agent', 'tampering'],
      ['sensor', 'tamper'],
      ['agent', 'disabled'],
    ],
  },
  {
    what: 'the protection of the endpoint was turned off',
    affects: ['endpoint'],
    rules: ['defender:5001', 'defender:5010', 'defender:5012'],
    words: [
      ['disablerealtimemonitoring'],
      ['real-time protection', 'disabled'],
      ['realtime', 'protection', 'off'],
      ['defender', 'disabled'],
      ['antivirus', 'disabled'],
    ],
  },
  {
    what: 'the trail was stopped, deleted or narrowed',
    affects: CLOUD,
    words: [
      ['stoplogging'],
      ['deletetrail'],
      ['updatetrail'],
      ['puteventselectors'],
      ['deleteeventdatastore'],
      ['cloudtrail', 'disabled'],
      ['cloudtrailloggingdisabled'],
    ],
  },
  {
    what: 'the detector was deleted or cut off',
    affects: ['cloud_audit', 'network'],
    words: [
      ['deletedetector'],
      ['disassociatemembers'],
      ['disassociatefrommasteraccount'],
      ['disassociatefromadministratoraccount'],
      ['stopmonitoringmembers'],
    ],
  },
  { what: 'flow logs were deleted', affects: ['network'], words: [['deleteflowlogs']] },
  {
    what: 'diagnostic settings were deleted',
    affects: ['cloud_audit', 'identity_provider'],
    words: [['diagnosticsettings/delete'], ['delete diagnostic setting']],
  },
  {
    what: 'a log sink was deleted or changed',
    affects: CLOUD,
    words: [
      ['configservicev2.deletesink'],
      ['configservicev2.updatesink'],
      ['loggingservicev2.deletelog'],
      ['deletesink'],
    ],
  },
  {
    what: 'a log stream was deactivated',
    affects: IDENTITY,
    words: [
      ['system.log_stream.lifecycle.deactivate'],
      ['system.log_stream.lifecycle.delete'],
      ['log_stream', 'deactivate'],
    ],
  },
  {
    what: 'the audit policy of the cluster was changed',
    affects: ['cluster_audit'],
    words: [
      ['audit', 'policy', 'kube'],
      ['auditsink', 'delete'],
    ],
  },
];

/** ATT&CK: T1562.001 impair tools, .002 Windows event logging, .006 indicator blocking, .008 cloud logs; T1070.001 and .002 clear logs. */
const TECHNIQUES: ReadonlyMap<string, Tampering> = new Map<string, Tampering>([
  ['T1562.001', { what: 'a defence was impaired (T1562.001)', affects: ['endpoint'] }],
  ['T1562.002', { what: 'event logging was impaired (T1562.002)', affects: HOST }],
  ['T1562.006', { what: 'what a sensor reports was blocked (T1562.006)', affects: HOST }],
  ['T1562.008', { what: 'a cloud log was impaired (T1562.008)', affects: CLOUD }],
  ['T1070.001', { what: 'the event log was cleared (T1070.001)', affects: HOST }],
  ['T1070.002', { what: 'system logs were cleared (T1070.002)', affects: HOST }],
]);

const BY_RULE: ReadonlyMap<string, Tampering> = new Map(
  SIGNS.flatMap(sign => (sign.rules ?? []).map(rule => [rule, sign] as const)),
);

/** The rarest word of each list is in a text that could match at all: nearly all alerts are done with after one search. */
const MAYBE = new RegExp(
  [...new Set(SIGNS.flatMap(sign => (sign.words ?? []).map(rarestOf)))]
    .map(word => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('|'),
);

function rarestOf(words: readonly string[]): string {
  return words.reduce((longest, word) => (word.length > longest.length ? word : longest), '');
}

/** Of a sender's text no more is read than this. */
const TEXT_CHARS_MAX = 512;

/**
 * What an alert says was done to a log or a sensor; undefined where it says nothing of the kind, and where what was
 * tried failed. Reads what the source maps (rule, action, title, techniques), never free text.
 */
export function tamperingOf(
  alert: Pick<Alert, 'rule' | 'title' | 'techniques'> & {
    readonly fields: Pick<Alert['fields'], 'action' | 'outcome'>;
  },
): Tampering | undefined {
  if (alert.fields.outcome === 'failure') return undefined;
  const rule = alert.rule.slice(0, TEXT_CHARS_MAX).toLowerCase();
  const byRule = BY_RULE.get(rule);
  if (byRule !== undefined) return byRule;
  const title = alert.title.slice(0, TEXT_CHARS_MAX).toLowerCase();
  const action = (alert.fields.action ?? '').slice(0, TEXT_CHARS_MAX).toLowerCase();
  if (MAYBE.test(`${rule}\n${title}\n${action}`)) {
    const texts = [rule, title, action];
    for (const sign of SIGNS)
      if (sign.words?.some(all => texts.some(text => all.every(word => text.includes(word)))) === true) return sign;
  }
  for (const technique of alert.techniques) {
    const known = TECHNIQUES.get(technique.toUpperCase());
    if (known !== undefined) return known;
  }
  return undefined;
}
