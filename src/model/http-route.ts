import { canonicalJson } from '../base/canonical.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { isPlainSegment, isPlainValue, isSendable, saysMethod, undeclaredOf } from './http-plain.ts';

export const HTTP_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type HttpMethod = (typeof HTTP_METHODS)[number];

/** A value that a route takes by name. */
export interface RouteParameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required: boolean;
}

/**
 * One operation of an OpenAPI document, as it is pinned: what we make of it, the document's own words for it, and the digest of
 * the whole document, so that whatever changes there changes every route.
 */
export interface HttpRoute {
  /** `GET /notes/{id}`. */
  readonly name: string;
  readonly description: string;
  readonly method: HttpMethod;
  readonly path: string;
  readonly parameters: readonly RouteParameter[];
  readonly body: 'none' | 'optional' | 'required';
  /** As it stands in the document. */
  readonly operation: unknown;
  /** SHA-256 of the document's bytes. */
  readonly document: string;
}

/** What a call of a route is given. Its members are left out where they are empty. */
export interface GivenToRoute {
  readonly path?: { readonly [name: string]: string };
  readonly query?: { readonly [name: string]: string };
  readonly headers?: { readonly [name: string]: string };
  readonly body?: unknown;
}

/** Exactly what would be sent, below the address of the server. */
export interface RouteRequest {
  readonly method: HttpMethod;
  readonly target: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string | undefined;
}

type Members = { readonly [name: string]: unknown };

const PATH_CHARS_MAX = 120;
const PARAMETER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

/**
 * The routes of an OpenAPI 3 document. What it says of servers is not read: every call goes to the address that an operator
 * entered. An operation that cannot be called exactly is none: a path that could be read in two ways, a parameter that is
 * somewhere else, a body that is no JSON.
 */
export function routesOf(document: unknown, sha256: string): Result<readonly HttpRoute[], string> {
  if (!isMembers(document) || !/^3\./.test(String(document['openapi']))) return fail('it is no OpenAPI 3 document');
  const paths = document['paths'];
  if (!isMembers(paths)) return fail('the document has no paths');
  return ok(
    Object.entries(paths).flatMap(([path, item]) =>
      isMembers(item) && isTemplate(path)
        ? HTTP_METHODS.flatMap(method => routeOf(document, path, item, method, sha256) ?? [])
        : [],
    ),
  );
}

function routeOf(
  document: Members,
  path: string,
  item: Members,
  method: HttpMethod,
  sha256: string,
): HttpRoute | undefined {
  const operation = item[method.toLowerCase()];
  if (!isMembers(operation)) return undefined;
  const parameters = parametersOf(document, path, item, operation);
  const body = bodyOf(document, operation);
  if (parameters === undefined || body === undefined || (body !== 'none' && (method === 'GET' || method === 'HEAD')))
    return undefined;
  const words = [operation['summary'], operation['description']].filter(text => typeof text === 'string');
  return {
    name: `${method} ${path}`,
    description: words.join(' '),
    method,
    path,
    parameters,
    body,
    operation,
    document: sha256,
  };
}

/** Of the path item and the operation, the second overruling the first; undefined where one cannot be sent as it is meant. */
function parametersOf(
  document: Members,
  path: string,
  item: Members,
  operation: Members,
): readonly RouteParameter[] | undefined {
  const found = new Map<string, RouteParameter>();
  for (const raw of [listOf(item['parameters']), listOf(operation['parameters'])].flat()) {
    const told = resolved(document, raw, 'parameters');
    const [where, name] = [told?.['in'], told?.['name']];
    if (told === undefined || typeof name !== 'string') return undefined;
    const isRequired = told['required'] === true;
    // A cookie is nobody's to send; an agent has none of that server's.
    if (where === 'cookie' && !isRequired) continue;
    const isHeader = where === 'header';
    if (isHeader ? !isSendable(name.toLowerCase()) : saysMethod(name)) {
      if (isRequired) return undefined;
      continue;
    }
    if ((where !== 'path' && where !== 'query' && !isHeader) || !PARAMETER.test(name)) return undefined;
    const known = isHeader ? name.toLowerCase() : name;
    found.set(`${where} ${known}`, { in: where, name: known, required: isRequired || where === 'path' });
  }
  const parameters = [...found.values()];
  const inPath = parameters.flatMap(({ in: where, name }) => (where === 'path' ? [name] : []));
  return sameNames(inPath, holesOf(path)) ? parameters : undefined;
}

function bodyOf(document: Members, operation: Members): HttpRoute['body'] | undefined {
  if (operation['requestBody'] === undefined) return 'none';
  const told = resolved(document, operation['requestBody'], 'requestBodies');
  const content = told?.['content'];
  if (told === undefined || !isMembers(content)) return undefined;
  if (content['application/json'] === undefined) return told['required'] === true ? undefined : 'none';
  return told['required'] === true ? 'required' : 'optional';
}

