import type { AlertField } from '../../model/alert.ts';

type Owner =
  | 'source'
  | 'destination'
  | 'user'
  | 'device'
  | 'process'
  | 'file'
  | 'rule'
  | 'question'
  | 'sender'
  | 'recipient'
  | 'poster'
  | 'event';

/** Words for the thing that a key is a property of. A word may stand for several: a client is a source. */
const OWNERS: ReadonlyMap<string, readonly Owner[]> = (() => {
  const map = new Map<string, Owner[]>();
  const lists: readonly (readonly [Owner, string])[] = [
    [
      'source',
      'source src client caller remote requester requestor peer orig originator origin initiator attacker access request login',
    ],
    ['destination', 'destination dest dst server responder resp victim target local'],
    [
      'user',
      'actor actors user users account principal identity initiator initiated caller subject operator requester requestor performer performed acting author admin administrator employee member person creator by invoker login',
    ],
    ['device', 'host device computer machine endpoint asset workstation node'],
    ['process', 'process proc'],
    ['file', 'file'],
    ['rule', 'rule alert signature detection threat finding alarm'],
    ['question', 'dns query question'],
    ['sender', 'sender from'],
    ['recipient', 'recipient recipients to'],
    ['poster', 'sender pusher'],
    ['event', 'event activity operation'],
  ];
  for (const [owner, list] of lists) {
    for (const word of list.split(' ')) map.set(word, [...(map.get(word) ?? []), owner]);
  }
  return map;
})();

/** What a property's name means where it is a property of that thing, best first. */
const PROPERTIES: { readonly [O in Owner]: readonly (readonly [AlertField, number, string])[] } = {
  source: [
    ['src_ip', 1, 'ip ips ipaddress ipaddr address addr ipv4 ipv4address ipaddressv4 ipv6 ipv6address publicip'],
    ['src_port', 1, 'port portnumber'],
  ],
  destination: [
    ['dst_ip', 3, 'ip ips ipaddress ipaddr address addr ipv4 ipv4address ipv6 ipv6address'],
    ['dst_port', 3, 'port portnumber'],
  ],
  user: [
    [
      'user',
      2,
      'username login loginname user userprincipalname upn samaccountname principalname alternateid email emailaddress mail primaryemail name',
    ],
    ['user', 12, 'arn displayname fullname handle'],
    ['user', 24, 'id uid key'],
    ['src_ip', 8, 'ip ipaddress address'],
  ],
  device: [
    ['host', 3, 'name hostname fqdn dnsname computername devicename'],
    ['src_ip', 26, 'ip ipaddress'],
  ],
  process: [
    ['process', 3, 'name path executable image exe filename imagename'],
    ['command_line', 3, 'commandline cmdline cmd command'],
    ['hash_sha256', 3, 'sha256 hash'],
  ],
  file: [
    ['file_path', 3, 'path fullpath name filename'],
    ['hash_sha256', 3, 'sha256 hash'],
  ],
  rule: [['rule_name', 6, 'name title signature']],
  question: [['domain', 3, 'name domain hostname']],
  sender: [
    ['email_from', 3, 'email emailaddress mail'],
    ['src_ip', 6, 'ip ipaddress'],
  ],
  recipient: [['email_to', 3, 'email emailaddress mail address']],
  poster: [['user', 2, 'login username']],
  event: [['action', 4, 'name type action']],
};

const OWNED: { readonly [O in Owner]: ReadonlyMap<string, readonly (readonly [AlertField, number])[]> } = (() => {
  const table = {} as { [O in Owner]: ReadonlyMap<string, readonly (readonly [AlertField, number])[]> };
  for (const [owner, properties] of Object.entries(PROPERTIES) as [Owner, (typeof PROPERTIES)[Owner]][]) {
    const map = new Map<string, (readonly [AlertField, number])[]>();
    for (const [field, rank, names] of properties)
      names.split(' ').forEach((name, index) => {
        map.set(name, [...(map.get(name) ?? []), [field, rank + index * 0.3]]);
      });
    table[owner] = map;
  }
  return table;
})();

/** One thing that a path may mean as a property: the field, its rank, and the words before the owner. */
export interface Belonging {
  readonly field: AlertField;
  readonly rank: number;
  readonly before: readonly string[];
}

const PROPERTY_WORDS_MAX = 3;
/** Words that say of what kind the thing is, and not whose: `src_endpoint.ip` is the source's. */
const THROUGH: ReadonlySet<string> = new Set(['endpoint', 'device', 'host', 'file']);
/** Words between a property and its owner (`actor.session.user.email`). */
const BETWEEN_MAX = 2;
const BETWEEN_PRICE = 2;

