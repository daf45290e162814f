import { createHash } from 'node:crypto';
import type { Hono } from 'hono';
import { expect, test, vi } from 'vitest';
import type { allowPerson } from '../../src/api/door.ts';
import { frame } from '../../src/api/http.ts';
import { proposalRoutes } from '../../src/api/proposals.ts';
import { ProposalHistory } from '../../src/app/history.ts';
import type { takePending } from '../../src/app/pending.ts';
import { finishReview } from '../../src/app/proposals/review.ts';
import { beginSession, finishSession, type isPageToken, pageToken } from '../../src/app/session.ts';
import { fromBase64url } from '../../src/base/bytes.ts';
import { fail, ok } from '../../src/base/result.ts';
import { unixMsFrom } from '../../src/base/time.ts';
import { readIntent, sealed } from '../../src/core/decide/closed.ts';
import type { hear } from '../../src/core/decide/heard.ts';
import { type checkPersonSignature, rawFromDer } from '../../src/core/decide/signatures.ts';
import type { Person } from '../../src/model/review.ts';
import type { AssertOptions } from '../authenticator.ts';
import { createBrowserKey } from '../authenticator.ts';
import {
  digestBytes,
  type Installation,
  type Member,
  must,
  ORIGIN,
  startInstallation,
  startTeam,
} from '../harness/installation.ts';
import {
  execute,
  intentFor,
  know,
  propose,
  proposeAsking,
  signIntent,
  storeReview,
  studyFor,
  tryReview,
} from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';
import { reviewByToken } from '../harness/token-review.ts';
import { takeOut } from './seams.ts';
import { attack, outcomeOf } from './twin.ts';

vi.mock('../../src/core/decide/heard.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/core/decide/heard.ts')>(), 'hear'),
);
vi.mock('../../src/core/decide/signatures.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/signatures.ts')>(),
    'checkPersonSignature',
  ),
);
vi.mock('../../src/app/pending.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/app/pending.ts')>(), 'takePending'),
);
vi.mock('../../src/app/session.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/app/session.ts')>(), 'isPageToken'),
);
vi.mock('../../src/api/door.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/api/door.ts')>(), 'allowPerson'),
);

let isNonceReusable = false;
const agentOf: { person: Person | undefined } = { person: undefined };

/** Every review that is stored counts as signed by a passkey. */
function withoutSignatures(): void {
  takeOut<typeof hear>('hear', async (_actual, _genesis, reviews) => ({
    heard: reviews.flatMap(stored => {
      const intent = readIntent(stored.intent);
      return intent.ok
        ? [
            {
              review: {
                ...stored,
                intent: intent.value,
                receivedAt: unixMsFrom(stored.receivedAt),
              },
              credential: '',
              signedWith: 'passkey' as const,
            },
          ]
        : [];
    }),
    rejected: [],
  }));
}

attack({
  id: 'AUT-01',
  attack: 'a stolen session, with its key, approves a T2 act',
  control: 'checking who signed, and with what',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    const { session, key } = await signIn(world, sam);
    const intent = await intentFor(world, proposal, sam.person.id);
    const { digest } = sealed('countersign/intent/v1', intent);
    const signature = { kind: 'session', session, signature: key.sign(digestBytes(digest)) } as const;
    const asked = await tryReview(world, sam, proposal, {
      sign: challenge => ({ kind: 'session', session, signature: key.sign(challenge) }),
    });
    await storeReview(world, intent, signature);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [asked.ok ? 'taken' : asked.failure.detail, outcome.kind]);
  },
  without: withoutSignatures,
});

attack({
  id: 'AUT-01',
  attack: 'the assertion of a sign-in, or one for another proposal, is put under an approval',
  control: 'checking that the challenge is the digest of this intent',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    const other = await propose(world, rosa, { targetName: 'app_kim' });
    const [here, there] = [
      await intentFor(world, proposal, sam.person.id),
      await intentFor(world, other, sam.person.id),
    ];
    await storeReview(world, here, signIntent(sam, there));
    const login = sam.authenticator.assert(Buffer.alloc(32, 7));
    await storeReview(world, await intentFor(world, proposal, sam.person.id), { kind: 'passkey', assertion: login });
    const outcome = await execute(world, proposal);
    const { hearing } = await know(world, proposal);
    return outcomeOf(world, [...new Set(hearing.rejected.map(({ because }) => because)), outcome.kind]);
  },
  without: withoutSignatures,
});

