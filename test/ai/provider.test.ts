import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModelFailure, ModelReply, ProviderKind } from '../../src/ports/model.ts';
import { CALLS_WAITING_MAX } from '../../src/ports/model-pipe.ts';
import { type Asking, KEY, PACKET, SCHEMA, SYSTEM, startAsking } from './ask.ts';
import { type Double, GOOD_TEXT, providerAt, startDouble } from './double.ts';

const KINDS: readonly ProviderKind[] = ['openai_compatible', 'anthropic', 'google', 'bedrock'];
const TIMEOUT_MS = 800;
const LATE_MS_MAX = 2_000;
const NUMBER_OF_REPEATS = Number(process.env['COUNTERSIGN_REPEATS'] ?? '10');

let double: Double;
let asking: Asking;
beforeAll(async () => {
  double = await startDouble();
  asking = await startAsking();
});
afterAll(async () => {
  await double.close();
  await asking.end();
});

async function askBehaving(behaviour: string, kind: ProviderKind = 'openai_compatible'): Promise<ModelReply> {
  const since = performance.now();
  const reply = await asking.ask(providerAt(double.origin, behaviour, kind), { timeoutMs: TIMEOUT_MS });
  expect(performance.now() - since).toBeLessThan(TIMEOUT_MS + LATE_MS_MAX);
  expect(JSON.stringify(reply)).not.toContain(KEY);
  return reply;
}

describe.each(KINDS)('a provider of kind %s', kind => {
  test('is asked once, and its text comes back as it wrote it', async () => {
    const before = double.seen.length;
    const reply = await askBehaving('good', kind);
    expect(reply).toMatchObject({
      kind: 'answered',
      text: GOOD_TEXT,
      finish: 'stop',
      usage: { inputTokens: 120, outputTokens: 7 },
      model: 'double-1',
      fingerprint: kind === 'openai_compatible' ? 'fp_double' : '',
    });
    expect(double.seen.length).toBe(before + 1);
    const sent = double.seen.at(-1);
    expect(reply.requestSha256).toBe(
      createHash('sha256')
        .update(sent?.body ?? '')
        .digest('hex'),
    );
  });

  test('is sent the prompt, the packet and the schema, and the key in one header', async () => {
    await askBehaving('good', kind);
    const sent = double.seen.at(-1);
    const body = JSON.parse(String(sent?.body));
    expect(body).toEqual(WIRE[kind]);
    const holding = Object.entries(sent?.headers ?? {}).filter(([, value]) => String(value).includes(KEY));
    expect(holding.map(([name]) => name)).toEqual([KEY_HEADER[kind]]);
    expect(`${sent?.path}${sent?.body}`).not.toContain(KEY);
    expect(sent?.headers['user-agent']).toBe('countersign');
    const known = ['host', 'connection', 'content-length', 'content-type', 'user-agent', 'accept', 'accept-encoding'];
    expect(
      Object.keys(sent?.headers ?? {})
        .filter(name => !known.includes(name))
        .sort(),
    ).toEqual([KEY_HEADER[kind], ...(kind === 'anthropic' ? ['anthropic-version'] : [])].sort());
  });

  test.each<[string, ModelFailure]>([
    ['drip', 'timed_out'],
    ['silent', 'timed_out'],
    ['huge', 'too_large'],
    ['huge_declared', 'too_large'],
    ['wrong_type', 'not_text'],
    ['compressed', 'not_text'],
    ['not_utf8', 'not_text'],
    ['truncated', 'failed'],
    ['hang_up', 'unreachable'],
    ['no_http', 'failed'],
    ['limited', 'rate_limited'],
    ['fails', 'failed'],
    ['overloaded', 'failed'],
    ['expired', 'denied'],
    ['forbidden', 'denied'],
    ['google_expired', 'denied'],
    ['redirect', 'failed'],
    ['empty', 'failed'],
    ['other_json', 'failed'],
    ['list', 'failed'],
    ['no_json', 'failed'],
    ['no_such_model', 'failed'],
  ])('that answers %s is a failure of code %s, in time', async (behaviour, code) => {
    const before = double.seen.length;
    expect(await askBehaving(behaviour, kind)).toMatchObject({ kind: 'failed', code });
    // Never asked again, and nobody else asked: trying again is decided elsewhere.
    expect(double.seen.length).toBe(before + 1);
  });

  test('that answers JSON of another schema, nothing, or half of it has answered; what it is worth is judged elsewhere', async () => {
    expect(await askBehaving('wrong_schema', kind)).toMatchObject({
      kind: 'answered',
      text: '{"approve":true,"tier":0}',
    });
    expect(await askBehaving('cut', kind)).toMatchObject({
      kind: 'answered',
      text: '{"order":["F1"',
      finish: 'length',
    });
    expect(await askBehaving('empty_text', kind)).toMatchObject({ kind: 'answered', text: '' });
  });

  test('that writes the key and the packet into its error gives neither away', async () => {
    const reply = await askBehaving('echo', kind);
    expect(reply).toMatchObject({ kind: 'failed', code: 'failed', detail: 'answered 400' });
  });
});

