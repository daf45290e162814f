import { type Closed, canonical, canonicalJson, type Digest, digestOfCanonical } from '../base/canonical.ts';
import { fail, ok, type Result } from '../base/result.ts';

/** `read`: its calls pass and are noted. `effect`: each of its calls is a proposal. What is neither is not called at all. */
export type ToolClass = 'read' | 'effect';

export const TOOL_CLASSES = ['read', 'effect'] as const satisfies readonly ToolClass[];

/** Tools of one upstream that are looked at. */
export const TOOLS_MAX = 200;
/** Characters of one tool's whole definition. A longer one is nobody's to read, and is not pinned. */
export const TOOL_CHARS_MAX = 32_000;
/** Characters of a tool's name, by the protocol. */
export const TOOL_NAME_CHARS_MAX = 128;
/** By which name an upstream stands in addresses, proposals and files. */
export const UPSTREAM_NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;
const TOOL_NAME = /^[A-Za-z0-9_.\-/]{1,128}$/;
/** A route of an HTTP interface stands for a tool, by its method and path. */
const ROUTE_NAME = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE) \/[A-Za-z0-9_~@:+=,./{}-]{1,120}$/;

/** One tool as its server describes it now: the whole object, whatever stands in it. */
export interface SeenTool {
  readonly name: string;
  /** RFC 8785 of the whole object: name, title, description, schemas, annotations, execution and all else. */
  readonly text: string;
  readonly digest: Digest;
}

export interface PinnedTool extends SeenTool {
  readonly class: ToolClass;
}

/** The tools of one upstream that people adopted: what each was then, and which of them only read. Closed. */
export interface Manifest {
  readonly v: '1';
  readonly upstream: string;
  /** When it was brought, so that adopting the same tools once more is another manifest. */
  readonly broughtAt: string;
  /** Sorted by name. */
  readonly tools: readonly PinnedTool[];
}

/** A tool of a list, or why it is none that could be pinned. */
export function seenTool(raw: unknown): Result<SeenTool, string> {
  if (typeof raw !== 'object' || raw === null || !('name' in raw) || typeof raw.name !== 'string')
    return fail('a tool has no name');
  if (!TOOL_NAME.test(raw.name) && !ROUTE_NAME.test(raw.name))
    return fail('a tool has a name that the protocol does not allow');
  const text = canonicalJson(raw);
  if (text === undefined || text.length > TOOL_CHARS_MAX) return fail(`${raw.name} is longer than anybody reads`);
  return ok({ name: raw.name, text, digest: digestOfCanonical('countersign/tool/v1', text) });
}

/** The manifest as it is kept and hashed. */
export function printManifest(manifest: Manifest): string {
  const tools = [...manifest.tools].sort((a, b) => (a.name < b.name ? -1 : 1));
  return canonical({
    ...manifest,
    tools: tools.map(({ name, text, digest, class: as }) => ({ name, text, digest, class: as })),
  } as unknown as Closed);
}

/** Exactly what {@link printManifest} prints, with every digest worked out again and no name twice. */
export function readManifest(text: string): Result<Manifest, string> {
  let value: Manifest;
  try {
    value = JSON.parse(text) as Manifest;
  } catch {
    return fail('it is no JSON');
  }
  const tools: PinnedTool[] = [];
  if (typeof value !== 'object' || value === null || !Array.isArray(value.tools)) return fail('it holds no tools');
  for (const one of value.tools as readonly PinnedTool[]) {
    const seen = seenTool(parsed(one?.text));
    if (!seen.ok) return seen;
    if (seen.value.name !== one.name || seen.value.digest !== one.digest || seen.value.text !== one.text)
      return fail(`${seen.value.name} is not what its digest says`);
    if (!TOOL_CLASSES.includes(one.class)) return fail(`${one.name} is of no class`);
    if (tools.some(({ name }) => name === one.name)) return fail(`${one.name} stands in it twice`);
    tools.push({ ...seen.value, class: one.class });
  }
  const { v, upstream, broughtAt } = value;
  if (v !== '1' || typeof upstream !== 'string' || typeof broughtAt !== 'string')
    return fail('it says not whose it is');
  const manifest: Manifest = { v, upstream, broughtAt, tools };
  return printManifest(manifest) === text ? ok(manifest) : fail('it is not in canonical form');
}

function parsed(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of a list as it came: each tool by its name, and the names that stand for nothing or for more than one. */
export function toolsByName(raw: readonly unknown[]): {
  readonly tools: ReadonlyMap<string, SeenTool>;
  readonly ambiguous: ReadonlySet<string>;
} {
  const tools = new Map<string, SeenTool>();
  const ambiguous = new Set<string>();
  for (const one of raw.slice(0, TOOLS_MAX)) {
    const seen = seenTool(one);
    if (!seen.ok) continue;
    if (tools.has(seen.value.name)) ambiguous.add(seen.value.name);
    tools.set(seen.value.name, seen.value);
  }
  return { tools, ambiguous };
}

/** What its server says that it is for. A stranger's words. */
export function descriptionOf({ text }: SeenTool): string {
  const tool = parsed(text) as { readonly description?: unknown };
  return typeof tool.description === 'string' ? tool.description : '';
}