attack({
  id: 'AUT-02',
  attack: 'one assertion is sent to two nodes at once, and again afterwards',
  control: 'using a nonce once (taken in the transaction, and unique in the table)',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    if (isNonceReusable) await world.database.ownerPool.query('DROP INDEX review_nonce');
    isNonceReusable = false;
    const another = { ...world.context, pool: world.serverPool };
    let request: Parameters<typeof finishReview>[3] | undefined;
    // Asking for more is neither counted nor refused a second time, so nothing but the nonce keeps it from repeating.
    must(
      await tryReview(world, sam, proposal, {
        verdict: 'ask_for_more',
        sign: (challenge, intent) => {
          const signature = { kind: 'passkey', assertion: sam.authenticator.assert(challenge) } as const;
          request = { nonce: intent.nonce, signature };
          return signature;
        },
      }),
    );
    if (request === undefined) throw new Error('nothing was signed');
    const sent = request;
    const answers = await Promise.all(
      [world.context, another, world.context, another].map(node =>
        finishReview(node, sam.person, proposal, sent).catch(() => fail('thrown')),
      ),
    );
    const stored = (await know(world, proposal)).stored.reviews.length;
    return {
      succeeded: stored > 1,
      seen: `${stored} stored, ${answers.filter(answer => !answer.ok).length} of 4 repeats refused`,
    };
  },
  without: () => {
    isNonceReusable = true;
    takeOut<typeof takePending>('takePending', async (actual, context, client, kind, nonce, used) => {
      const { rows } = await client.query<{ nonce: string; person_id: string; body: string; expires_at: Date }>(
        'SELECT nonce, person_id, body, expires_at FROM pending_signature WHERE tenant_id = $1 AND nonce = $2',
        [TENANT, nonce],
      );
      const [row] = rows;
      if (kind !== 'review' || row === undefined) return actual(context, client, kind, nonce, used);
      const expiresAt = unixMsFrom(row.expires_at.getTime());
      return ok({ nonce, kind, person: row.person_id, body: row.body, expiresAt });
    });
  },
});

const FOREIGN_CEREMONIES: readonly (readonly [string, AssertOptions])[] = [
  ['in another site’s frame', { crossOrigin: true }],
  ['with a top origin', { topOrigin: 'https://evil.example' }],
  ['for a payment', { type: 'payment.get' }],
  ['for another relying party', { rpId: 'evil.example' }],
  ['on another origin', { origin: 'https://evil.example' }],
  ['without user verification', { uv: false }],
  ['without a user', { up: false }],
];

attack({
  id: 'AUT-03',
  attack: 'assertions made in somebody else’s frame, for a payment, for another site, or with nobody there',
  control: 'checking where and how an assertion was made (its signature alone)',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    const taken: string[] = [];
    for (const [what, wrong] of FOREIGN_CEREMONIES) {
      const asked = await tryReview(world, sam, proposal, {
        verdict: 'ask_for_more',
        sign: challenge => ({ kind: 'passkey', assertion: sam.authenticator.assert(challenge, wrong) }),
      });
      if (asked.ok) taken.push(what);
    }
    const intent = await intentFor(world, proposal, sam.person.id);
    const challenge = digestBytes(sealed('countersign/intent/v1', intent).digest);
    const framed = sam.authenticator.assert(challenge, { crossOrigin: true, topOrigin: 'https://evil.example' });
    await storeReview(world, intent, { kind: 'passkey', assertion: framed });
    await execute(world, proposal);
    return outcomeOf(world, `${taken.length} of ${FOREIGN_CEREMONIES.length} kinds taken`);
  },
  without: () =>
    takeOut<typeof checkPersonSignature>(
      'checkPersonSignature',
      async (actual, signature, digest, held, rules, verify) => {
        const credential = held.find(
          one => signature.kind === 'passkey' && one.id === signature.assertion.credentialId,
        );
        if (signature.kind !== 'passkey' || credential === undefined)
          return actual(signature, digest, held, rules, verify);
        // The arithmetic, and nothing of what was signed.
        const [data, client, der, spki] = [
          signature.assertion.authenticatorData,
          signature.assertion.clientDataJson,
          signature.assertion.signature,
          credential.publicKeySpki,
        ].map(text => Buffer.from(text, 'base64url'));
        const raw = rawFromDer(der ?? Buffer.alloc(0));
        const message = Buffer.concat([
          data ?? Buffer.alloc(0),
          createHash('sha256')
            .update(client ?? '')
            .digest(),
        ]);
        const isSigned = raw !== undefined && (await verify('ES256', spki ?? Buffer.alloc(0), message, raw));
        return isSigned ? ok(credential) : fail('bad_signature');
      },
    ),
});