function resolved(document: Members, value: unknown, kind: string): Members | undefined {
  if (!isMembers(value)) return undefined;
  const reference = value['$ref'];
  if (reference === undefined) return value;
  const name = new RegExp(`^#/components/${kind}/([A-Za-z0-9._-]+)$`).exec(String(reference))?.[1];
  const components = document['components'];
  const all = isMembers(components) ? components[kind] : undefined;
  const found = name !== undefined && isMembers(all) && Object.hasOwn(all, name) ? all[name] : undefined;
  return isMembers(found) && found['$ref'] === undefined ? found : undefined;
}

/** The route that a request means, and what its path gives it. One that is written out goes before one with a hole there. */
export function matchRoute(
  routes: readonly HttpRoute[],
  method: string,
  path: string,
): { readonly route: HttpRoute; readonly path: { readonly [name: string]: string } } | undefined {
  const segments = path.slice(1).split('/');
  const fitting = routes.flatMap(route => {
    const template = route.path.slice(1).split('/');
    if (route.method !== method || template.length !== segments.length) return [];
    const given: [string, string][] = [];
    for (const [at, part] of template.entries()) {
      const segment = segments[at] ?? '';
      const hole = holeIn(part);
      if (hole === undefined ? part !== segment : segment === '') return [];
      if (hole !== undefined) given.push([hole, segment]);
    }
    return [
      { route, path: Object.fromEntries(given), shape: template.map(part => (holeIn(part) === undefined ? 0 : 1)) },
    ];
  });
  const [first, second] = fitting.sort((a, b) => a.shape.join('').localeCompare(b.shape.join('')));
  // Two that fit alike mean neither.
  return first === undefined || first.shape.join() === second?.shape.join() ? undefined : first;
}

/** The request that a call of a route is, from its definition and what it is given; the failure says why it is none. */
export function requestOf(route: HttpRoute, given: unknown): Result<RouteRequest, string> {
  if (!isMembers(given)) return fail('A call of a route is given path, query, headers and body.');
  const strange = Object.keys(given).filter(name => !['path', 'query', 'headers', 'body'].includes(name));
  if (strange.length > 0) return fail('A call of a route is given path, query, headers and body, and nothing else.');
  const [path, query, headers] = [textsOf(given['path']), textsOf(given['query']), textsOf(given['headers'])];
  if (path === undefined || query === undefined || headers === undefined) return fail('What is given is no text.');
  for (const [where, texts] of [
    ['path', path],
    ['query', query],
    ['header', headers],
  ] as const) {
    const declared = route.parameters.filter(({ in: at }) => at === where);
    const [unknown] = undeclaredOf(
      Object.keys(texts),
      declared.map(({ name }) => name),
    );
    if (unknown !== undefined) return fail(`The route declares no ${where} parameter ${unknown}.`);
    const lacking = declared.find(({ name, required }) => required && !Object.hasOwn(texts, name));
    if (lacking !== undefined) return fail(`The ${where} parameter ${lacking.name} is missing.`);
    const bad = Object.entries(texts).find(([, text]) =>
      where === 'path' ? !isPlainSegment(text) : !isPlainValue(text, where),
    );
    if (bad !== undefined) return fail(`The ${where} parameter ${bad[0]} could be read in two ways.`);
  }
  const hasBody = Object.hasOwn(given, 'body');
  if (hasBody && route.body === 'none') return fail('The route takes no body.');
  if (!hasBody && route.body === 'required') return fail('The route takes a body.');
  if (isMembers(given['body']) && Object.keys(given['body']).some(saysMethod))
    return fail('The body would say another method.');
  const body = hasBody ? canonicalJson(given['body']) : undefined;
  if (hasBody && body === undefined) return fail('The body is no JSON.');
  const filled = route.path.replace(/\{([^}]+)\}/g, (_hole, name: string) => encodeURIComponent(path[name] ?? ''));
  const search = Object.keys(query)
    .sort()
    .map(name => `${encodeURIComponent(name)}=${encodeURIComponent(query[name] ?? '')}`)
    .join('&');
  return ok({ method: route.method, target: search === '' ? filled : `${filled}?${search}`, headers, body });
}

/** Whether a path of the document can be sent as it stands: segments that are plain, or one hole each. */
function isTemplate(path: string): boolean {
  if (!path.startsWith('/') || path.length > PATH_CHARS_MAX) return false;
  const segments = path.slice(1).split('/');
  const holes = holesOf(path);
  return (
    segments.every(segment => holeIn(segment) !== undefined || isPlainSegment(segment)) &&
    new Set(holes).size === holes.length
  );
}

function holeIn(segment: string): string | undefined {
  return /^\{([A-Za-z0-9_][A-Za-z0-9_.-]{0,63})\}$/.exec(segment)?.[1];
}

const holesOf = (path: string): readonly string[] => path.split('/').flatMap(segment => holeIn(segment) ?? []);

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every(name => b.includes(name));
}

function textsOf(value: unknown): { readonly [name: string]: string } | undefined {
  if (value === undefined) return {};
  if (!isMembers(value) || !Object.values(value).every(one => typeof one === 'string')) return undefined;
  return value as { readonly [name: string]: string };
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
