import type { ContractOperation, Schema } from './contract.ts';

/** What a slice names of an object: whatever else is there is not read. */
export const object = (properties: { readonly [name: string]: Schema }, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required,
});
export const list = (items: Schema): Schema => ({ type: 'array', items });
export const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
export const oneOf = (...words: readonly string[]): Schema => ({ type: 'string', enum: words });
export const TEXT: Schema = { type: 'string' };
export const FLAG: Schema = { type: 'boolean' };
export const WHOLE: Schema = { type: 'integer' };
export const TIME: Schema = { type: 'string', format: 'date-time' };

/** One operation of a slice, as `GET /path`. */
export function operation(
  name: string,
  scopes: readonly string[],
  answers: { readonly [status: string]: Schema | null },
  more: { readonly query?: { readonly [name: string]: Schema }; readonly body?: Schema } = {},
): ContractOperation {
  const [method = '', path = ''] = name.split(' ');
  return { method, path, scopes, query: more.query ?? {}, answers, body: more.body };
}
