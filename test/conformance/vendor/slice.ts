import { isDeepStrictEqual } from 'node:util';
import type { Contract, ContractOperation, Schema } from './contract.ts';

/** What a slice that was written by hand says otherwise than the document that it is of; empty where it says nothing wrong. */
export function sliceFaults(slice: Contract, document: Contract): readonly string[] {
  return slice.operations.flatMap(operation => {
    const name = `${operation.method} ${operation.path}`;
    const whole = document.operations.find(one => one.method === operation.method && one.path === operation.path);
    if (whole === undefined) return [`${name}: the document has no such operation`];
    return faultsOf(operation, whole).map(fault => `${name}: ${fault}`);
  });
}

function faultsOf(slice: ContractOperation, whole: ContractOperation): readonly string[] {
  return [
    ...(isDeepStrictEqual([...slice.scopes].sort(), [...whole.scopes].sort()) ? [] : ['other scopes']),
    ...Object.entries(slice.query).flatMap(([name, schema]) =>
      schemaFaults(`query ${name}`, schema, whole.query[name]),
    ),
    ...(slice.body === undefined ? [] : schemaFaults('body', slice.body, whole.body)),
    ...Object.entries(slice.answers).flatMap(([status, schema]) => {
      const theirs = whole.answers[status];
      if (theirs === undefined) return [`answer ${status}: the document has none`];
      return schema === null || theirs === null
        ? schema === theirs
          ? []
          : [`answer ${status}: one is empty`]
        : schemaFaults(`answer ${status}`, schema, theirs);
    }),
  ];
}

type Members = { readonly [name: string]: Schema };

/** Every member that the slice names is one of the document's, of the same type and with the same words. */
function schemaFaults(at: string, slice: Schema, theirs: Schema | undefined): readonly string[] {
  if (theirs === undefined) return [`${at}: the document has none`];
  const choices = choicesOf(theirs, (theirs['definitions'] ?? {}) as Members);
  const types = new Set(choices.map(({ type }) => type));
  const wanted = slice['anyOf'] === undefined ? [slice] : (slice['anyOf'] as readonly Schema[]);
  const faults = wanted.flatMap(({ type }) => (type === undefined || types.has(type) ? [] : [`${at}: not ${type}`]));
  const words = choices.flatMap(one => (Array.isArray(one['enum']) ? one['enum'] : []));
  const strange = wanted
    .flatMap(one => (Array.isArray(one['enum']) ? one['enum'] : []))
    .filter(word => !words.includes(word));
  const members = Object.entries((slice['properties'] ?? {}) as Members).flatMap(([name, member]) => {
    const known = choices.flatMap(one => {
      const found = ((one['properties'] ?? {}) as Members)[name];
      return found === undefined ? [] : [{ ...found, definitions: theirs['definitions'] }];
    });
    return known.length === 0
      ? [`${at}.${name}: the document has none`]
      : schemaFaults(`${at}.${name}`, member, { anyOf: known, definitions: theirs['definitions'] });
  });
  const items = slice['items'] as Schema | undefined;
  const theirItems = choices.flatMap(one => (one['items'] === undefined ? [] : [one['items'] as Schema]));
  return [
    ...faults,
    ...strange.map(word => `${at}: the document has no ${String(word)}`),
    ...members,
    ...(items === undefined
      ? []
      : schemaFaults(`${at}[]`, items, { anyOf: theirItems, definitions: theirs['definitions'] })),
  ];
}

/** All that a schema may be or must be, with references followed. */
function choicesOf(schema: Schema, definitions: Members): readonly Schema[] {
  const reference = schema['$ref'];
  const followed =
    typeof reference === 'string' ? choicesOf(definitions[reference.split('/').at(-1) ?? ''] ?? {}, definitions) : [];
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap(key =>
    Array.isArray(schema[key]) ? (schema[key] as Schema[]) : [],
  );
  return [schema, ...followed, ...parts.flatMap(part => choicesOf(part, definitions))];
}
