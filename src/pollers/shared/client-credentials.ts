import { type PollAnswer, type PollRequest, PollTrouble, type PollWorld } from '../../ports/poller.ts';
import { documentOf, textAt } from './json.ts';

/** A world whose questions carry an access token of OAuth 2.0 client credentials (RFC 6749 section 4.4). */
export function withClientCredentials(
  world: PollWorld,
  tokenUrl: string,
  parameters: { readonly [name: string]: string },
): PollWorld {
  let token: string | undefined;
  const renew = async (): Promise<string> => {
    const form = { ...parameters, client_secret: world.secret.reveal() };
    const answer = await world.ask({
      method: 'POST',
      url: tokenUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: Object.entries(form)
        .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
        .join('&'),
    });
    const given = answer.status < 300 ? textAt(documentOf(answer.text), ['access_token']) : undefined;
    // RFC 6749 section 5.2: a wrong client id, secret or scope is answered with 400 or 401.
    if (given === undefined)
      throw new PollTrouble('unauthorised', `no access token is given for this client (status ${answer.status})`);
    token = given;
    return given;
  };
  const askWith = async (request: PollRequest, bearer: string): Promise<PollAnswer> =>
    world.ask({ ...request, headers: { ...request.headers, authorization: `Bearer ${bearer}` } });
  return {
    ...world,
    async ask(request) {
      if (token === undefined) return askWith(request, await renew());
      try {
        return await askWith(request, token);
      } catch (error) {
        // Tokens last an hour or less, and reading what was missed may take longer: once, with a new one.
        if (!(error instanceof PollTrouble) || error.kind !== 'unauthorised') throw error;
        return askWith(request, await renew());
      }
    },
  };
}
