type Pairs = (readonly [readonly string[], unknown])[];

const ADDRESS = String.raw`(?:\d{1,3}(?:\.\d{1,3}){3}|(?=[0-9a-f:]*::?[0-9a-f])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})`;
/** An address with what network devices write around it: an interface before it, a port behind it. */
const ENDPOINT = String.raw`(?:[\w.-]{1,32}:)?(${ADDRESS})(?:[/:](\d{1,5}))?(?![\d.])`;

/** Two endpoints joined by the words or the arrow that say which one began. Each is common to many devices' lines. */
const DIRECTIONS: readonly RegExp[] = [
  new RegExp(String.raw`\bsrc ${ENDPOINT}.{0,40}?\bdst ${ENDPOINT}`, 'i'),
  new RegExp(String.raw`\b(?:from|for) ${ENDPOINT}.{0,40}?\bto ${ENDPOINT}`, 'i'),
  new RegExp(String.raw`(?:^|\s)${ENDPOINT} ?-+> ?${ENDPOINT}`, 'i'),
];

/** `… for invalid user admin from 192.0.2.1 port 4711`: how OpenSSH and PAM word a login. */
const LOGIN = /\b(?:for|user) (?:invalid user |illegal user )?([\w.@\\$-]{1,64}) from (\S{3,45})(?: port (\d{1,5}))?/i;
/** Common Log Format, and the combined form that begins with it: what web servers write. */
const COMMON_LOG =
  /^(\S{2,45}) \S{1,64} (\S{1,64}) \[([^\]]{20,32})\] "([A-Z]{3,10}) (\S{1,900})(?: HTTP\/[\d.]{1,3}" (\d{3}))?/;
/** A request as web servers quote it, and the status that some write before it, after five timings. */
const REQUEST = /"([A-Z]{3,10}) (\S{1,900}) HTTP\/[\d.]{1,3}"/;
const TIMED_STATUS = / -?\d+\/-?\d+\/-?\d+\/-?\d+\/\+?-?\d+ (\d{3}) /;
/** What stands before the words of a server's line: the endpoint, or the time in brackets or bare. */
const LEADING_ENDPOINT = new RegExp(String.raw`^${ENDPOINT} \[`);
const LEADING_TIME =
  /^\[?((?:[A-Z][a-z]{2} [A-Z][a-z]{2} \d{1,2} \d{2}:\d{2}:\d{2}(?:\.\d{1,9})? \d{4})|\d{4}[-/]\d{2}[-/]\d{2}[ T]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?)(?=[\] ]|$)/;
/** `client: 192.0.2.1,`, `[client 192.0.2.1:5000]`: how nginx and Apache name the other end. */
const CLIENT = new RegExp(`[[,] ?client:? ${ENDPOINT}`, 'i');
/** `… from 192.0.2.1 port 22`, `by 192.0.2.1 port 22`, `rhost=`: the one end of a line that names no other. */
const FROM = new RegExp(String.raw`\b(?:from|by) ${ENDPOINT}(?: port (\d{1,5}))?`, 'i');
/** `kim : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id -u`: sudo. The first is who asked. */
const SUDO = /^\s*([\w.@\\$-]{1,64}) : .{0,600}?COMMAND=(.{1,900})$/;
/** `audit(1772413323.123:88)`: the stamp of a Linux audit record. */
const AUDIT = /\baudit\((\d{10}\.\d{3}):\d{1,12}\)/;
const PAM = /\b(?:r?user)=([\w.@\\$-]{1,64})/;

const VERDICT =
  /^(?:%[A-Z0-9_-]+: ?)?\s*(deny|denied|block(?:ed)?|drop(?:ped)?|reject(?:ed)?|permit(?:ted)?|allow(?:ed)?|accept(?:ed)?|built|failed|authentication failure)\b/i;

/** What web servers and proxies say of the one that asked, and of what it asked for. */
function serverOf(line: string): Pairs {
  const pairs: Pairs = [];
  const time = LEADING_TIME.exec(line)?.[1];
  if (time !== undefined) pairs.push([['timestamp'], time.replace(',', '.')]);
  const client = LEADING_ENDPOINT.exec(line) ?? CLIENT.exec(line);
  if (client !== null) pairs.push([['src_ip'], client[1]], [['src_port'], client[2]]);
  const request = REQUEST.exec(line);
  if (request !== null) pairs.push([['http_method'], request[1]], [['url'], request[2]]);
  const status = TIMED_STATUS.exec(line)?.[1];
  if (status !== undefined) pairs.push([['statuscode'], status]);
  return pairs;
}

/** What a line of words says by its grammar, where it has no pairs: who spoke to whom, who logged in, and the verdict. */
export function phrasesOf(text: string): Pairs {
  const pairs: Pairs = [];
  const line = text.slice(0, 1_024);
  const web = COMMON_LOG.exec(line);
  if (web !== null) {
    const [, source, user, time, method, url, status] = web;
    return [
      [['src_ip'], source],
      [['user_name'], user],
      [['timestamp'], time],
      [['http_method'], method],
      [['url'], url],
      ...(status === undefined ? [] : ([[['statuscode'], status]] as const)),
    ];
  }
  const sudo = SUDO.exec(line);
  if (sudo !== null) pairs.push([['user_name'], sudo[1]], [['command_line'], sudo[2]]);
  const stamp = AUDIT.exec(line)?.[1];
  if (stamp !== undefined) pairs.push([['timestamp'], stamp]);
  const login = LOGIN.exec(line);
  if (login !== null) pairs.push([['user_name'], login[1]], [['src_ip'], login[2]], [['src_port'], login[3]]);
  else {
    pairs.push(...serverOf(line));
    const match = DIRECTIONS.map(form => form.exec(line)).find(found => found !== null);
    if (match !== null && match !== undefined) {
      const [, source, sourcePort, target, targetPort] = match;
      pairs.push([['src_ip'], source], [['src_port'], sourcePort], [['dst_ip'], target], [['dst_port'], targetPort]);
    }
  }
  if (!pairs.some(([[key]]) => key === 'src_ip')) {
    const from = FROM.exec(line);
    if (from !== null) pairs.push([['src_ip'], from[1]], [['src_port'], from[3] ?? from[2]]);
  }
  const named = login === null ? PAM.exec(line) : null;
  if (named !== null) pairs.push([['user_name'], named[1]]);
  const verdict = VERDICT.exec(line)?.[1];
  if (verdict !== undefined) pairs.push([['outcome'], verdict]);
  return pairs.filter(([, value]) => value !== undefined);
}