/** What a path's last words mean as a property of the nearest thing named before them. */
export function belongingsOf(words: readonly string[]): readonly Belonging[] {
  const found: Belonging[] = [];
  for (let count = 1; count <= Math.min(PROPERTY_WORDS_MAX, words.length - 1); count++) {
    const name = words.slice(words.length - count).join('');
    const end = words.length - count - 1;
    for (let at = end; at >= Math.max(0, end - BETWEEN_MAX); at--) {
      const owners = OWNERS.get(words[at] ?? '');
      if (owners === undefined) continue;
      const before = words.slice(0, words.length - count);
      for (const owner of owners) {
        for (const [field, rank] of OWNED[owner].get(name) ?? [])
          found.push({ field, rank: rank + (end - at) * BETWEEN_PRICE, before });
      }
      if (!THROUGH.has(words[at] ?? '')) break;
    }
  }
  return found;
}

function setOf(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/** Words before a name that make it somebody else's: a parent's process, an old value, the sensor's own address. */
const OTHERS = setOf(
  'parent grandparent old previous prior before observer collector forwarder answers answer rdata resolved assignee assignees assigned reviewer approver commit commits',
);
/** Words that make it less likely. */
const FOREIGN = setOf(
  'original manager geo nat translated xlate tls cert certificate agent metadata schema log last policy license indicator indicators ioc iocs observable observables artifact artifacts related enrichment intel owner owned tenant customer organization organisation org company workspace team group role project repository repo bucket supporter support contact',
);
/** Words that say that something was done to it. */
const TARGET = setOf(
  'target targets dst dest destination recipient server object entity affected new member resource resources local internal response responder param params parameters inputs changes updates modified deleted invited added removed associated',
);
/** Words of whoever did it, before which no other user counts. */
const ACTOR = setOf(
  'actor actors acting initiator initiated initiating operator performer performed requester requestor caller author invoker principal subject',
);
/** Words that say themselves which end of a connection it is, whatever stands before them. */
const DIRECTED = setOf('source src client remote caller sender');
/** What has a time of its own, which is not the event's. */
const TIMED = setOf(
  'user account member employee token session key cert certificate org organization organisation project group repo repository device process parent file password role policy entity snapshot resource license mfa credential app application expires expiry expiration valid deferred target context modified last agent old previous end stop export',
);
/** Where a host's name is the name that was asked for. */
const ASKED = setOf('http request url uri web dns query question email mail link referrer referer sni');
/** Where an address is one of mail. */
const MAILED = setOf('sender recipient recipients from to cc bcc reply');
/** Where a path is not one of a file. */
const NOT_FILED = setOf('http request url uri api entity ldap registry project group repo repository');

/** True for a path of whoever did it. */
export function isOfActor(words: readonly string[]): boolean {
  return words.some(word => ACTOR.has(word));
}

export function isOfTarget(words: readonly string[]): boolean {
  return words.some(word => TARGET.has(word)) && !isOfActor(words);
}

const DEPTH_PRICE = 2;
/** A name that says more than the field's own says something narrower: `ts` before `write_ts`. */
const WORD_PRICE = 0.5;
const FOREIGN_PRICE = 40;
const TARGET_PRICE = 24;
/** Less than nothing: an actor's id says who did it better than any other user's name. */
const ACTOR_PRICE = -12;

/** What the words before a name cost, by depth and by what they say. Undefined: it is not this field at all. */
export function priceOf(
  field: AlertField,
  before: readonly string[],
  depth: number,
  all: readonly string[],
): number | undefined {
  let price = DEPTH_PRICE * (depth - 1) + before.length * WORD_PRICE;
  if (field === 'user' && isOfActor(all)) price += ACTOR_PRICE;
  const isSource = field === 'src_ip' || field === 'src_port';
  const isDirected = before.some(word => DIRECTED.has(word));
  for (const word of before) {
    if (OTHERS.has(word)) return undefined;
    if (field === 'time' && TIMED.has(word)) return undefined;
    if (field === 'host' && ASKED.has(word)) return undefined;
    if (field === 'user' && MAILED.has(word) && !all.includes('login') && !all.includes('username')) return undefined;
    if (field === 'file_path' && NOT_FILED.has(word)) return undefined;
    if (FOREIGN.has(word)) price += field === 'time' && (word === 'metadata' || word === 'log') ? 4 : FOREIGN_PRICE;
    if (TARGET.has(word)) {
      if (isSource && !isDirected && word !== 'new' && word !== 'object') return undefined;
      if (field === 'user' && word !== 'new') price += TARGET_PRICE;
      if (field === 'action') price += TARGET_PRICE / 2;
    }
  }
  return price;
}
