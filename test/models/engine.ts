import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { randomGguf } from './random-gguf.ts';

/* llama.cpp over node-llama-cpp, behind an OpenAI-compatible door on loopback. Installed by whoever wants this lane. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CONTEXT_TOKENS = 2_048;
/** Of our packets, for a tokeniser that knows words. */
const CHARS_PER_TOKEN = 2.5;

/** What is used of node-llama-cpp 3, which is no dependency of ours. */
interface LlamaPackage {
  getLlama(options: object): Promise<Llama>;
  LlamaCompletion: new (options: { contextSequence: Sequence }) => Completion;
}
interface Llama {
  loadModel(options: { modelPath: string }): Promise<Model>;
  createGrammarForJsonSchema(schema: unknown): Promise<object>;
  dispose(): Promise<void>;
}
interface Model {
  createContext(options: { contextSize: number; threads: number }): Promise<{ getSequence(): Sequence }>;
  tokenize(text: string): readonly number[];
}
interface Sequence {
  dispose(): void;
}
interface Completion {
  generateCompletionWithMeta(
    prompt: string,
    options: object,
  ): Promise<{ response: string; metadata: { stopReason: string } }>;
  dispose(): void;
}

/** Where node-llama-cpp is; undefined where nobody installed it. */
export function findEngine(): string | undefined {
  for (const folder of [process.env['COUNTERSIGN_MODELS'], ROOT])
    try {
      if (folder !== undefined) return createRequire(join(folder, 'package.json')).resolve('node-llama-cpp');
    } catch {
      // Not there.
    }
  return undefined;
}

export interface EngineServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** Which weights, and how they are asked. */
export interface EngineOptions {
  /** A GGUF of somebody's; of random weights where it is absent. */
  readonly modelPath?: string;
  readonly contextTokens?: number;
  readonly temperature?: number;
}

/** A server that answers chat completions by one model, in the JSON Schema that it is given. */
export async function serveEngine(entry: string, options: EngineOptions = {}): Promise<EngineServer> {
  const contextTokens = options.contextTokens ?? CONTEXT_TOKENS;
  const { getLlama, LlamaCompletion }: LlamaPackage = await import(pathToFileURL(entry).href);
  const folder = await mkdtemp(join(tmpdir(), 'countersign-engine-'));
  const modelPath = options.modelPath ?? join(folder, 'random.gguf');
  if (options.modelPath === undefined) await writeFile(modelPath, randomGguf());
  // One thread: with more, one answer takes a minute where the cores are busy.
  const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 1, logLevel: 'error' });
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext({ contextSize: contextTokens, threads: 1 });
  const grammars = new Map<string, Promise<object>>();

  async function complete(body: ChatRequest): Promise<object> {
    const schema = JSON.stringify(body.response_format.json_schema.schema);
    const grammar = grammars.get(schema) ?? llama.createGrammarForJsonSchema(JSON.parse(schema));
    grammars.set(schema, grammar);
    const prompt = body.messages
      .map(({ content }) => content)
      .join('\n')
      .slice(0, options.modelPath === undefined ? contextTokens / 4 : contextTokens * CHARS_PER_TOKEN);
    const contextSequence = context.getSequence();
    const completion = new LlamaCompletion({ contextSequence });
    try {
      const { response, metadata } = await completion.generateCompletionWithMeta(prompt, {
        grammar: await grammar,
        maxTokens: body.max_tokens,
        // Whatever the grammar admits, and not what is likeliest.
        temperature: options.temperature ?? 1.5,
        seed: body.seed,
      });
      const finish = metadata.stopReason === 'maxTokens' ? 'length' : 'stop';
      const [read, written] = [model.tokenize(prompt).length, model.tokenize(response).length];
      return {
        id: 'x',
        created: 1,
        model: body.model,
        choices: [{ index: 0, message: { role: 'assistant', content: response }, finish_reason: finish }],
        usage: { prompt_tokens: read, completion_tokens: written, total_tokens: read + written },
      };
    } finally {
      completion.dispose();
      contextSequence.dispose();
    }
  }

  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const answer = await complete(JSON.parse(text)).then(
      body => ({ status: 200, body }),
      (error: unknown) => ({ status: 500, body: { error: { type: 'engine_failed', message: String(error) } } }),
    );
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
      await llama.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface ChatRequest {
  readonly model: string;
  readonly seed: number;
  readonly max_tokens: number;
  readonly messages: readonly { readonly content: string }[];
  readonly response_format: { readonly json_schema: { readonly schema: unknown } };
}
