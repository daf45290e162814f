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
const PAM = /\b(?:r?user)=([\w.@\\$-]{1,64})/;

const VERDICT =
  /^(?:%[A-Z0-9_-]+: ?)?\s*(deny|denied|block(?:ed)?|drop(?:ped)?|reject(?:ed)?|permit(?:ted)?|allow(?:ed)?|accept(?:ed)?|built|failed|authentication failure)\b/i;

/** What a line of words says by its grammar, where it has no pairs: who spoke to whom, who logged in, and the verdict. */
export function phrasesOf(text: string): Pairs {
  const pairs: Pairs = [];
  const line = text.slice(0, 1_024);
  const login = LOGIN.exec(line);
  if (login !== null) pairs.push([['user_name'], login[1]], [['src_ip'], login[2]], [['src_port'], login[3]]);
  else {
    const match = DIRECTIONS.map(form => form.exec(line)).find(found => found !== null);
    if (match !== null && match !== undefined) {
      const [, source, sourcePort, target, targetPort] = match;
      pairs.push([['src_ip'], source], [['src_port'], sourcePort], [['dst_ip'], target], [['dst_port'], targetPort]);
    }
  }
  const named = login === null ? PAM.exec(line) : null;
  if (named !== null) pairs.push([['user_name'], named[1]]);
  const verdict = VERDICT.exec(line)?.[1];
  if (verdict !== undefined) pairs.push([['outcome'], verdict]);
  return pairs.filter(([, value]) => value !== undefined);
}
