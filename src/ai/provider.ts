import { z } from 'zod';
import { fail, ok, type Result } from '../base/result.ts';
import type { ProviderConfig, ProviderKind } from '../ports/model.ts';

/** Where each vendor is spoken to, unless a provider says otherwise. Bedrock has an address for each region. */
const VENDOR_URLS = {
  anthropic: 'https://api.anthropic.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
} as const;

/** Printable ASCII: it goes into a header. */
const KEY = /^[\x21-\x7e]{0,4096}$/;
const AWS_REGION = /^[a-z]{2,4}(-[a-z]+)+-\d$/;
const WORD = /^[\p{L}\p{N}][\p{L}\p{N} ._:/-]{0,99}$/u;

const PROVIDER = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'a name is of lower-case letters, digits, - and _, 40 at most'),
  kind: z.enum(['openai_compatible', 'anthropic', 'google', 'bedrock']),
  model: z
    .string()
    .regex(/^[\w][\w.:@/+-]{0,199}$/, 'a model is named as its vendor writes it')
    .refine(model => !model.includes('..'), 'a model is named as its vendor writes it'),
  baseUrl: z.string().max(500).optional(),
  region: z.string().regex(WORD, 'a region is a word such as eu, us or local'),
  isHosted: z.boolean(),
  retention: z.string().max(500),
  price: z.strictObject({
    inputMicros: z.int().min(0).max(1e12),
    outputMicros: z.int().min(0).max(1e12),
    currency: z.string().regex(/^[A-Z]{3}$/, 'a currency is three letters'),
  }),
  contextTokens: z.int().min(512).max(100_000_000),
  outputTokensMax: z.int().min(16).max(1_000_000),
  isOn: z.boolean(),
});

/** A provider with the key that goes with it; an empty one where it asks for none. */
export interface StoredProvider {
  readonly config: ProviderConfig;
  readonly key: string;
}

/** Checks a provider from outside. What is wrong is said in one sentence that can be shown. */
export function parseProvider(value: unknown): Result<ProviderConfig, string> {
  const parsed = PROVIDER.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return fail(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a provider'}`);
  }
  const { baseUrl, ...rest } = parsed.data;
  const config: ProviderConfig = { ...rest, ...(baseUrl === undefined ? {} : { baseUrl }) };
  const wrong = wrongAddress(config);
  return wrong === undefined ? ok(config) : fail(wrong);
}

function wrongAddress({ kind, baseUrl, region, isHosted }: ProviderConfig): string | undefined {
  if (kind === 'bedrock' && baseUrl === undefined && !AWS_REGION.test(region))
    return `region: for bedrock it is the AWS region, such as eu-central-1`;
  if (baseUrl === undefined) {
    if (kind === 'openai_compatible') return 'baseUrl: an openai_compatible provider needs its address';
    return isHosted ? undefined : "isHosted: a vendor's own address is beyond this network";
  }
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    return 'baseUrl: an address begins with https:// or http://';
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return 'baseUrl: an address holds no user, password, query or fragment';
  if (url.protocol === 'http:' && isHosted && !isLoopback(url.hostname))
    return 'baseUrl: what is beyond this network is spoken to over https://';
  return undefined;
}

/** Whether a host is this machine, as far as its name tells. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Where a provider is spoken to, without a slash at its end. */
export function addressOf({ kind, baseUrl, region }: ProviderConfig): string {
  if (baseUrl !== undefined) return baseUrl.replace(/\/+$/, '');
  if (kind === 'bedrock') return bedrockUrl(region);
  return kind === 'openai_compatible' ? '' : VENDOR_URLS[kind];
}

function bedrockUrl(region: string): string {
  return `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

/** A key as it may be stored, or why not. */
export function parseKey(kind: ProviderKind, text: string): Result<string, string> {
  const key = text.trim();
  if (!KEY.test(key)) return fail('a key is of printable characters without spaces, 4096 at most');
  if (key === '' && kind !== 'openai_compatible') return fail(`${kind} asks for a key`);
  return ok(key);
}

/** Whether a key that was entered for one provider may stay for another: only where it would go to the same place. */
export function isSamePlace(a: ProviderConfig, b: ProviderConfig): boolean {
  return a.kind === b.kind && addressOf(a) === addressOf(b);
}