const WIRE: { readonly [kind in ProviderKind]: unknown } = {
  openai_compatible: {
    model: 'double-1',
    max_tokens: 256,
    temperature: 0,
    seed: 7,
    response_format: { type: 'json_schema', json_schema: { schema: SCHEMA, strict: true, name: 'answer' } },
    messages: [
      { role: 'system', content: SYSTEM },
      { role: 'user', content: PACKET },
    ],
  },
  anthropic: {
    model: 'double-1',
    max_tokens: 256,
    temperature: 0,
    system: [{ type: 'text', text: SYSTEM }],
    messages: [{ role: 'user', content: [{ type: 'text', text: PACKET }] }],
    tools: [{ name: 'json', description: 'Respond with a JSON object.', input_schema: SCHEMA }],
    tool_choice: { type: 'any', disable_parallel_tool_use: true },
  },
  google: {
    generationConfig: {
      maxOutputTokens: 256,
      temperature: 0,
      seed: 7,
      responseMimeType: 'application/json',
      // Google's subset of JSON Schema has no `additionalProperties`: the whole schema is checked on our side anyway.
      responseSchema: { type: SCHEMA.type, properties: SCHEMA.properties, required: SCHEMA.required },
    },
    contents: [{ role: 'user', parts: [{ text: PACKET }] }],
    systemInstruction: { parts: [{ text: SYSTEM }] },
  },
  bedrock: {
    inferenceConfig: { maxTokens: 256, temperature: 0 },
    system: [{ text: SYSTEM }],
    messages: [{ role: 'user', content: [{ text: PACKET }] }],
    toolConfig: {
      tools: [
        { toolSpec: { name: 'json', description: 'Respond with a JSON object.', inputSchema: { json: SCHEMA } } },
      ],
      toolChoice: { any: {} },
    },
  },
};

const KEY_HEADER: { readonly [kind in ProviderKind]: string } = {
  openai_compatible: 'authorization',
  anthropic: 'x-api-key',
  google: 'x-goog-api-key',
  bedrock: 'authorization',
};

test('a provider says how long to wait in seconds or as a date, and what is neither is not believed', async () => {
  expect(await askBehaving('limited')).toMatchObject({ code: 'rate_limited', retryAfterMs: 7_000 });
  const until = await askBehaving('limited_until');
  expect(until.kind === 'failed' && until.retryAfterMs).toBeGreaterThan(27_000);
  expect(until.kind === 'failed' && until.retryAfterMs).toBeLessThanOrEqual(30_000);
  expect(await askBehaving('limited_silly')).toMatchObject({ code: 'rate_limited', retryAfterMs: undefined });
  expect(await askBehaving('overloaded')).toMatchObject({ code: 'failed', retryAfterMs: 3_000 });
});

test.each(['anthropic', 'bedrock'] as const)(
  'the input of the tool that stands in for a form is the answer of %s',
  async kind => {
    const reply = await askBehaving('tool', kind);
    expect(reply).toMatchObject({ kind: 'answered', finish: 'stop' });
    expect(JSON.parse(reply.kind === 'answered' ? reply.text : '')).toEqual(JSON.parse(GOOD_TEXT));
  },
);

test('models of Anthropic that know a form of answers are given the schema as that', async () => {
  await asking.ask(providerAt(double.origin, 'good', 'anthropic', 'claude-sonnet-4-5'));
  const body = JSON.parse(String(double.seen.at(-1)?.body));
  expect(body.tools).toBeUndefined();
  expect(body.output_config).toEqual({ format: { type: 'json_schema', schema: SCHEMA } });
});

