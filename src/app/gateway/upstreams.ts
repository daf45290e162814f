import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UPSTREAM_NAME } from '../../model/tool.ts';
import { writeForFolder } from '../folder-file.ts';
import { errorCode, Refusal } from '../refusal.ts';

/** Somebody else's server, with the credential that only reads there. The one that writes is the executor's. */
export interface Upstream {
  readonly name: string;
  readonly url: string;
  readonly readCredential: string;
  /** Where below `url` the OpenAPI document of a plain HTTP interface is; absent for an MCP server. */
  readonly document?: string;
}

/** The responder that makes the calls which people signed. */
export function responderOf({ document }: Upstream): 'mcp-tool' | 'http-call' {
  return document === undefined ? 'mcp-tool' : 'http-call';
}

const FILE = z.array(
  z.strictObject({
    name: z.string().regex(UPSTREAM_NAME),
    url: z.string(),
    readCredential: z.string(),
    document: z.string().optional(),
  }),
);

/** In the folder that only the server may read. */
const fileIn = (folder: string): string => join(folder, 'upstreams.json');

/** The upstreams as they are now: an operator may add or forget one while the server runs. One that cannot be read is none. */
export function upstreamsIn(folder: string): () => readonly Upstream[] {
  const path = fileIn(folder);
  let known: { readonly stamp: string; readonly upstreams: readonly Upstream[] } | undefined;
  return () => {
    const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
    const stamp = stats === undefined ? 'none' : `${stats.ino}/${stats.mtimeNs}/${stats.size}`;
    if (known?.stamp !== stamp)
      known = { stamp, upstreams: stats === undefined ? [] : parse(readFileSync(path, 'utf8')) };
    return known.upstreams;
  };
}

function parse(text: string): readonly Upstream[] {
  try {
    return FILE.parse(JSON.parse(text)).map(({ document, ...upstream }) => ({
      ...upstream,
      ...(document === undefined ? {} : { document }),
    }));
  } catch {
    return [];
  }
}

/** What is in a server's folder, for the command line. Throws a {@link Refusal} where this user may not read it. */
export async function readUpstreams(folder: string): Promise<readonly Upstream[]> {
  const file = fileIn(folder);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '[]';
    if (errorCode(error) === 'EACCES')
      throw new Refusal(`${file} may only be read by whoever started Countersign; run this command as that user.`);
    throw error;
  });
  return parse(text);
}

/** Adds an upstream, or replaces the one of this name. */
export async function keepUpstream(folder: string, added: Upstream): Promise<void> {
  const others = (await readUpstreams(folder)).filter(one => one.name !== added.name);
  await writeForFolder(fileIn(folder), JSON.stringify([...others, added]));
}

/** Takes one out. False where there was none of this name. */
export async function forgetUpstream(folder: string, name: string): Promise<boolean> {
  const all = await readUpstreams(folder);
  const left = all.filter(one => one.name !== name);
  if (left.length === all.length) return false;
  await writeForFolder(fileIn(folder), JSON.stringify(left));
  return true;
}
