import { createHash } from 'node:crypto';
import { descriptionOf, type Manifest, type PinnedTool, readManifest } from '../../model/tool.ts';
import { shownText } from '../shared/wire-text.ts';
import { lastValue, type OwnReading, type ReadOwn } from './reading.ts';
import type { Session } from './session.ts';

/** The name of an upstream in `own_effect`. */
export function upstreamObject(name: string): string {
  return `upstream/${name}`;
}

/** More changes at once stand on no page whole, so nobody could sign them. */
const CHANGES_MAX = 60;
const DIGEST_CHARS_SHOWN = 12;

/**
 * The tools of somebody else's server that agents may use. What the list says is read here from its own bytes, by their digest:
 * the server's word for it is worth nothing.
 */
export const readUpstream: ReadOwn = async (session, { tenant }, { target, params, before }) => {
  const object = 'name' in target ? upstreamObject(target.name.replace(/^upstream\//, '')) : target.immutableId;
  const upstream = object.slice('upstream/'.length);
  const wanted = before?.['tools.sha256'] ?? params['sha256'] ?? 'none';
  const now = (await lastValue(session, tenant, object))?.['sha256'] ?? '';
  const [from, to] = [await kept(session, tenant, upstream, now), await kept(session, tenant, upstream, wanted)];
  if (typeof to === 'string') return to;
  const changes = changesOf(typeof from === 'string' ? [] : from.tools, to.tools);
  return {
    object,
    immutableId: object,
    displayName: upstream,
    marks: [],
    params: { sha256: wanted },
    state: { 'tools.sha256': now },
    before: { 'tools.sha256': now },
    changes: changes.slice(0, CHANGES_MAX),
    blast: {
      direct: [
        'Agents call what only reads as they like, and each such call is noted.',
        'Each call of another tool waits for two people.',
        'Any other tool of this server, and each of these once it is described otherwise, is not called at all.',
      ],
      dependents: [],
      unknown: ['Whether a tool does what its server says that it does.'],
    },
    refusals: refusalsOf(changes.length, now === wanted),
    value: { sha256: wanted },
    isInEffect: now === wanted,
  };
};

function refusalsOf(changes: number, isInForce: boolean): OwnReading['refusals'] {
  if (isInForce) return [{ reason: 'already_in_effect', text: 'These are the tools that agents may use.' }];
  return changes > CHANGES_MAX
    ? [{ reason: 'not_expressible', text: `More than ${CHANGES_MAX} tools would change at once. Adopt them in parts.` }]
    : [];
}

/** The list of that digest, or why there is none. Without a digest there are no tools. */
async function kept(session: Session, tenant: string, upstream: string, sha256: string): Promise<Manifest | string> {
  if (sha256 === '') return { v: '1', upstream, broughtAt: '', tools: [] };
  const [row] = await session.ask<{ text: string }>(
    'SELECT text FROM gateway_manifest WHERE tenant_id = $1 AND sha256 = $2',
    [tenant, sha256],
  );
  if (row === undefined) return 'there is no such list of tools';
  if (createHash('sha256').update(row.text).digest('hex') !== sha256)
    return 'the list of tools is not the one that is named';
  const read = readManifest(row.text);
  if (!read.ok) return `the list of tools cannot be used: ${read.failure}`;
  return read.value.upstream === upstream ? read.value : 'the list of tools is of another server';
}

function changesOf(from: readonly PinnedTool[], to: readonly PinnedTool[]): OwnReading['changes'] {
  const [had, has] = [byName(from), byName(to)];
  const names = [...new Set([...had.keys(), ...has.keys()])].sort();
  return names.flatMap(path => {
    const [before, after] = [told(had.get(path)), told(has.get(path))];
    return before === after ? [] : [{ path, from: before, to: after }];
  });
}

function byName(tools: readonly PinnedTool[]): ReadonlyMap<string, PinnedTool> {
  return new Map(tools.map(tool => [tool.name, tool]));
}

function told(tool: PinnedTool | undefined): string {
  if (tool === undefined) return 'not called';
  const as = tool.class === 'read' ? 'only reads' : 'each call takes two people';
  return `${as}; ${tool.digest.slice(0, DIGEST_CHARS_SHOWN)}; its server says: ${shownText(descriptionOf(tool))}`;
}
