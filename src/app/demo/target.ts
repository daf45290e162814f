import { join } from 'node:path';
import type { Logger } from 'pino';
import type { ConnectedSystem } from '../../ports/secrets.ts';
import type { Identity } from '../identities.ts';
import { type EmbeddedPostgres, startPostgres } from '../postgres.ts';

export interface DemoContext {
  /** A folder for the target alone. */
  readonly folder: string;
  /** What the target's processes run as; undefined: as ourselves. */
  readonly identity: Identity | undefined;
  readonly logger: Logger;
}

/** The world that a demo acts on: a PostgreSQL of its own, which belongs to nobody else. */
export interface DemoTarget {
  readonly postgres: EmbeddedPostgres;
  /** What the executor is connected to, with the credentials that only it is given. */
  readonly systems: readonly ConnectedSystem[];
  /** The demo's inventory, in the form that an administrator would load. */
  readonly inventory: string;
  /** Digest of that inventory, which genesis pins; empty where there is none. */
  readonly inventoryDigest: string;
  stop(): Promise<void>;
}

/** Starts the target of a demo. Called by the supervisor, before genesis is written and the executor starts. */
export async function startDemoTarget({ folder, identity }: DemoContext): Promise<DemoTarget> {
  const postgres = await startPostgres({ home: join(folder, 'target'), identity, fsync: true, superuser: 'allowed' });
  return { postgres, systems: [], inventory: '', inventoryDigest: '', stop: () => postgres.stop() };
}
