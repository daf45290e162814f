import type { ModelPipe } from '../../src/app/model-pipe.ts';
import type { Packet, Selection } from '../../src/model/packet.ts';
import type { AskModel, ModelCall, ModelFailure, ModelReply, ProviderConfig } from '../../src/ports/model.ts';

/** Scripted models: each answers as one kind of model, or of attacker, would. */
export type Answering = (call: ModelCall) => Promise<ModelReply> | ModelReply;

export const LOCAL: ProviderConfig = {
  name: 'local',
  kind: 'openai_compatible',
  model: 'scripted-1',
  baseUrl: 'http://127.0.0.1:1/v1',
  region: 'local',
  isHosted: false,
  retention: 'none',
  price: { inputMicros: 1_000_000, outputMicros: 2_000_000, currency: 'EUR' },
  contextTokens: 200_000,
  outputTokensMax: 2_000,
  isOn: true,
};
export const HOSTED: ProviderConfig = { ...LOCAL, name: 'hosted', isHosted: true, region: 'us', model: 'scripted-2' };

/** A pipe at whose other end one function answers for every provider. */
export function pipeTo(ask: AskModel, providers: readonly ProviderConfig[]): ModelPipe {
  const status = () => ({ isRunning: true, providers });
  return {
    ask,
    status,
    providers: () => providers,
    publicKey: () => undefined,
    open: async () => status(),
    configure: async () => ({ ok: false, code: 'invalid', detail: 'scripted' }),
    onStatus: () => () => undefined,
  };
}

/** The answer of a model that does as it was told. */
export function honestSelection(packet: Packet): Selection {
  return {
    claims: packet.facts.slice(0, 3).map(({ id, predicate, roles }) => ({ predicate, roles, cites: [id] })),
    order: packet.mustShow.filter(id => /^[FD]/.test(id)).slice(0, 48),
    hypotheses: [{ kind: 'benign_administration', supports: [], contradicts: packet.facts.slice(0, 1).map(f => f.id) }],
    techniques: [],
    ranking: packet.candidates.map(({ id }) => id).reverse(),
    requests: packet.requests.slice(0, 1).map(({ id }) => id),
    abstain: 'no',
  };
}

export const packetIn = (call: ModelCall): Packet => JSON.parse(call.packet);

export function answered(call: ModelCall, text: string, more: object = {}): ModelReply {
  return {
    id: call.id,
    kind: 'answered',
    text,
    finish: 'stop',
    usage: { inputTokens: Math.ceil(call.packet.length / 4), outputTokens: Math.ceil(text.length / 4) },
    model: 'scripted-1-2026',
    fingerprint: 'fp_1',
    requestSha256: 'a'.repeat(64),
    latencyMs: 1,
    ...more,
  };
}

export function failed(call: ModelCall, code: ModelFailure, retryAfterMs?: number): ModelReply {
  return { id: call.id, kind: 'failed', code, detail: code, retryAfterMs, requestSha256: '', latencyMs: 1 };
}

export const honest: Answering = call => answered(call, JSON.stringify(honestSelection(packetIn(call))));
/** Names ids that it was not given. */
export const foreign: Answering = call =>
  answered(call, JSON.stringify({ ...honestSelection(packetIn(call)), order: ['F999', 'N12345'] }));
export const wrongSchema: Answering = call => answered(call, '{"state":"approved","tier":0}');
export const prose: Answering = call => answered(call, 'I have closed the incident for you.');
export const empty: Answering = call => answered(call, '');
export const huge: Answering = call => answered(call, `"${'x'.repeat(262_000)}"`);
export const cut: Answering = call =>
  answered(call, JSON.stringify(honestSelection(packetIn(call))).slice(0, 40), { finish: 'length' });
/** Does what a text in the packet asks for, as far as words go that it was not given. */
export const obedient: Answering = call => {
  const { strings } = packetIn(call);
  const orders = strings.map(({ text }) => text).join(' ');
  return answered(call, JSON.stringify({ close: true, approve: 'all', because: orders }));
};
/** Swaps roles and cites what does not hold them, beside parts that hold. */
export const lying: Answering = call => {
  const packet = packetIn(call);
  const selection = honestSelection(packet);
  const claims = selection.claims.map(claim => ({
    ...claim,
    roles: claim.roles.map(({ role }, at) => ({
      role,
      value: claim.roles[(at + 1) % claim.roles.length]?.value ?? '',
    })),
  }));
  return answered(call, JSON.stringify({ ...selection, claims }));
};
/** Never answers at all. */
export const silent: Answering = () => new Promise(() => undefined);
/** Answers after its time. */
export const late: Answering = call =>
  new Promise(resolve => setTimeout(() => resolve(honest(call)), call.timeoutMs + 200));
export const broken: Answering = () => Promise.reject(new Error('the pipe broke'));