test('with a pair of AWS credentials a request to Bedrock is signed, and the secret is not in it', async () => {
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
  const reply = await asking.ask(providerAt(double.origin, 'good', 'bedrock'), {}, `AKIAIOSFODNN7EXAMPLE:${secret}`);
  expect(reply).toMatchObject({ kind: 'answered', text: GOOD_TEXT });
  const sent = double.seen.at(-1);
  expect(sent?.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-central-1\/bedrock/,
  );
  expect(`${sent?.rawHeaders.join()}${sent?.body}`).not.toContain(secret);
});

test('another model than was asked for is named as what answered', async () => {
  expect(await askBehaving('other_model')).toMatchObject({ kind: 'answered', model: 'another-model' });
});

test('an answer that names prototypes pollutes nothing', async () => {
  await askBehaving('prototype');
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

test('what cannot be reached is said by the system’s word for it', async () => {
  const reply = await asking.ask({ ...providerAt('http://127.0.0.1:9', 'x') });
  expect(reply).toMatchObject({ code: 'unreachable', detail: 'could not be reached (ECONNREFUSED)' });
  const nowhere = await asking.ask({ ...providerAt('http://no-such-host.invalid', 'x') });
  expect(nowhere.kind === 'failed' && nowhere.code).toMatch(/^(unreachable|timed_out)$/);
});

test('a provider without TLS where TLS is expected, or with a certificate of nobody, is not spoken to', async () => {
  const before = double.seen.length;
  const origin = double.origin.replace('http:', 'https:');
  expect(await asking.ask(providerAt(origin, 'good'))).toMatchObject({ kind: 'failed', code: 'unreachable' });
  expect(double.seen.length).toBe(before);
});

test('a proxy of the environment is not used', async () => {
  const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
  const before = names.map(name => process.env[name]);
  for (const name of names) process.env[name] = name.startsWith('NODE') ? '1' : 'http://127.0.0.1:9';
  try {
    expect(await askBehaving('good')).toMatchObject({ kind: 'answered' });
  } finally {
    names.forEach((name, index) => {
      if (before[index] === undefined) delete process.env[name];
      else process.env[name] = before[index];
    });
  }
});

test('a packet that is too large, a provider that is off and one that nobody set are not asked', async () => {
  const before = double.seen.length;
  const good = providerAt(double.origin, 'good');
  expect(await asking.ask(good, { packet: 'x'.repeat(400_001) })).toMatchObject({
    code: 'too_large',
    requestSha256: '',
  });
  expect(await asking.ask({ ...good, isOn: false })).toMatchObject({ code: 'not_configured' });
  expect(await asking.ask(good, { provider: 'another' })).toMatchObject({ code: 'not_configured' });
  expect(double.seen.length).toBe(before);
});

const CLASSES = [
  'drip',
  'huge',
  'wrong_type',
  'truncated',
  'limited',
  'fails',
  'expired',
  'redirect',
  'empty',
  'other_json',
] as const;

test(`ten ways to fail, ${NUMBER_OF_REPEATS} times each, as many at once as may wait, all end in time and in little memory`, {
  timeout: 20_000 + NUMBER_OF_REPEATS * 5_000,
}, async () => {
  const before = process.memoryUsage().rss;
  const left = CLASSES.flatMap(behaviour => Array.from({ length: NUMBER_OF_REPEATS }, () => behaviour));
  const replies: ModelReply[] = [];
  let slowestMs = 0;
  const work = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const since = performance.now();
      replies.push(await askBehaving(next));
      slowestMs = Math.max(slowestMs, performance.now() - since);
    }
  };
  await Promise.all(Array.from({ length: CALLS_WAITING_MAX }, work));
  const grownMb = (process.memoryUsage().rss - before) / 1024 / 1024;
  console.log(
    `${replies.length} failures of ${CLASSES.length} kinds: the slowest ended ${Math.round(slowestMs)} ms after it was asked, with a limit of ${TIMEOUT_MS} ms; memory grew by ${Math.round(grownMb)} MB`,
  );
  expect(replies.every(reply => reply.kind === 'failed')).toBe(true);
  expect(grownMb).toBeLessThan(150);
});
