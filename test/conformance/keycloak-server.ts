import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { NOT_IN_THIS_LANE } from './server-process.ts';

/** Where its distribution stands, built once with `kc.sh build --db=dev-mem`. */
const HOME = process.env['COUNTERSIGN_KEYCLOAK'] ?? '/opt/keycloak';

export const NO_KEYCLOAK =
  NOT_IN_THIS_LANE ??
  (existsSync(`${HOME}/bin/kc.sh`) ? undefined : 'no Keycloak in /opt/keycloak or where COUNTERSIGN_KEYCLOAK says');

export const START_MS_MAX = 180_000;
const LOOK_EVERY_MS = 250;
const ADMIN = 'first-administrator';

export interface Keycloak {
  readonly port: number;
  readonly url: string;
  /** One call of its administrator: the status, and the JSON that came. */
  call(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Asks a token endpoint of a realm. */
  token(realm: string, form: { readonly [name: string]: string }): Promise<{ readonly [name: string]: string }>;
  stop(): Promise<void>;
}

/** Starts one with its data in memory. Each of its starts takes half a minute, so one serves a whole suite. */
export async function startKeycloak(): Promise<Keycloak> {
  const port = await freePort();
  const password = `canary-${randomBytes(12).toString('hex')}`;
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    `${HOME}/bin/kc.sh`,
    [
      'start',
      '--optimized',
      '--http-enabled=true',
      '--hostname-strict=false',
      '--http-host=127.0.0.1',
      `--http-port=${port}`,
    ],
    {
      stdio: 'ignore',
      // The script starts Java as its child: both end together.
      detached: true,
      env: {
        PATH: process.env['PATH'] ?? '',
        ...(process.env['JAVA_HOME'] === undefined ? {} : { JAVA_HOME: process.env['JAVA_HOME'] }),
        KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN,
        KC_BOOTSTRAP_ADMIN_PASSWORD: password,
      },
    },
  );
  const stop = async () => {
    if (child.exitCode !== null || child.pid === undefined) return;
    const ended = once(child, 'exit');
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  };
  const until = Date.now() + START_MS_MAX;
  while ((await fetch(`${url}/realms/master`).catch(() => undefined))?.status !== 200) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error('Keycloak did not start');
    }
    await sleep(LOOK_EVERY_MS);
  }
  const token: Keycloak['token'] = async (realm, form) => {
    const answer = await fetch(`${url}/realms/${realm}/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    return (await answer.json()) as { readonly [name: string]: string };
  };
  return {
    port,
    url,
    token,
    stop,
    async call(method, path, body) {
      const { access_token } = await token('master', {
        grant_type: 'password',
        client_id: 'admin-cli',
        username: ADMIN,
        password,
      });
      const answer = await fetch(`${url}/admin${path}`, {
        method,
        headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
    },
  };
}
