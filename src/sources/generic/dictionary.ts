import type { AlertField, EntityKind, EntityRole } from '../../model/alert.ts';
import { belongingsOf, isOfTarget, priceOf } from './neighbourhood.ts';

/** What a key may mean. `rank` orders the keys that compete for one field: 0 says it best. */
export interface Meaning {
  readonly field: AlertField;
  readonly rank: number;
  /** Of a user: it is the one to whom something was done. */
  readonly isTarget: boolean;
}

type Named = Pick<Meaning, 'field' | 'rank'>;

/**
 * Names that products give to each field, best first, in lower case without separators. A name is matched against
 * the last words of a key's path: `source.ip`, `sourceIp` and `network_source-ip` all end in `sourceip`. A name with
 * `=` says too little to be matched so: it must be the whole path.
 */
const NAMES: readonly (readonly [AlertField, string])[] = [
  [
    'time',
    'eventtime timestamp @timestamp =time timegenerated eventtimestamp eventts eventdatetime occurredat occurred when timecreated systemtime utctime utctimestamp creationtime createddatetime activitydatetime ts time datetime isotimestamp unixtime calendartime recordedat starttime eventstarttime detectiontimestamp detectiontime detecttime detectedat eventdate published messagetime createdat datecreate effectiveat querytimestamp requesttime requestreceivedtimestamp devicetime rt stime start firsteventtime firstseen firstobservedat received receivedtime generatedtime logtime loggedat createtime created createdon =date updatedat',
  ],
  [
    'src_ip',
    'srcip sourceip sourceipaddress srcaddr sourceaddress srcipaddr clientip clientipaddress callerip calleripaddress src saddr sourcenetworkaddress idorigh sourceips actorip useripaddress userip loginip fromip originip srcipv4 sip requestip remoteip remoteaddress remoteaddr ipaddress ipaddr srcendpointip ipv4 aip =addr =ip actoripaddress senderip sendingip senderipaddress addrremote rip cip trueclientip sourceinfoip internalip clientinternalip xforwardedfor ip',
  ],
  [
    'dst_ip',
    'dstip destip destinationip destinationipaddress dstaddr destinationaddress destaddress dstipaddr serverip dst dest daddr idresph targetip serveraddress dip toip localip localaddress localaddr addrlocal lip',
  ],
  ['src_port', 'srcport sourceport spt sport idorigp clientport sourceportnumber ipport remoteport'],
  ['dst_port', 'dstport destport destinationport dpt dport idrespp serverport destinationportnumber localport'],
  [
    'user',
    'username actor actorname actoruser user operator initiatedby performedby requester authorname authorkey authoremail author useremail userprincipalname userid email emailaddress accountname subjectusername actorusername suser srcuser usr usrname =acct sourceuser actinguser performer invokedby executedby triggeredby requestedby changedby modifiedby actionby =issuer login loginname principalemail actoremail actoremailaddress useremailaddress actoralternateid upn principal samaccountname logonname targetusername duser dstuser caller =identity identityarn principalarn callerarn account createdby useridentifier',
  ],
  [
    'host',
    'devname devicehostname computername computer hostidentifier hostname host devicename machinename serverhostname dvchost shost dhost workstationname agenthostname endpointname nodename agentname servername sourcehost assetname workstation dvc dvcname',
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
  [
    'url',
    'url requesturl httpurl urlfull urloriginal requesturi clientrequesturi fullurl urls clientrequestpath requestpath httppath uripath urlpath uri request urlstring',
  ],
  [
    'domain',
    'dnsquestionname domain dnsquery queryname domainname dnsdomain dnsrrname rrname qname questionname query queryhostname fqdn destinationdomain desthost sni httphost requesthost clientrequesthost httprequesthost urlhost urldomain hostheader servername',
  ],
  [
    'rule_name',
    'rulename alertname signature signaturename alerttitle alertsignature threatname detectionname ruletitle findingtitle policyname attackname =attack checkname alarmname incidentname rule =title messagetitle ruledescription',
  ],
  [
    'action',
    'eventaction action activity operationname operation eventname actionname activityname methodname apiname verb =act =event eventtype actiontype operationtype auditaction audittype eventtypetag httpmethod requestmethod method =type',
  ],
  [
    'outcome',
    'outcome eventoutcome result keywords outcomeresult resultstatus actionresult loginresult authresult authsuccess resulttype status success disposition rcode rcodename responsecode statuscode httpstatus httpstatuscode responsestatus responsestatuscode verdict conclusion issuccess issuccessful successful succeeded =res =action eventaction action',
  ],
  [
    'severity',
    'severity alertseverity eventseverity severitylevel risklevel threatseverity severitylabel sev level priority loglevel risk criticality',
  ],
  [
    'email_from',
    'mailfrom emailfrom senderaddress fromaddress senderemail senderfromaddress sender mailsender fromuseremailaddress envelopefrom headerfrom from',
  ],
  [
    'email_to',
    'mailto emailto recipientaddress toaddress recipientemailaddress recipientemail recipients recipient toaddresses rcptto to',
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

const MEANINGS: ReadonlyMap<string, readonly Named[]> = (() => {
  const map = new Map<string, Named[]>();
  for (const [field, names] of NAMES) {
    names.split(' ').forEach((name, rank) => {
      const list = map.get(name) ?? [];
      list.push({ field, rank });
      map.set(name, list);
    });
  }
  return map;
})();

/** A key longer than this is no name that a product gives. */
const KEY_CHARS_MAX = 128;

const words = new Map<string, readonly string[]>();
const WORDS_MAX = 20_000;

function wordsOfKey(key: string): readonly string[] {
  const known = words.get(key);
  if (known !== undefined) return known;
  if (words.size >= WORDS_MAX) words.clear();
  const found = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}@]+/u)
    .filter(word => word !== '' && !/^\d{1,3}$/.test(word));
  words.set(key, found);
  return found;
}

