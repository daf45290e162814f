import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { sealed } from '../../core/decide/closed.ts';
import type { ConnectedSystem } from '../../ports/secrets.ts';
import { SETUP_DEFAULTS } from '../../responders/postgres-role/setup.sql.ts';
import type { Identity } from '../identities.ts';
import { type EmbeddedPostgres, startPostgres } from '../postgres.ts';
import { type Attacker, startAttacker } from './attacker.ts';
import { DEMO_INVENTORY, TARGET_SYSTEM } from './inventory.ts';
import {
  CONTRACTOR,
  CUSTOMERS_TABLE,
  DEPLOYER,
  fillTarget,
  ORDERS_DATABASE,
  openPasswords,
  passwordOf,
} from './orders.ts';

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
  /** The demo's inventory, as canonical text. */
  readonly inventory: string;
  /** Digest of that inventory, which genesis pins; empty where there is none. */
  readonly inventoryDigest: string;
  /** Those who hold a login of the target that is not theirs. Their sessions are really open. */
  readonly attackers: readonly Attacker[];
  stop(): Promise<void>;
}

const READ_EVERY_MS = 2_000;

/**
 * Starts the target of a demo and those who attack it. Called by the supervisor, before genesis is written and the
 * executor starts. A target that was started before is as it was left: a role that was locked is locked.
 */
export async function startDemoTarget({ folder, identity, logger }: DemoContext): Promise<DemoTarget> {
  await mkdir(folder, { recursive: true });
  const postgres = await startPostgres({ home: join(folder, 'target'), identity, fsync: true, superuser: 'allowed' });
  try {
    const passwords = await openPasswords(join(folder, 'target', 'passwords.json'));
    await postgres.asSuperuser(url => fillTarget(url, passwords));
    const { text, digest } = sealed('countersign/inventory/v1', DEMO_INVENTORY);
    const attackers = attackersOn(postgres, passwords, logger);
    return {
      postgres,
      systems: [connectedSystem(postgres, passwords)],
      inventory: text,
      inventoryDigest: digest,
      attackers,
      async stop() {
        await Promise.all(attackers.map(attacker => attacker.stop()));
        await postgres.stop();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

function connectedSystem(postgres: EmbeddedPostgres, passwords: ReadonlyMap<string, string>): ConnectedSystem {
  return {
    config: {
      responder: 'postgres-role',
      system: TARGET_SYSTEM,
      settings: { host: postgres.socketDir, port: '5432', database: ORDERS_DATABASE, tls: 'off' },
    },
    readCredential: passwordOf(passwords, SETUP_DEFAULTS.readUser),
    writeCredential: passwordOf(passwords, SETUP_DEFAULTS.writeUser),
    // What the attackers hold: by logging in with it the executor sees whether they still could.
    probeCredential: JSON.stringify({
      [CONTRACTOR]: passwordOf(passwords, CONTRACTOR),
      [DEPLOYER]: passwordOf(passwords, DEPLOYER),
    }),
  };
}

function attackersOn(
  postgres: EmbeddedPostgres,
  passwords: ReadonlyMap<string, string>,
  logger: Logger,
): readonly Attacker[] {
  const attack = (role: string, applicationName: string) =>
    startAttacker({
      role,
      url: postgres.url(ORDERS_DATABASE, role, passwordOf(passwords, role)),
      applicationName,
      table: CUSTOMERS_TABLE,
      logger,
      pauseMs: READ_EVERY_MS,
    });
  return [attack(CONTRACTOR, 'psql'), attack(DEPLOYER, 'runner')];
}
