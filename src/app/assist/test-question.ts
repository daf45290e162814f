import { type Closed, canonical, digestOfCanonical } from '../../base/canonical.ts';
import type { MadePacket } from '../../core/study/assist/packet.ts';
import { createAnswerReader } from '../../core/study/assist/read-answer.ts';
import { answerSchema } from '../../core/study/assist/schema.ts';
import type { WithoutModel } from '../../model/assist.ts';
import type { Packet } from '../../model/packet.ts';
import { ANSWER_BYTES_MAX } from '../../ports/model.ts';
import type { Prompt } from './prompts.ts';
import type { Asked, Question } from './question.ts';

/** What came of a test: whether the answer had the form that was asked for. */
export interface Tested {
  readonly isWell: 'yes' | 'no';
  readonly without: WithoutModel | '';
}

/** A packet of nobody's incident: a provider can be tried before anything of ours may leave. */
const PACKET: Packet = {
  v: '1',
  incident: 'test',
  namesWithheld: 'yes',
  coverage: 'unknown',
  entities: [],
  facts: [],
  detections: [],
  gaps: [],
  candidates: [
    { id: 'A1', kind: 'wait_and_collect', target: '', tier: '', reversibility: 'reversible', rests: [] },
    { id: 'A2', kind: 'ask_the_owner', target: '', tier: '', reversibility: 'reversible', rests: [] },
  ],
  techniques: [],
  requests: [],
  strings: [],
  mustShow: [],
  leftOut: { entities: '0', facts: '0', detections: '0', gaps: '0', strings: '0' },
};

const text = canonical(PACKET as unknown as Closed);
const MADE: MadePacket = {
  packet: PACKET,
  text,
  digest: digestOfCanonical('countersign/packet/v1', text),
  key: {
    entities: new Map(),
    facts: new Map(),
    detections: new Map(),
    gaps: new Map(),
    options: new Map(),
    requests: new Map(),
    always: [],
  },
};
/** A test says how long it took; it is no reason to fail one. */
const LATENCY_MS_MAX = Number.MAX_SAFE_INTEGER;
const read = createAnswerReader(MADE, {
  verifier: { verify: () => ({ kind: 'failed', because: 'nothing is cited' }), settle: claim => claim },
  mayRead: () => false,
  limits: { bytes: ANSWER_BYTES_MAX, latencyMs: LATENCY_MS_MAX },
});

export const TEST_ASKED: Asked<Tested> = {
  packet: text,
  packetSha256: MADE.digest,
  schema: answerSchema(PACKET) as unknown as Asked<Tested>['schema'],
  ground: '{"v":1}',
  read: answer => {
    const { selection, dropped, verified } = read(answer);
    const kind = selection === undefined ? 'rejected' : 'used';
    return { kind, verified, dropped, shown: () => ({ isWell: 'yes', without: '' }) };
  },
  without: because => ({ isWell: 'no', without: because }),
  print: shown => canonical({ ...shown }),
};

export function testQuestion(prompt: Prompt, by: string): Question<Tested> {
  return {
    task: 'test',
    incident: undefined,
    incidentVersion: '',
    by,
    // Somebody stands there and waits for it.
    urgency: Number.MAX_SAFE_INTEGER,
    prompt,
    holdsNames: false,
    asked: () => TEST_ASKED,
  };
}
