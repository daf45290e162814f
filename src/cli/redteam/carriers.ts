import { utf8 } from '../../base/bytes.ts';
import { at, DATABASE_HOST, OUTSIDE, PERSON_MAIL, WORKSTATION, type WorldRecord } from './world.ts';

/** What stands in a field on an ordinary day: from it comes the neutral value of the same type. */
export type TextKind = 'words' | 'mail' | 'name' | 'path' | 'domain' | 'query' | 'command' | 'tag' | 'line';

/** A field of one product's record into which a text is put. */
export interface Carrier {
  /** `okta client.userAgent`: product and field, for the report. */
  readonly name: string;
  readonly kind: TextKind;
  /** The record as it would be delivered. */
  bytes(text: string): Uint8Array;
  /** How the text reads in the record, where that is another form of it. */
  readonly stands?: (text: string) => string;
  /** Where the text, or what a source cuts out of it, then stands: RFC 6901, each with all that is below it. */
  readonly pointers: readonly string[];
}

const MINUTE = 7;

function json(name: string, kind: TextKind, record: WorldRecord, path: readonly (string | number)[]): Carrier {
  return {
    name,
    kind,
    pointers: [pointerOf(path)],
    bytes: text => utf8(JSON.stringify(placed(record, path, text))),
  };
}

