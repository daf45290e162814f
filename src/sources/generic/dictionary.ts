import type { AlertField, EntityKind, EntityRole } from '../../model/alert.ts';

/** What a key may mean. `rank` orders the keys that compete for one field: 0 says it best. */
export interface Meaning {
  readonly field: AlertField;
  readonly rank: number;
}

/**
 * Names that products give to each field, best first, in lower case without separators. A name is matched against
 * the last words of a key's path: `source.ip`, `sourceIp` and `network_source-ip` all end in `sourceip`. A name with
 * `=` says too little to be matched so: it must be the whole path.
 */
const NAMES: readonly (readonly [AlertField, string])[] = [
  [
    'time',
    'eventtime timestamp @timestamp timegenerated eventtimestamp timecreated systemtime utctime creationtime createddatetime starttime eventstarttime activitydatetime ts occurredat time datetime eventdate published createdat datecreate effectiveat isotimestamp querytimestamp requesttime devicetime rt stime start firstseen firstobservedat received receivedtime generatedtime logtime loggedat created createdon =date updatedat',
  ],
  [
    'src_ip',
    'srcip sourceip sourceipaddress srcaddr sourceaddress srcipaddr clientip clientipaddress callerip calleripaddress src saddr sourcenetworkaddress idorigh sourceips actorip useripaddress userip loginip fromip originip srcipv4 sip requestip remoteip remoteaddress remoteaddr ipaddress ipaddr srcendpointip ipv4 aip =addr =ip actoripaddress ip',
  ],
  [
    'dst_ip',
    'dstip destip destinationip destinationipaddress dstaddr destinationaddress destaddress dstipaddr serverip dst dest daddr idresph targetip serveraddress dip toip localip',
  ],
  ['src_port', 'srcport sourceport spt sport idorigp clientport sourceportnumber ipport remoteport'],
  ['dst_port', 'dstport destport destinationport dpt dport idrespp serverport destinationportnumber localport'],
  [
    'user',
    'username actor user useremail userprincipalname accountname subjectusername actorusername suser srcuser usr usrname =acct login loginname principalemail actoremail actoremailaddress useremailaddress actoralternateid upn principal samaccountname logonname targetusername duser dstuser operator initiatedby caller =identity requester identityarn principalarn callerarn account email emailaddress userid useridentifier',
  ],
  [
    'host',
    'devname hostname computername computer host devicename machinename dvchost shost dhost workstationname agenthostname devicehostname endpointname nodename agentname servername sourcehost assetname workstation dvc',
  ],
  [
    'process',
    'processname newprocessname processpath processexecutable image executable exe sproc processimage procname process imagefilename processfilename processimagefilename imagepath programname',
  ],
  ['command_line', 'commandline cmdline processcommandline processcmdline proccmdline cmd command'],
  ['file_path', 'filepath filefullpath targetfilename fullpath path objectname fname filename file'],
  [
    'hash_sha256',
    'sha256 hashsha256 filehashsha256 filesha256 sha256hash sha256hashdata sha256string processsha256 filehash hash hashes',
  ],
  ['url', 'url requesturl httpurl urlfull urloriginal requesturi fullurl uri request urlstring'],
  [
    'domain',
    'domain dnsquery queryname domainname dnsdomain dnsquestionname dnsrrname rrname qname query fqdn destinationdomain desthost sni httphost',
  ],
  [
    'rule_name',
    'rulename alertname signature signaturename alerttitle alertsignature threatname detectionname ruletitle findingtitle policyname attackname =attack checkname rule =title messagetitle ruledescription',
  ],
  [
    'action',
    'eventaction action activity operationname operation eventname actionname activityname methodname apiname verb =act =event eventtype actiontype operationtype httpmethod requestmethod method =type',
  ],
  [
    'outcome',
    'outcome eventoutcome result keywords outcomeresult resultstatus actionresult loginresult authresult authsuccess resulttype status success disposition rcode rcodename responsecode conclusion =res =action eventaction action',
  ],
  [
    'severity',
    'severity alertseverity eventseverity severitylevel risklevel threatseverity severitylabel sev level priority loglevel risk criticality',
  ],
  [
    'email_from',
    'mailfrom emailfrom senderaddress fromaddress senderemail senderfromaddress sender mailsender envelopefrom headerfrom from',
  ],
  [
    'email_to',
    'mailto emailto recipientaddress toaddress recipientemailaddress recipientemail recipients recipient rcptto to',
  ],
];