const CLI_TOKEN = 'token-of-an-agent-in-a-test';
const SESSION_KEY = new Uint8Array(32).fill(3);

/** The doors as the server hangs them. */
async function doors(world: Installation) {
  const app = frame({
    context: world.context,
    port: 8080,
    sessionKey: SESSION_KEY,
    cliTokenSha256: createHash('sha256').update(CLI_TOKEN).digest('hex'),
  });
  const study = await studyFor(world);
  return app.route(
    '/api/v1/proposals',
    proposalRoutes({
      context: world.context,
      readStudy: study,
      history: new ProposalHistory(world.context),
    }) as unknown as Hono,
  );
}

async function signIn(world: Installation, by: Member) {
  const key = createBrowserKey();
  const begun = must(await beginSession(world.context, key.publicKeySpki));
  const assertion = by.authenticator.assert(fromBase64url(begun.challenge) ?? new Uint8Array());
  const { session } = begun.statement;
  const { cookie } = must(await finishSession(world.context, { session, signature: { kind: 'passkey', assertion } }));
  return { session, key, cookie };
}

attack({
  id: 'AUT-05',
  attack: 'an agent with a token asks for the challenge, a person’s passkey is talked into it, and the agent votes',
  control: 'the rule that only a signed-in person reviews',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await proposeAsking(world, rosa, sam, false);
    agentOf.person = sam.person;
    const app = await doors(world);
    const answers = await reviewByToken(world, app, { proposal, token: CLI_TOKEN, passkey: sam });
    return outcomeOf(world, `${answers}`);
  },
  without: () =>
    takeOut<typeof allowPerson>('allowPerson', async () => {
      // Whoever the agent works for stands for it.
      if (agentOf.person === undefined) throw new Error('nobody is there');
      return agentOf.person;
    }),
});

attack({
  id: 'AUT-06',
  attack: 'link previews, prefetches and a foreign page with the victim’s cookie try to move a proposal',
  control: 'the token that only our page holds',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    const { cookie } = await signIn(world, sam);
    const app = await doors(world);
    const send = async (method: string, path: string, headers: Record<string, string> = {}) => {
      const body = method === 'POST' ? { body: JSON.stringify({ reason: 'somebody else wanted this' }) } : {};
      const answer = await app.request(`http://localhost:8080/api/v1/proposals/${proposal}${path}`, {
        method,
        headers: {
          host: 'localhost:8080',
          cookie: `countersign_session=${cookie}`,
          'content-type': 'application/json',
          ...headers,
        },
        ...body,
      });
      return answer.status;
    };
    const before = (await know(world, proposal)).state;
    const looked: number[] = [];
    for (const path of ['', '/withdraw', '/reviews/begin', '/reviews/finish'])
      for (const method of ['GET', 'HEAD']) looked.push(await send(method, path, { origin: ORIGIN }));
    const foreign = await send('POST', '/withdraw', { origin: 'https://evil.example' });
    const noOrigin = await send('POST', '/withdraw');
    const noToken = await send('POST', '/withdraw', { origin: ORIGIN, 'x-countersign-token': 'guessed' });
    const after = (await know(world, proposal)).state;
    const own = await send('POST', '/withdraw', {
      origin: ORIGIN,
      'x-countersign-token': pageToken(SESSION_KEY, cookie),
    });
    return {
      succeeded: after !== before,
      seen: `GET and HEAD ${[...new Set(looked)].join('/')}, foreign ${foreign}, no origin ${noOrigin}, no token ${noToken}, our own page ${own}: ${before} then ${after}`,
    };
  },
  without: () => takeOut<typeof isPageToken>('isPageToken', () => true),
});

test('AUT-03: no answer of the product may be framed, and none may load anything', async () => {
  const world = await startInstallation();
  try {
    const answer = await (await doors(world)).request('http://localhost:8080/api/v1/proposals', {
      headers: { host: 'localhost:8080' },
    });
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
  } finally {
    await world.stop();
  }
});
