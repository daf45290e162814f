import type { Hono } from 'hono';
import { fromBase64url } from '../../src/base/bytes.ts';
import type { Installation, Member } from './installation.ts';
import { execute, know } from './proposals.ts';

/**
 * Tries to approve with a token and somebody's passkey: opens a record, asks for the challenge, has the passkey sign whatever
 * comes, hands that in, and lets the executor look. Says what the two doors answered.
 */
export async function reviewByToken(
  world: Installation,
  app: Pick<Hono, 'request'>,
  { proposal, token, passkey }: { readonly proposal: string; readonly token: string; readonly passkey: Member },
): Promise<string> {
  const { current, presentation } = await know(world, proposal);
  const post = (path: string, body: object) =>
    app.request(`http://localhost:8080/api/v1/proposals/${proposal}${path}`, {
      method: 'POST',
      headers: { host: 'localhost:8080', 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
  await post('/evidence-opened', { evidence: presentation.evidence[0]?.id });
  const begun = await post('/reviews/begin', {
    verdict: 'approve',
    revision: 1,
    actDigest: current.actDigest,
    presentationDigest: current.presentationDigest,
    reason: 'the agent says that this is needed',
    acknowledged: [],
  });
  const { challenge = '', intent } = (await begun.json()) as { challenge?: string; intent?: { nonce: string } };
  const assertion = passkey.authenticator.assert(fromBase64url(challenge) ?? new Uint8Array());
  const finished = await post('/reviews/finish', {
    nonce: intent?.nonce ?? '0'.repeat(32),
    signature: { kind: 'passkey', assertion },
  });
  await execute(world, proposal);
  return `begin ${begun.status}, finish ${finished.status}`;
}