/** Fields whose values are entities, and in which role. */
export const ENTITY_OF_FIELD: ReadonlyMap<AlertField, readonly [EntityKind, EntityRole]> = new Map([
  ['src_ip', ['ip', 'actor']],
  ['dst_ip', ['ip', 'target']],
  ['user', ['user', 'actor']],
  ['host', ['host', 'target']],
  ['process', ['process', 'actor']],
  ['command_line', ['command_line', 'actor']],
  ['file_path', ['file', 'related']],
  ['hash_sha256', ['hash', 'related']],
  ['url', ['url', 'related']],
  ['domain', ['domain', 'related']],
  ['email_from', ['mailbox', 'actor']],
  ['email_to', ['mailbox', 'target']],
] as const);

const MEANINGS: ReadonlyMap<string, readonly Meaning[]> = (() => {
  const map = new Map<string, Meaning[]>();
  for (const [field, names] of NAMES) {
    names.split(' ').forEach((name, rank) => {
      const list = map.get(name) ?? [];
      list.push({ field, rank });
      map.set(name, list);
    });
  }
  return map;
})();

/** Words before a name that make it somebody else's: a parent's process, an old value, the sensor's own address. */
const OTHERS: ReadonlySet<string> = new Set([
  'parent',
  'grandparent',
  'old',
  'previous',
  'observer',
  'collector',
  'forwarder',
]);
/** Words that make it less likely. */
const FOREIGN: ReadonlySet<string> = new Set([
  'original',
  'manager',
  'geo',
  'nat',
  'translated',
  'xlate',
  'tls',
  'cert',
  'certificate',
  'agent',
  'metadata',
  'schema',
  'log',
  'last',
  'policy',
  'license',
]);
const TARGET: ReadonlySet<string> = new Set([
  'target',
  'dst',
  'dest',
  'destination',
  'recipient',
  'server',
  'object',
  'affected',
  'new',
  'member',
  'resource',
  'local',
  'internal',
  'response',
  'responder',
]);

/** A key longer than this is no name that a product gives. */
const KEY_CHARS_MAX = 128;

/** A key's path as words: `userIdentity.sessionContext` is user, identity, session, context. */
export function wordsOf(path: readonly string[]): readonly string[] {
  if (path.some(key => key.length > KEY_CHARS_MAX)) return [];
  return path.flatMap(key =>
    key
      .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
      .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^\p{L}\p{N}@]+/u)
      .filter(word => word !== '' && !/^\d{1,3}$/.test(word)),
  );
}

const SUFFIX_WORDS_MAX = 5;

/** What a key's path may mean, with the price of what stands before the name and of depth in the rank. */
export function meaningsOf(path: readonly string[]): readonly Meaning[] {
  const words = wordsOf(path);
  const best = new Map<AlertField, number>();
  for (let count = 1; count <= Math.min(SUFFIX_WORDS_MAX, words.length); count++) {
    const name = words.slice(words.length - count).join('');
    const before = words.slice(0, words.length - count);
    const isWhole = count === words.length;
    for (const meaning of [
      ...(MEANINGS.get(name) ?? []),
      ...((isWhole ? MEANINGS.get(`=${name}`) : undefined) ?? []),
    ]) {
      const price = priceOf(meaning.field, before, path.length);
      if (price === undefined) continue;
      const rank = meaning.rank + price;
      if (rank < (best.get(meaning.field) ?? Number.POSITIVE_INFINITY)) best.set(meaning.field, rank);
    }
  }
  return [...best].map(([field, rank]) => ({ field, rank }));
}

const DEPTH_PRICE = 2;
/** A name that says more than the field's own says something narrower: `ts` before `write_ts`. */
const WORD_PRICE = 0.5;
const FOREIGN_PRICE = 40;
const TARGET_PRICE = 12;

function priceOf(field: AlertField, before: readonly string[], depth: number): number | undefined {
  let price = DEPTH_PRICE * (depth - 1) + before.length * WORD_PRICE;
  const isDirected = field === 'src_ip' || field === 'src_port';
  for (const word of before) {
    if (OTHERS.has(word)) return undefined;
    if (FOREIGN.has(word)) price += FOREIGN_PRICE;
    if (TARGET.has(word)) {
      if (isDirected) return undefined;
      if (field === 'user') price += TARGET_PRICE;
    }
  }
  return price;
}
