import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runServer } from '../../src/api/serve.ts';
import { printNoteKey } from '../../src/audit/note.ts';
import { rfc3339, unixMsFrom } from '../../src/base/time.ts';
import { loadPolicies } from '../../src/core/decide/authorise.ts';
import { sealed } from '../../src/core/decide/closed.ts';
import { hasPower } from '../../src/core/decide/power.ts';
import type { EnrolBegun, InvitationBegun, Me, PersonChangeBegun, SessionBegun } from '../../src/model/api.ts';
import type { EnrolmentStatement, Role } from '../../src/model/review.ts';
import type { Genesis } from '../../src/ports/genesis.ts';
import type { RunningProcess, ServerSecrets } from '../../src/ports/secrets.ts';
import { logSigner } from '../../src/store/ed25519.ts';
import {
  type BrowserKey,
  createAuthenticator,
  createBrowserKey,
  createLinkKey,
  type LinkKey,
  type SoftwarePasskey,
} from '../authenticator.ts';
import { type TestDatabase, testDatabase } from '../postgres.ts';

/** A real server process's worth of server, on a database of its own, reached over real HTTP. */
export interface TestServer {
  readonly origin: string;
  readonly port: number;
  readonly db: TestDatabase;
  readonly secrets: ServerSecrets;
  readonly genesis: Genesis;
  /** The key of the first enrolment link. */
  readonly link: LinkKey;
  readonly cliToken: string;
  /** Stops this one and starts another on the same database. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startTestServer(
  options: {
    readonly demo?: boolean;
    readonly wellKnown?: Partial<ServerSecrets>;
    readonly database?: TestDatabase;
    /** In a process of its own, say. */
    readonly run?: (secrets: ServerSecrets) => Promise<RunningProcess>;
  } = {},
): Promise<TestServer> {
  const db = options.database ?? (await testDatabase());
  const run = options.run ?? runServer;
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const link = createLinkKey();
  const seed = randomBytes(32);
  const logOrigin = 'test.example/audit';
  const policy = loadPolicies({});
  if (!policy.ok) throw new Error(policy.failure);
  const genesis: Genesis = {
    v: '1',
    installation: 'ins_test',
    tenant: 'default',
    logOrigin,
    logVkey: printNoteKey(logSigner(logOrigin, seed).key),
    linkPublicKey: link.publicKey,
    linkExpiresAt: rfc3339(unixMsFrom(Date.now() + 15 * 60_000)),
    rpId: 'localhost',
    origin,
    demo: options.demo ?? false,
    policyDigest: policy.value.digest,
    inventoryDigest: '',
    invitedBy: 'two',
  };
  const cliToken = randomBytes(32).toString('base64url');
  const secrets: ServerSecrets = {
    v: 1,
    process: 'server',
    installation: genesis.installation,
    tenant: 'default',
    demo: genesis.demo,
    databaseUrl: db.serverUrl,
    isIsolated: false,
    programVersion: '0.0.0',
    port,
    origin,
    rpId: 'localhost',
    logSeed: seed.toString('base64url'),
    sessionKey: randomBytes(32).toString('base64url'),
    cliTokenSha256: createHash('sha256').update(cliToken).digest('hex'),
    genesis,
    folder: tmpdir(),
    webFolder: join(tmpdir(), 'no-pages-here'),
    promptsFolder: fileURLToPath(new URL('../../prompts', import.meta.url)),
    hasAi: false,
    demoScenario: undefined,
    ...options.wellKnown,
  };
  let running: RunningProcess = await run(secrets);
  return {
    origin,
    port,
    db,
    secrets,
    genesis,
    link,
    cliToken,
    async restart() {
      await running.stop();
      running = await run(secrets);
    },
    async close() {
      await running.stop();
      await db.close();
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly body: any;
}

/** One request with exactly these headers: unlike fetch, it lets a test forge Host, Origin and cookies. */
export function send(
  server: Pick<TestServer, 'port'>,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string | Uint8Array,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: server.port,
        agent: false,
        method,
        path,
        headers: { host: `localhost:${server.port}`, ...headers },
      },
      response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: jsonOf(text) });
        });
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whoever signed in at each, so that somebody is there to sign second. */
const SIGNED_IN = new WeakMap<TestServer, readonly Browser[]>();

/** A browser: it keeps a cookie, knows the page's token, and sends what browsers send. */
export class Browser {
  cookie = '';
  token = '';
  me: Me | undefined;
  passkey: SoftwarePasskey;
  readonly sessionKey: BrowserKey = createBrowserKey();
  readonly server: TestServer;

  constructor(server: TestServer) {
    this.server = server;
    this.passkey = createAuthenticator('localhost', server.origin);
  }

  async get(path: string): Promise<Answer> {
    return this.keep(await send(this.server, 'GET', path, { cookie: this.cookie }));
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.change('POST', path, body);
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.change('PUT', path, body);
  }

