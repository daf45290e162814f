import { readFileSync } from 'node:fs';

/** JSON Schema, as a vendor's document or a slice of it has it. */
export type Schema = { readonly [keyword: string]: unknown };

/** One operation of a vendor's API, as the vendor's document describes it. */
export interface ContractOperation {
  readonly method: string;
  /** `/orgs/{org}/installations` */
  readonly path: string;
  /** Rights of which one has to be held; empty where the document says nothing of rights. */
  readonly scopes: readonly string[];
  readonly query: { readonly [name: string]: Schema };
  /** Of the body of a request; undefined where there is none. */
  readonly body?: Schema | undefined;
  /** By status: the schema of the answer, or null where it is empty. */
  readonly answers: { readonly [status: string]: Schema | null };
}

export interface Contract {
  /** Where the facts are from. */
  readonly source: string;
  readonly operations: readonly ContractOperation[];
}

/** The part of OpenAPI 3.0 that is read here. */
interface Document {
  readonly paths: { readonly [path: string]: { readonly [method: string]: unknown } };
  readonly components: { readonly [kind: string]: { readonly [name: string]: unknown } };
}

function asObject(value: unknown): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

/** Reads operations out of an OpenAPI 3.0 document: each as `GET /path`. Throws for one that is not there. */
export function contractOf(source: string, document: Document, wanted: readonly string[]): Contract {
  return { source, operations: wanted.map(name => operationOf(document, name)) };
}

function operationOf(document: Document, name: string): ContractOperation {
  const [method = '', path = ''] = name.split(' ');
  const item = document.paths[path];
  const operation = asObject(item?.[method.toLowerCase()]);
  if (Object.keys(operation).length === 0) throw new Error(`the document has no ${name}`);
  const bundle = (schema: unknown) => bundled(document, schema);
  const parameters = [item?.['parameters'], operation['parameters']]
    .flatMap(list => (Array.isArray(list) ? list : []))
    .map(parameter => asObject(resolved(document, parameter)));
  const contentOf = (holder: unknown) => {
    const content = asObject(asObject(resolved(document, holder))['content']);
    const schema = asObject(content['application/json'])['schema'];
    return schema === undefined ? null : bundle(schema);
  };
  const body = operation['requestBody'] === undefined ? null : contentOf(operation['requestBody']);
  return {
    method,
    path,
    scopes: scopesOf(operation['security']),
    query: Object.fromEntries(
      parameters.filter(one => one['in'] === 'query').map(one => [String(one['name']), bundle(one['schema'] ?? {})]),
    ),
    body: body ?? undefined,
    answers: Object.fromEntries(
      Object.entries(asObject(operation['responses'])).map(([status, answer]) => [status, contentOf(answer)]),
    ),
  };
}

function scopesOf(security: unknown): readonly string[] {
  const choices = Array.isArray(security) ? security.map(asObject) : [];
  return choices.flatMap(choice => (Array.isArray(choice['oauth2']) ? choice['oauth2'].map(String) : []));
}

function resolved(document: Document, value: unknown): unknown {
  const reference = asObject(value)['$ref'];
  if (typeof reference !== 'string') return value;
  const [, , kind = '', name = ''] = reference.split('/');
  return resolved(document, document.components[kind]?.[name]);
}

/**
 * A schema with all that it refers to, in JSON Schema's words: OpenAPI 3.0 says `nullable` where JSON Schema has a type of
 * its own, and its `discriminator` only helps those who generate code.
 */
function bundled(document: Document, schema: unknown): Schema {
  const definitions: { [name: string]: unknown } = {};
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    const { nullable, discriminator: _, ...rest } = value as Schema;
    const reference = rest['$ref'];
    if (typeof reference === 'string') {
      const name = reference.split('/').at(-1) ?? '';
      if (!Object.hasOwn(definitions, name)) {
        definitions[name] = {};
        definitions[name] = walk(document.components['schemas']?.[name]);
      }
      return { $ref: `#/definitions/${name}` };
    }
    const walked = Object.fromEntries(Object.entries(rest).map(([key, member]) => [key, walk(member)]));
    return nullable === true ? { anyOf: [walked, { type: 'null' }] } : walked;
  };
  return { ...asObject(walk(schema)), definitions };
}

/** A document that came as a package of npm. */
export function documentAt(path: string): Document {
  return JSON.parse(readFileSync(path, 'utf8')) as Document;
}
