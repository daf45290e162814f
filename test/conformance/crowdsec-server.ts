import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { NOT_IN_THIS_LANE, notHere, startServer } from './server-process.ts';

/** Its package asks the network while it is installed, so only its two programs are unpacked: `.ci/run` does that. */
export const NO_CROWDSEC =
  NOT_IN_THIS_LANE ?? notHere('crowdsec', 'crowdsec, unpacked') ?? notHere('cscli', 'crowdsec, unpacked');

/** Nobody is trusted beyond their key, and nothing of the hub or of the central API is set. */
const config = (home: string, port: number) => `
common: {daemonize: false, log_media: stdout, log_level: error, working_dir: ${home}}
config_paths:
  {config_dir: ${home}/, data_dir: ${home}/, simulation_path: ${home}/simulation.yaml, hub_dir: ${home}/hub/,
   index_path: ${home}/hub/.index.json, notification_dir: ${home}/none/, plugin_dir: ${home}/none/}
db_config: {log_level: error, type: sqlite, db_path: ${home}/crowdsec.db, use_wal: true}
api:
  client: {insecure_skip_verify: false, credentials_path: ${home}/login.yaml}
  server: {log_level: error, listen_uri: "127.0.0.1:${port}", profiles_path: ${home}/profiles.yaml, trusted_ips: ["192.0.2.1"]}
prometheus: {enabled: false}
`;

const PROFILE = "name: none\nfilters: ['false']\ndecisions: [{type: ban, duration: 1h}]\non_success: break\n";

export interface Crowdsec {
  readonly url: (port?: number) => string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a local API of its own, which knows these machines and bouncers by their secrets, and calls nobody. */
export async function startCrowdsec(
  machines: { readonly [name: string]: string },
  bouncers: { readonly [name: string]: string },
): Promise<Crowdsec> {
  const home = await mkdtemp(join(tmpdir(), 'cs-crowdsec-'));
  const port = await freePort();
  const file = join(home, 'config.yaml');
  for (const folder of ['hub', 'none']) await mkdir(join(home, folder));
  await writeFile(file, config(home, port));
  await writeFile(join(home, 'profiles.yaml'), PROFILE);
  await writeFile(join(home, 'simulation.yaml'), 'simulation: false\n');
  await writeFile(join(home, 'hub', '.index.json'), '{}');
  const cscli = (...args: readonly string[]) => execFileSync('cscli', ['-c', file, ...args], { stdio: 'pipe' });
  for (const [name, password] of Object.entries(machines))
    cscli('machines', 'add', name, '--password', password, '-f', join(home, 'login.yaml'), '--force');
  for (const [name, key] of Object.entries(bouncers)) cscli('bouncers', 'add', name, '-k', key);
  const server = await startServer('crowdsec', ['-c', file, '-no-cs'], port);
  return {
    url: (other = port) => `http://127.0.0.1:${other}`,
    port,
    async stop() {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