  private async change(method: string, path: string, body: unknown): Promise<Answer> {
    if (this.token === '') await this.open();
    const headers = {
      cookie: this.cookie,
      origin: this.server.origin,
      'x-countersign-token': this.token,
      'content-type': 'application/json',
    };
    return this.keep(await send(this.server, method, path, headers, JSON.stringify(body)));
  }

  /** Fetches /me, as a page does first. */
  async open(): Promise<Me> {
    const answer = await this.get('/api/v1/me');
    this.learn(answer.body);
    return answer.body;
  }

  private learn(me: Me): void {
    this.me = me;
    this.token = me.token;
  }

  private keep(answer: Answer): Answer {
    const [cookie] = [answer.headers['set-cookie']].flat();
    if (cookie !== undefined) this.cookie = cookie.split(';')[0] ?? '';
    return answer;
  }

  /** Enrols by a link with this browser's passkey (`link` signs). */
  async enrol(link: LinkKey, name: string): Promise<Answer> {
    const begun = await this.post('/api/v1/enrol/begin', { linkPublicKey: link.publicKey });
    if (begun.status !== 200) return begun;
    const offer: EnrolBegun = begun.body;
    const statement = enrolmentStatement(offer, this.passkey.credential);
    const { digest } = sealed('countersign/enrolment/v1', statement);
    return this.post('/api/v1/enrol/finish', {
      invitation: offer.invitation,
      name,
      credential: this.passkey.credential,
      registration: this.passkey.register(offer.creationOptions),
      linkSignature: link.sign(Buffer.from(digest, 'hex')),
    });
  }

  async signIn(): Promise<Answer> {
    const begun = await this.post('/api/v1/session/begin', { sessionPublicKey: this.sessionKey.publicKeySpki });
    const { statement, challenge }: SessionBegun = begun.body;
    const assertion = this.passkey.assert(Buffer.from(challenge, 'base64url'));
    const answer = await this.post('/api/v1/session/finish', {
      session: statement.session,
      signature: { kind: 'passkey', assertion },
    });
    if (answer.status === 200) this.learn(answer.body);
    if (answer.status === 200) SIGNED_IN.set(this.server, [...(SIGNED_IN.get(this.server) ?? []), this]);
    return answer;
  }

  /** Invites somebody, signed by this browser's passkey, and by another's where it takes two. Resolves to the link. */
  async invite(name: string, roles: readonly Role[]): Promise<LinkKey> {
    const link = createLinkKey();
    const begun = await this.post('/api/v1/invitations/begin', { name, roles, linkPublicKey: link.publicKey });
    const offer: InvitationBegun = begun.body;
    if ('change' in offer) {
      for (const one of [this, this.second()]) await one.signChange(offer.change);
      return link;
    }
    const { invitation, challenge } = offer;
    const assertion = this.passkey.assert(Buffer.from(challenge, 'base64url'));
    const finished = await this.post('/api/v1/invitations/finish', { invitation: invitation.id, assertion });
    if (finished.status !== 200) throw new Error(`the invitation was refused: ${finished.text}`);
    return link;
  }

  /** Signs a change of a person, first or second. */
  async signChange({ statement, challenge }: PersonChangeBegun): Promise<void> {
    const assertion = this.passkey.assert(Buffer.from(challenge, 'base64url'));
    const path = `/api/v1/person-changes/${statement.change}/sign`;
    const signed = await this.post(path, { signature: { kind: 'passkey', assertion } });
    if (signed.status !== 200) throw new Error(`the change was not signed: ${signed.text}`);
  }

  /** Somebody else who signed in here and may sign for others. */
  private second(): Browser {
    const second = (SIGNED_IN.get(this.server) ?? []).find(
      ({ me }) => me?.person?.id !== this.me?.person?.id && hasPower(me?.person?.roles ?? []),
    );
    if (second === undefined) throw new Error('nobody is there who could sign the invitation second');
    return second;
  }
}

export function enrolmentStatement(offer: EnrolBegun, credential: SoftwarePasskey['credential']): EnrolmentStatement {
  const { invitation, installation, person, rpId, origin } = offer;
  return {
    v: '1',
    installation,
    invitation,
    person,
    credential: { ...credential },
    rpId,
    origin,
  } as EnrolmentStatement;
}

/** Enrolled as the first administrator and signed in. */
export async function firstAdministrator(server: TestServer): Promise<Browser> {
  const browser = new Browser(server);
  const enrolled = await browser.enrol(server.link, 'Ada Administrator');
  if (enrolled.status !== 200) throw new Error(`the first enrolment was refused: ${enrolled.text}`);
  const signedIn = await browser.signIn();
  if (signedIn.status !== 200) throw new Error(`the first sign-in was refused: ${signedIn.text}`);
  return browser;
}

/** Alerts of a made-up product, one NDJSON line each. */
export function lines(records: readonly object[]): string {
  return records.map(record => `${JSON.stringify(record)}\n`).join('');
}
