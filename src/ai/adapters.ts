import type { LanguageModelV3 } from '@ai-sdk/provider';
import { addressOf, type StoredProvider } from './provider.ts';

/** The SDK's model for a provider, which speaks through `fetch` and nothing else. */
export type OpenModel = (provider: StoredProvider, fetch: typeof globalThis.fetch) => LanguageModelV3;

/**
 * Loads the vendors' packages of the AI SDK. Only their lowest layer is used (`doGenerate`): nothing in it retries,
 * mends an answer or speaks to anybody but the provider. Loaded once, before root is given up; every setting is passed, since
 * what is left out is looked for in the environment.
 */
export async function loadAdapters(): Promise<OpenModel> {
  const [{ createOpenAICompatible }, { createAnthropic }, { createGoogleGenerativeAI }, { createAmazonBedrock }] =
    await Promise.all([
      import('@ai-sdk/openai-compatible'),
      import('@ai-sdk/anthropic'),
      import('@ai-sdk/google'),
      import('@ai-sdk/amazon-bedrock'),
    ]);
  return ({ config, key }, fetch) => {
    const baseURL = addressOf(config);
    const { model } = config;
    switch (config.kind) {
      case 'openai_compatible':
        return createOpenAICompatible({
          name: 'provider',
          baseURL,
          apiKey: key,
          fetch,
          supportsStructuredOutputs: true,
          transformRequestBody: body => (isOpenAi(baseURL) ? forOpenAi(body) : body),
        })(model);
      case 'anthropic':
        return createAnthropic({ baseURL, apiKey: key, fetch })(model);
      case 'google':
        return createGoogleGenerativeAI({ baseURL, apiKey: key, fetch })(model);
      case 'bedrock':
        return createAmazonBedrock({ baseURL, region: config.region, fetch, ...awsCredentials(key) })(model);
    }
  };
}

/** `ID:SECRET` or `ID:SECRET:SESSION` of an IAM user, or an API key of Bedrock. */
function awsCredentials(key: string) {
  const [accessKeyId = '', secretAccessKey, sessionToken] = key.split(':');
  if (secretAccessKey === undefined || !/^A[KS]IA[A-Z0-9]{12,}$/.test(accessKeyId)) return { apiKey: key };
  // The empty API key keeps the one of the environment out.
  const pair = { apiKey: '', accessKeyId, secretAccessKey };
  return sessionToken === undefined ? pair : { ...pair, sessionToken };
}

function isOpenAi(baseUrl: string): boolean {
  return new URL(baseUrl).hostname === 'api.openai.com';
}

/** OpenAI's own newer models refuse the older name of the bound and any temperature but theirs. */
function forOpenAi(body: Record<string, unknown>): Record<string, unknown> {
  const { max_tokens, temperature: _left, ...rest } = body;
  return { ...rest, max_completion_tokens: max_tokens };
}