/** A key's path as words: `userIdentity.sessionContext` is user, identity, session, context. */
export function wordsOf(path: readonly string[]): readonly string[] {
  if (path.some(key => key.length > KEY_CHARS_MAX)) return [];
  return path.flatMap(wordsOfKey);
}

/** Keys that only hold the value of the key above them: `ts.$date`, `user.value`. */
const HOLDERS = /^(?:\$\w+|#text|_text|value)$/;
/** Keys around a whole event: what stands below them is the event's own. */
const WRAPPERS = /^(?:data|event|payload|_source|record|body|properties|result|audit_record|syslog)$/i;

function trimmed(path: readonly string[]): readonly string[] {
  let from = 0;
  let to = path.length;
  while (to > 1 && HOLDERS.test(path[to - 1] ?? '')) to -= 1;
  while (from < to - 1 && WRAPPERS.test(path[from] ?? '')) from += 1;
  return from === 0 && to === path.length ? path : path.slice(from, to);
}

const SUFFIX_WORDS_MAX = 5;
/** A rank above this says too little: the field is left absent. */
const RANK_MAX = 59;

/** What a key's path may mean: by its own name, else by what it is of the thing that it stands in. */
export function meaningsOf(whole: readonly string[]): readonly Meaning[] {
  const path = trimmed(whole);
  // Names that begin with the wrapper (`event.action`) are looked up with it.
  const all = wordsOf(whole.slice(0, whole.length - (path.length === whole.length ? 0 : heldBy(whole))));
  const own = wordsOf(path);
  const best = new Map<AlertField, Meaning>();
  const take = (field: AlertField, rank: number, before: readonly string[]): void => {
    const price = priceOf(field, before, path.length, all);
    if (price === undefined || rank + price > RANK_MAX) return;
    const earlier = best.get(field);
    if (earlier !== undefined && earlier.rank <= rank + price) return;
    best.set(field, { field, rank: rank + price, isTarget: field === 'user' && isOfTarget(before) });
  };
  for (let count = 1; count <= Math.min(SUFFIX_WORDS_MAX, all.length); count++) {
    const name = all.slice(all.length - count).join('');
    const before = all.slice(0, all.length - count);
    for (const { field, rank } of MEANINGS.get(name) ?? []) take(field, rank, before);
    if (count !== own.length) continue;
    for (const { field, rank } of MEANINGS.get(`=${name}`) ?? []) take(field, rank, []);
  }
  for (const { field, rank, before } of belongingsOf(all)) take(field, rank, before);
  return [...best.values()];
}

function heldBy(path: readonly string[]): number {
  let count = 0;
  while (count < path.length - 1 && HOLDERS.test(path[path.length - 1 - count] ?? '')) count += 1;
  return count;
}
