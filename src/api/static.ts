import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { Hono } from 'hono';
import type { ServerContext } from '../app/context.ts';
import { type DoorContext, type Frame, refuse } from './door.ts';

const TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
  ['.json', 'application/json'],
  ['.woff2', 'font/woff2'],
  ['.txt', 'text/plain; charset=utf-8'],
]);
/** Files with a hash in their name. */
const FOREVER = 'public, max-age=31536000, immutable';
/** Scripts and tiles of this origin, and nothing else. */
const WORKER_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'";
/** What the built page holds in place of its nonce. */
const NONCE = '__CSP_NONCE__';

/**
 * The built pages, read into memory once: a path is looked up among them and never joined to a folder. Every path that
 * is no file and belongs to no other door is the one page, which finds its own way.
 */
export function staticRoutes(context: ServerContext, webFolder: string): Hono<Frame> {
  const files = readAll(webFolder);
  return new Hono<Frame>().get('*', async c => {
    if (/^\/(api|log|ingest|metrics|healthz|readyz|openapi\.json)(\/|$)/.test(c.req.path))
      return refuse('not_found', c.req.path);
    const found = (await files).get(c.req.path);
    if (found === undefined || c.req.path === '/index.html')
      return answerPage(c, context, (await files).get('/index.html'));
    c.header('content-type', TYPES.get(extname(c.req.path)) ?? 'application/octet-stream');
    c.header('cache-control', c.req.path.startsWith('/assets/') ? FOREVER : 'no-cache');
    // A worker has the policy of its own script, and the one that verifies the log reads the log's tiles.
    if (c.req.path.endsWith('.js')) c.header('content-security-policy', WORKER_POLICY);
    return c.body(Uint8Array.from(found).buffer);
  });
}

async function readAll(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const name of names) {
    if (!name.isFile() || name.name.endsWith('.map')) continue;
    const path = join(name.parentPath, name.name);
    files.set(`/${relative(folder, path).split(sep).join('/')}`, await readFile(path));
  }
  return files;
}

function answerPage(c: DoorContext, context: ServerContext, page: Uint8Array | undefined): Response {
  if (page === undefined)
    return c.text('The pages are not built: run `npm run build`. The command line and the API work.', 404);
  // Cookies and passkeys belong to one name: somebody who typed an address is sent to it.
  if (c.req.header('host') !== new URL(context.origin).host)
    return c.redirect(new URL(c.req.path, context.origin).toString(), 302);
  const nonce = randomBytes(16).toString('base64');
  c.header('content-security-policy', pagePolicy(nonce));
  c.header('content-type', 'text/html; charset=utf-8');
  return c.body(Buffer.from(page).toString('utf8').replaceAll(NONCE, nonce));
}

/** Nothing from anywhere else, no inline script, and markup only through the page's own Trusted Types policy. */
function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ].join('; ');
}