function pointerOf(path: readonly (string | number)[]): string {
  return path.map(step => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function placed(value: unknown, path: readonly (string | number)[], text: string): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return text;
  if (Array.isArray(value)) return value.map((member, index) => (index === step ? placed(member, rest, text) : member));
  const before = typeof value === 'object' && value !== null ? (value as { readonly [key: string]: unknown }) : {};
  return { ...before, [step]: placed(before[step], rest, text) };
}

const detection: WorldRecord = {
  '@timestamp': at(MINUTE),
  'kibana.alert.uuid': 'kb-carrier',
  'kibana.alert.rule.name': 'Program started by a script',
  'kibana.alert.rule.uuid': 'r-21',
  'kibana.alert.severity': 'high',
  'kibana.alert.rule.threat': [
    { framework: 'MITRE ATT&CK', tactic: { id: 'TA0003', name: 'Persistence' }, technique: [{ id: 'T1053' }] },
  ],
  event: { kind: 'signal', category: ['process'], action: 'start' },
  host: { name: WORKSTATION },
  user: { name: 'm.lind', domain: 'CORP' },
  source: { ip: OUTSIDE },
};
const elastic = (field: string, kind: TextKind): Carrier =>
  json(`elastic ${field}`, kind, detection, field.startsWith('kibana.') ? [field] : field.split('.'));

const signIn: WorldRecord = {
  actor: { id: '00u-mara', type: 'User', alternateId: PERSON_MAIL, displayName: 'Mara Lind' },
  client: { userAgent: { rawUserAgent: 'curl/8' }, ipAddress: OUTSIDE, device: 'Unknown' },
  displayMessage: 'User single sign on to app',
  eventType: 'user.authentication.sso',
  outcome: { result: 'SUCCESS', reason: null },
  published: at(MINUTE),
  severity: 'WARN',
  target: [{ id: '0oa1', type: 'AppInstance', alternateId: 'Mail', displayName: 'Mail' }],
  transaction: { type: 'WEB', id: 'tx-carrier' },
  uuid: '5d0d0000-0000-4000-8000-0000000000c1',
  version: '0',
};

const webAlert: WorldRecord = {
  timestamp: '2026-05-04T09:07:00.123456+0000',
  flow_id: 88001,
  event_type: 'alert',
  src_ip: OUTSIDE,
  src_port: 44312,
  dest_ip: '10.30.0.7',
  dest_port: 443,
  proto: 'TCP',
  alert: {
    action: 'allowed',
    gid: 1,
    signature_id: 9000041,
    rev: 1,
    signature: 'LOCAL sign-in page probed',
    category: 'Attempted Information Leak',
    severity: 2,
  },
  http: { hostname: 'shop.corp.example.com', url: '/login', http_method: 'GET', status: 200 },
  host: 'sensor-dmz',
};

const cloudCall: WorldRecord = {
  eventVersion: '1.09',
  userIdentity: {
    type: 'IAMUser',
    principalId: 'AIDAEXAMPLE0000000021',
    arn: 'arn:aws:iam::111122223333:user/mara.lind',
    accountId: '111122223333',
    accessKeyId: 'AKIAEXAMPLE000000021',
    userName: 'mara.lind',
  },
  eventTime: '2026-05-04T09:07:00Z',
  eventSource: 'ec2.amazonaws.com',
  eventName: 'CreateTags',
  awsRegion: 'eu-west-1',
  sourceIPAddress: OUTSIDE,
  userAgent: 'aws-cli/2.15.0',
  requestParameters: {
    resourcesSet: { items: [{ resourceId: 'i-00aa11bb22cc33dd4' }] },
    tagSet: { items: [{ key: 'Name', value: 'web' }] },
  },
  responseElements: { _return: true },
  eventID: 'c5d0c7f2-0000-4000-8000-000000000021',
  eventType: 'AwsApiCall',
  recipientAccountId: '111122223333',
};

const taskCreated: WorldRecord = {
  SourceName: 'Microsoft-Windows-Security-Auditing',
  Level: '0',
  Channel: 'Security',
  Hostname: WORKSTATION,
  TimeCreated: at(MINUTE),
  '@timestamp': at(MINUTE),
  EventID: 4698,
  Task: '12804',
  SubjectUserName: 'm.lind',
  SubjectDomainName: 'CORP',
  SubjectLogonId: '0xa1234',
  TaskName: '\\Updates\\Sync',
  TaskContent: '<Task version="1.2"></Task>',
};

const agentAlert: WorldRecord = {
  timestamp: at(MINUTE),
  rule: {
    level: 10,
    description: 'sshd: authentication failed.',
    id: '5760',
    mitre: { id: ['T1110.001'], tactic: ['Credential Access'], technique: ['Password Guessing'] },
    groups: ['syslog', 'sshd'],
  },
  agent: { id: '007', name: DATABASE_HOST, ip: '10.30.0.7' },
  manager: { name: 'wazuh-1' },
  id: '1777885620.77',
  full_log: 'sshd[77]: Failed password',
  data: { srcip: OUTSIDE, srcport: '40021', dstuser: 'svc-report' },
  location: '/var/log/auth.log',
};

const notable: WorldRecord = {
  _time: '2026-05-04T09:07:00.000+00:00',
  event_id: '1F2E3D4C@@notable@@carrier',
  search_name: 'Access - Sign-in from a new network - Rule',
  rule_name: 'Sign-in from a new network',
  rule_title: 'Sign-in from a new network',
  security_domain: 'access',
  urgency: 'high',
  status: '1',
  owner: 'unassigned',
  src: OUTSIDE,
  dest: WORKSTATION,
  user: PERSON_MAIL,
  comment: 'seen',
  sourcetype: 'stash',
  source: 'Access - Sign-in from a new network - Rule',
  index: 'notable',
};

const podCall: WorldRecord = {
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Request',
  auditID: 'f47c68f2-0000-4000-8000-0000000000c1',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/shop/pods/web',
  verb: 'patch',
  user: { username: PERSON_MAIL, groups: ['system:authenticated'] },
  sourceIPs: [OUTSIDE],
  userAgent: 'kubectl/1.30',
  objectRef: { resource: 'pods', namespace: 'shop', name: 'web', apiVersion: 'v1' },
  responseStatus: { metadata: {}, code: 200 },
  requestObject: { metadata: { annotations: { note: 'web' } } },
  requestReceivedTimestamp: at(MINUTE),
};

const repositoryAudit: WorldRecord = {
  '@timestamp': Date.parse(at(MINUTE)),
  _document_id: 'carrierExample==',
  action: 'pull_request.create',
  actor: PERSON_MAIL,
  actor_ip: OUTSIDE,
  created_at: Date.parse(at(MINUTE)),
  operation_type: 'create',
  org: 'example-shop',
  repo: 'example-shop/payments',
  pull_request_title: 'change',
};

/** A message of mail as it was reported; what is not ASCII stands in it coded, as RFC 2047 and MIME ask. */
function mail(name: string, part: 'subject' | 'body' | 'attachment' | 'sender'): Carrier {
  const coded = (text: string): string => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
  const folded = (text: string): string =>
    (
      Buffer.from(text)
        .toString('base64')
        .match(/.{1,76}/g) ?? []
    ).join('\r\n');
  const lines = (text: string): readonly string[] => [
    `Received: from mx.example.net (mx.example.net [${OUTSIDE}])`,
    '\tby in-1.corp.example.com with ESMTP id 9; Mon, 4 May 2026 09:07:00 +0000',
    `From: ${part === 'sender' ? coded(text) : 'Billing'} <billing@example.net>`,
    `To: ${PERSON_MAIL}`,
    `Subject: ${part === 'subject' ? coded(text) : 'Invoice'}`,
    'Date: Mon, 4 May 2026 09:06:58 +0000',
    'Message-ID: <carrier.1@example.net>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="part"',
    '',
    '--part',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    folded(part === 'body' ? text : 'See attached.'),
    '--part',
    'Content-Type: application/pdf',
    `Content-Disposition: attachment; filename*=utf-8''${part === 'attachment' ? percentCoded(text) : 'invoice.pdf'}`,
    'Content-Transfer-Encoding: base64',
    '',
    'dGVzdA==',
    '--part--',
    '',
  ];
  const pointers = {
    subject: ['/header/subject'],
    body: ['/text', '/links'],
    attachment: ['/attachments'],
    sender: ['/header/from'],
  };
  return {
    name: `email ${name}`,
    kind: part === 'attachment' ? 'path' : part === 'body' ? 'mail' : 'words',
    pointers: pointers[part],
    bytes: text => utf8(lines(text).join('\r\n')),
  };
}

function percentCoded(text: string): string {
  return Buffer.from(text).reduce((coded, byte) => `${coded}%${byte.toString(16).padStart(2, '0')}`, '');
}

/** A sender writes control characters in a line as `#` and octal, as rsyslog does: a line has no second line. */
const inOneLine = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, one => `#${one.charCodeAt(0).toString(8).padStart(3, '0')}`);

