import { AwsV4Signer } from 'aws4fetch';
import type { Secret } from '../../ports/responder.ts';
import { NotReached } from '../shared/channel.ts';
import { Denied } from '../shared/http/ask-http.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { denied, type HttpRequest, look, send } from '../shared/http/vendor-http.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import type { IamSettings } from './config.ts';

/** IAM's query API: the version of 2010-05-08, which is the only one. */
const VERSION = '2010-05-08';
const CREDENTIAL = /^(A[A-Z0-9]{15,127}):(\S{20,})$/;
const FORM = 'application/x-www-form-urlencoded; charset=utf-8';

/** The parameters of one action, by their names. */
export type Parameters = { readonly [name: string]: string };

/** What is asked of IAM goes as one path; reading takes it as it is, writing sends it as the body. */
export function action(name: string, parameters: Parameters = {}): string {
  return `/?${new URLSearchParams({ Action: name, Version: VERSION, ...parameters })}`;
}

/**
 * Looks by GET and writes by POST, each request signed (Signature Version 4) by a small library, for this host and minute. The
 * answer is XML; what is read of it is wrapped as text.
 */
export function connect(settings: IamSettings, secret: Secret, _access: string, timeoutMs: number): VendorClient {
  const signed = async (request: HttpRequest): Promise<HttpRequest> => {
    const [, accessKeyId, secretAccessKey] = CREDENTIAL.exec(secret.reveal()) ?? [];
    if (accessKeyId === undefined || secretAccessKey === undefined)
      throw new NotReached('the credential is no access key: its id, a colon, its secret');
    const signer = new AwsV4Signer({
      ...request,
      accessKeyId,
      secretAccessKey,
      service: 'iam',
      region: settings.region,
    });
    const { headers } = await signer.sign();
    return { ...request, headers: Object.fromEntries(headers) };
  };
  return {
    async get(path) {
      const url = settings.url + path;
      const answered = await look(await signed({ method: 'GET', url, headers: {} }), timeoutMs);
      if (answered.status === 404 && /<Code>NoSuchEntity<\/Code>/.test(answered.text)) return undefined;
      // IAM answers a limit by 400 and a code.
      if (/<Code>Throttling<\/Code>/.test(answered.text)) throw denied({ ...answered, status: 429 });
      if (answered.status !== 200) throw denied(answered);
      if (!/^\s*(?:<\?xml[^>]*\?>\s*)?<\w+Response[\s>]/.test(answered.text))
        throw new NoAnswer('the answer is none of IAM');
      return answered.text;
    },
    getTagged: async () => {
      throw new Error('IAM marks no versions');
    },
    list: async () => {
      throw new Error('lists of IAM are asked for whole');
    },
    async change(_method, path) {
      const body = path.slice('/?'.length);
      const request = { method: 'POST', url: `${settings.url}/`, headers: { 'content-type': FORM }, body } as const;
      const answered = await send(await signed(request), timeoutMs);
      if (answered.status !== 200) throw answered.status === 404 ? new Denied(404) : denied(answered);
      return answered;
    },
  };
}

/** What stands in elements of that name, in order, where they hold text alone. A missing answer tells of nothing. */
export function texts(answer: unknown, element: string): readonly string[] {
  if (typeof answer !== 'string') return [];
  const found = answer.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'));
  return [...found].map(([, text = '']) => unescaped(text));
}

/** The members of a list whose element has that name: each its own text of XML. */
export function members(answer: unknown, list: string): readonly string[] {
  if (typeof answer !== 'string') return [];
  const [, inside = ''] = new RegExp(`<${list}>([\\s\\S]*?)</${list}>`).exec(answer) ?? [];
  return inside.split('<member>').slice(1);
}

export function textOf(answer: unknown, element: string): string {
  return texts(answer, element)[0] ?? '';
}

/** Whether a list has an end that was not told. */
export function isCutOff(answer: unknown): boolean {
  return textOf(answer, 'IsTruncated') === 'true';
}

const NAMED = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['amp', '&'],
]);

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,6})|#x([0-9a-fA-F]{1,5})|(\w+));/g, (whole, decimal, hex, name) => {
    if (typeof name === 'string') return NAMED.get(name) ?? whole;
    return String.fromCodePoint(typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hex), 16));
  });
}
