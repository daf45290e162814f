import { createHash } from 'node:crypto';
import type { Secret } from '../../ports/responder.ts';
import { NotReached } from '../shared/channel.ts';
import type { HttpAnswer } from '../shared/http/ask-http.ts';
import { asMembers, asText, denied, jsonOf, look, send } from '../shared/http/vendor-http.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import type { CrowdsecSettings } from './config.ts';

/** What CrowdSec has decided, as a bouncer is told it. How long it still holds moves by itself, so it is no part of the mark. */
export interface Decision {
  readonly id: string;
  readonly type: string;
  readonly origin: string;
  readonly scenario: string;
  readonly scope: string;
  readonly value: string;
  readonly left: string;
}

/** Everything that is decided about one address. */
export interface AddressState {
  readonly banned: 'yes' | 'no';
  /** SHA-256 over all of it; empty for nothing. */
  readonly mark: string;
  readonly decisions: readonly Decision[];
}

export interface Asking {
  readonly settings: CrowdsecSettings;
  readonly secret: Secret;
  readonly timeoutMs: number;
}

/** Says by whom a decision was made: the act's own key, digested. */
export function scenarioOf(idempotencyKey: string): string {
  return `countersign/${createHash('sha256').update(idempotencyKey).digest('hex')}`;
}

/** What decisions come to. Those of a network that holds the address are among them. */
export function stateOf(decisions: readonly Decision[]): AddressState {
  const texts = decisions
    .map(({ type, origin, scenario, scope, value }) => JSON.stringify([type, origin, scenario, scope, value]))
    .sort();
  return {
    banned: decisions.some(({ type }) => type === 'ban') ? 'yes' : 'no',
    mark: texts.length === 0 ? '' : createHash('sha256').update(texts.join('\n')).digest('hex'),
    decisions,
  };
}

/** Asks what is decided about an address, as every bouncer does. */
export async function readAddress({ settings, secret, timeoutMs }: Asking, address: string): Promise<AddressState> {
  const url = `${settings.url}/v1/decisions?ip=${encodeURIComponent(address)}`;
  const answer = await look({ method: 'GET', url, headers: { ...OURS, 'x-api-key': secret.reveal() } }, timeoutMs);
  if (answer.status !== 200) throw denied(answer);
  const listed = jsonOf(answer.text);
  // Nothing decided is told as `null`; anything else that is no list is not to be taken for nothing.
  if (listed !== null && !Array.isArray(listed)) throw new NoAnswer('the answer is no list of decisions');
  return stateOf((listed ?? []).map(decisionOf));
}

function decisionOf(value: unknown): Decision {
  const members = asMembers(value);
  const text = (name: string) => asText(members.get(name));
  return {
    id: text('id'),
    type: text('type'),
    origin: text('origin'),
    scenario: text('scenario'),
    scope: text('scope'),
    value: text('value'),
    left: text('duration'),
  };
}

/** Logs the machine in: a token that its next request bears. Changes nothing, so silence is as good as not having been there. */
export async function logIn({ settings, secret, timeoutMs }: Asking): Promise<string> {
  const body = JSON.stringify({ machine_id: settings.machine, password: secret.reveal() });
  const answer = await send(
    { method: 'POST', url: `${settings.url}/v1/watchers/login`, headers: JSON_TYPE, body },
    timeoutMs,
  ).catch(error => {
    throw new NotReached(error instanceof Error ? error.message : String(error));
  });
  const token = asText(asMembers(jsonOf(answer.text)).get('token'));
  if (answer.status >= 500) throw new NotReached(`the login was answered ${answer.status}`);
  if (answer.status !== 200) throw denied(answer);
  if (token === '') throw new NotReached('the login was answered without a token');
  return token;
}

/** CrowdSec turns a machine away that does not say which program it is, and in which version. */
const OURS = { 'user-agent': 'countersign/1' };
const JSON_TYPE = { ...OURS, 'content-type': 'application/json' };

/** Posts one alert with one decision. CrowdSec counts the duration from `stop_at`, so that is now. */
export async function postBan(
  { url }: CrowdsecSettings,
  token: string,
  ban: { readonly address: string; readonly duration: string; readonly scenario: string; readonly at: string },
  timeoutMs: number,
): Promise<HttpAnswer> {
  const { address, duration, scenario, at } = ban;
  const alert = {
    scenario,
    scenario_hash: '',
    scenario_version: '1',
    message: 'a ban that people signed in Countersign',
    events_count: 1,
    start_at: at,
    stop_at: at,
    capacity: 0,
    leakspeed: '0',
    simulated: false,
    remediation: true,
    events: [],
    source: { scope: 'Ip', value: address, ip: address },
    decisions: [{ type: 'ban', origin: 'countersign', scenario, scope: 'Ip', value: address, duration }],
  };
  const headers = { ...JSON_TYPE, authorization: `Bearer ${token}` };
  return await send({ method: 'POST', url: `${url}/v1/alerts`, headers, body: JSON.stringify([alert]) }, timeoutMs);
}

/** Ends one decision, by the number that CrowdSec gave it. */
export async function endDecision(
  { url }: CrowdsecSettings,
  token: string,
  id: string,
  timeoutMs: number,
): Promise<HttpAnswer> {
  const headers = { ...OURS, authorization: `Bearer ${token}` };
  return await send({ method: 'DELETE', url: `${url}/v1/decisions/${encodeURIComponent(id)}`, headers }, timeoutMs);
}