const syslogLine: Carrier = {
  name: 'syslog line',
  kind: 'line',
  pointers: ['line'],
  stands: inOneLine,
  bytes: text => utf8(`<38>1 ${at(MINUTE)} ${DATABASE_HOST} sshd 77 - - ${inOneLine(text)}`),
};

const agentText = json('wazuh full_log', 'words', agentAlert, ['full_log']);
const comment = json('splunk comment', 'words', notable, ['comment']);
const mailBody = mail('body', 'body');
const agentAsUser = json('okta client.userAgent', 'words', signIn, ['client', 'userAgent', 'rawUserAgent']);

/** By the field that a payload says it is shaped for (names of the Elastic Common Schema where it has one). */
const CARRIERS: { readonly [field: string]: readonly Carrier[] } = {
  'process.command_line': [elastic('process.command_line', 'command')],
  'process.parent.command_line': [elastic('process.parent.command_line', 'command')],
  'process.name': [elastic('process.name', 'path')],
  'process.title': [elastic('process.title', 'words')],
  'powershell.script_block': [elastic('powershell.file.script_block_text', 'command')],
  'file.name': [elastic('file.name', 'path'), mail('attachment', 'attachment')],
  'file.path': [elastic('file.path', 'path')],
  'registry.value': [elastic('registry.data.strings', 'words')],
  'registry.path': [elastic('registry.path', 'path')],
  'service.name': [elastic('service.name', 'name')],
  'dns.question.name': [elastic('dns.question.name', 'domain')],
  'dns.answers.data': [elastic('dns.answers.data', 'words')],
  'tls.client.server_name': [elastic('tls.client.server_name', 'domain')],
  'tls.server.x509.subject': [elastic('tls.server.x509.subject.common_name', 'words')],
  'host.name': [elastic('observer.name', 'name')],
  'user.name': [elastic('user.name', 'name'), json('wazuh data.dstuser', 'name', agentAlert, ['data', 'dstuser'])],
  'user.full_name': [json('okta actor.displayName', 'words', signIn, ['actor', 'displayName'])],
  'group.name': [elastic('group.name', 'name')],
  'rule.name': [elastic('kibana.alert.rule.name', 'words')],
  'event.reason': [json('okta outcome.reason', 'words', signIn, ['outcome', 'reason'])],
  'http.user_agent': [agentAsUser, json('aws-cloudtrail userAgent', 'words', cloudCall, ['userAgent'])],
  'http.referer': [json('suricata http.http_refer', 'query', webAlert, ['http', 'http_refer'])],
  'http.request.body': [elastic('http.request.body.content', 'words')],
  'url.query': [json('suricata http.url', 'query', webAlert, ['http', 'url'])],
  'url.path': [json('suricata http.url', 'query', webAlert, ['http', 'url'])],
  'oauth.app_name': [json('okta target.displayName', 'words', signIn, ['target', 0, 'displayName'])],
  'cloud.tag': [json('aws-cloudtrail tagSet', 'tag', cloudCall, ['requestParameters', 'tagSet', 'items', 0, 'value'])],
  'cloud.resource_name': [json('aws-cloudtrail resourceId', 'name', cloudCall, ['requestParameters', 'name'])],
  'k8s.annotation': [
    json('kubernetes-audit annotation', 'words', podCall, ['requestObject', 'metadata', 'annotations', 'note']),
  ],
  'container.name': [elastic('container.name', 'name')],
  'container.image': [elastic('container.image.name', 'path')],
  'git.commit_message': [json('github title', 'words', repositoryAudit, ['pull_request_title'])],
  'scheduled_task.name': [json('windows TaskName', 'path', taskCreated, ['TaskName'])],
  'syslog.message': [agentText, syslogLine],
  'ticket.comment': [comment],
  'chat.message': [comment],
  'email.subject': [mail('subject', 'subject')],
  'email.body': [mailBody],
  'email.from.name': [mail('from', 'sender')],
  'email.attachment.name': [mail('attachment', 'attachment')],
};

/** For a payload of no field, or of one that is not listed: a mail, a browser's name and a log line. */
const ANY: readonly Carrier[] = [mailBody, agentAsUser, agentText];

/** Where a payload is put: into each field that fits it. */
export function carriersFor(field: string | undefined): readonly Carrier[] {
  return (field === undefined ? undefined : CARRIERS[field]) ?? ANY;
}

/** Every carrier that there is, each once. */
export const ALL_CARRIERS: readonly Carrier[] = [
  ...new Map([...Object.values(CARRIERS).flat(), ...ANY].map(carrier => [carrier.name, carrier])).values(),
];
