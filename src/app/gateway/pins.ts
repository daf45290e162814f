import { createHash } from 'node:crypto';
import { inertLine } from '../../base/inert.ts';
import { ok } from '../../base/result.ts';
import { type PinnedTool, readManifest, type SeenTool } from '../../model/tool.ts';
import { upstreamObject } from '../../responders/countersign/upstream.ts';
import { record, type ServerContext, transact } from '../context.ts';

/** What people adopted of an upstream, and what of it was put aside since. */
export interface Pins {
  /** SHA-256 of the manifest; empty where nothing was adopted. */
  readonly manifest: string;
  readonly tools: ReadonlyMap<string, PinnedTool>;
  readonly quarantined: ReadonlySet<string>;
}

const NOTHING: Pins = { manifest: '', tools: new Map(), quarantined: new Set() };
/** Manifests whose text was read and checked. */
const KNOWN_MAX = 100;
const KNOWN = new Map<string, ReadonlyMap<string, PinnedTool>>();

/** What is in force for an upstream at this moment. A manifest whose bytes are not what was adopted pins nothing. */
export async function pinsOf(context: ServerContext, upstream: string): Promise<Pins> {
  const { rows } = await context.pool.query<{ manifest: string; quarantined: string[] | null }>({
    name: 'gateway-pins',
    text: `SELECT o.manifest, (SELECT array_agg(q.tool) FROM gateway_quarantine q WHERE q.tenant_id = $1 AND q.manifest = o.manifest) AS quarantined
             FROM (SELECT value ->> 'sha256' AS manifest FROM own_effect WHERE tenant_id = $1 AND object = $2 ORDER BY seq DESC LIMIT 1) o`,
    values: [context.tenant, upstreamObject(upstream)],
  });
  const [row] = rows;
  if (row === undefined || row.manifest === '') return NOTHING;
  const tools = KNOWN.get(row.manifest) ?? (await readTools(context, upstream, row.manifest));
  return { manifest: row.manifest, tools, quarantined: new Set(row.quarantined ?? []) };
}

async function readTools(
  context: ServerContext,
  upstream: string,
  sha256: string,
): Promise<ReadonlyMap<string, PinnedTool>> {
  const { rows } = await context.pool.query<{ text: string }>(
    'SELECT text FROM gateway_manifest WHERE tenant_id = $1 AND sha256 = $2',
    [context.tenant, sha256],
  );
  const text = rows[0]?.text ?? '';
  const read = readManifest(text);
  if (!read.ok || createHash('sha256').update(text).digest('hex') !== sha256 || read.value.upstream !== upstream) {
    context.logger.error({ upstream, sha256 }, 'the tools that were adopted cannot be read; none is called');
    return new Map();
  }
  const tools = new Map(read.value.tools.map(tool => [tool.name, tool] as const));
  if (KNOWN.size >= KNOWN_MAX) KNOWN.clear();
  KNOWN.set(sha256, tools);
  return tools;
}

/** Why a tool is not the one that was pinned; undefined where it is. */
export function differenceOf(
  pinned: PinnedTool,
  seen: { readonly tools: ReadonlyMap<string, SeenTool>; readonly ambiguous: ReadonlySet<string> },
): string | undefined {
  if (seen.ambiguous.has(pinned.name)) return 'two tools of its server have this name';
  const now = seen.tools.get(pinned.name);
  if (now === undefined) return 'its server does not have it any more';
  return now.digest === pinned.digest ? undefined : 'its server describes it otherwise than when it was adopted';
}

/**
 * Puts a tool aside. It stays there until people adopt another manifest, also where its server turns it back meanwhile: who
 * changes a tool and changes it back has shown that it changes.
 */
export async function quarantine(
  context: ServerContext,
  upstream: string,
  pins: Pins,
  tool: { readonly name: string; readonly seen: string; readonly why: string },
): Promise<void> {
  await transact(context, async client => {
    const { rowCount } = await client.query(
      'INSERT INTO gateway_quarantine (tenant_id, manifest, tool, seen, why, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING',
      [context.tenant, pins.manifest, tool.name, tool.seen, tool.why, new Date(context.now())],
    );
    if (rowCount === 1)
      await record(context, client, {
        type: 'gateway.quarantined',
        upstream,
        tool: inertLine(tool.name),
        manifest: pins.manifest,
        seen: tool.seen,
      });
    return ok(true);
  });
  context.logger.warn({ upstream, tool: tool.name, why: tool.why }, 'a tool was put aside');
}
