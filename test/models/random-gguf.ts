/*
 * A model of random weights in llama.cpp's file format (GGUF 3): half a megabyte, two layers, a vocabulary of bytes. It
 * knows nothing, so under a grammar it answers with any of the answers that the grammar admits: an engine that is real,
 * and a source of admissible answers that nobody chose.
 */

const EMBEDDING = 64;
const LAYERS = 2;
const HEADS = 4;
const FEED_FORWARD = 128;
const CONTEXT_TOKENS = 4_096;
const ALIGNMENT_BYTES = 32;

/** Types of values in GGUF. */
const U32 = 4;
const I32 = 5;
const F32 = 6;
const STRING = 8;
const ARRAY = 9;
/** Types of tokens: normal, unknown, control, byte. */
const [NORMAL, UNKNOWN, CONTROL, BYTE] = [1, 2, 3, 6] as const;

interface Tensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly values: Float32Array;
}

/** The bytes of such a file. The same seed gives the same bytes. */
export function randomGguf(seed = 7): Buffer {
  const vocabulary = makeVocabulary();
  const metadata = makeMetadata(vocabulary);
  const tensors = makeTensors(vocabulary.length, dice(seed));
  const head = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(metadata.length), ...metadata];
  let offset = 0;
  for (const { name, dimensions, values } of tensors) {
    head.push(string(name), u32(dimensions.length), ...dimensions.map(u64), u32(0), u64(offset));
    offset += padded(values.byteLength);
  }
  const headBytes = Buffer.concat(head);
  return Buffer.concat([
    headBytes,
    padding(headBytes.length),
    ...tensors.flatMap(({ values }) => [Buffer.from(values.buffer), padding(values.byteLength)]),
  ]);
}

interface Token {
  readonly text: string;
  readonly type: number;
}

function makeVocabulary(): readonly Token[] {
  const hex = (byte: number) => byte.toString(16).toUpperCase().padStart(2, '0');
  return [
    { text: '<unk>', type: UNKNOWN },
    { text: '<s>', type: CONTROL },
    { text: '</s>', type: CONTROL },
    ...Array.from({ length: 256 }, (_, byte) => ({ text: `<0x${hex(byte)}>`, type: BYTE })),
    ...Array.from({ length: 94 }, (_, at) => ({ text: String.fromCharCode(33 + at), type: NORMAL })),
    { text: '\u2581', type: NORMAL },
  ];
}

function makeMetadata(vocabulary: readonly Token[]): readonly Buffer[] {
  const entry = (key: string, type: number, value: Buffer) => Buffer.concat([string(key), u32(type), value]);
  const list = (key: string, type: number, values: readonly Buffer[]) =>
    entry(key, ARRAY, Buffer.concat([u32(type), u64(values.length), ...values]));
  const numbers: readonly (readonly [string, number])[] = [
    ['llama.context_length', CONTEXT_TOKENS],
    ['llama.embedding_length', EMBEDDING],
    ['llama.block_count', LAYERS],
    ['llama.feed_forward_length', FEED_FORWARD],
    ['llama.attention.head_count', HEADS],
    ['llama.attention.head_count_kv', HEADS],
    ['llama.rope.dimension_count', EMBEDDING / HEADS],
    ['llama.vocab_size', vocabulary.length],
    ['general.file_type', 0],
    ['tokenizer.ggml.bos_token_id', 1],
    ['tokenizer.ggml.eos_token_id', 2],
    ['tokenizer.ggml.unknown_token_id', 0],
  ];
  return [
    entry('general.architecture', STRING, string('llama')),
    entry('general.name', STRING, string('random')),
    entry('tokenizer.ggml.model', STRING, string('llama')),
    entry('llama.attention.layer_norm_rms_epsilon', F32, f32(1e-5)),
    ...numbers.map(([key, value]) => entry(key, U32, u32(value))),
    list(
      'tokenizer.ggml.tokens',
      STRING,
      vocabulary.map(({ text }) => string(text)),
    ),
    list(
      'tokenizer.ggml.scores',
      F32,
      vocabulary.map(() => f32(0)),
    ),
    list(
      'tokenizer.ggml.token_type',
      I32,
      vocabulary.map(({ type }) => u32(type)),
    ),
  ];
}

function makeTensors(vocabularyTokens: number, random: () => number): readonly Tensor[] {
  const tensor = (name: string, dimensions: readonly number[], scale: number): Tensor => ({
    name,
    dimensions,
    values: Float32Array.from({ length: dimensions.reduce((a, b) => a * b, 1) }, () => random() * scale),
  });
  const ones = (name: string): Tensor => ({
    name,
    dimensions: [EMBEDDING],
    values: new Float32Array(EMBEDDING).fill(1),
  });
  const layers = Array.from({ length: LAYERS }, (_, layer) => {
    const name = (part: string) => `blk.${layer}.${part}.weight`;
    return [
      ones(name('attn_norm')),
      ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].map(part => tensor(name(part), [EMBEDDING, EMBEDDING], 0.3)),
      ones(name('ffn_norm')),
      tensor(name('ffn_gate'), [EMBEDDING, FEED_FORWARD], 0.3),
      tensor(name('ffn_up'), [EMBEDDING, FEED_FORWARD], 0.3),
      tensor(name('ffn_down'), [FEED_FORWARD, EMBEDDING], 0.3),
    ];
  });
  return [
    tensor('token_embd.weight', [EMBEDDING, vocabularyTokens], 1),
    ones('output_norm.weight'),
    tensor('output.weight', [EMBEDDING, vocabularyTokens], 1),
    ...layers.flat(),
  ];
}

/** Numbers from -0.5 to 0.5, the same for the same seed. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff - 0.5;
  };
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

function padding(length: number): Buffer {
  return Buffer.alloc(padded(length) - length);
}
