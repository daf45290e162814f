import type { Id } from '../base/id.ts';
import type { Genesis } from './genesis.ts';
import type { SystemConfig } from './responder.ts';
import type { SyslogListen } from './syslog.ts';

/*
 * What the supervisor hands to each of its processes: one line of JSON over a pipe of its own (descriptor 3), which is
 * then closed. Never by environment or argument, which others can read. A process is told what it needs and no more.
 */

/** What every process is told. */
export interface CommonSecrets {
  readonly v: 1;
  readonly installation: Id<'installation'>;
  readonly tenant: string;
  /** Fixed when the data directory was made. */
  readonly demo: boolean;
  /** A connection string of this process's own role (`postgresql:///db?host=…&user=…&password=…`). */
  readonly databaseUrl: string;
  /** False where all processes run as one user, and so are not isolated from each other. The page says so. */
  readonly isIsolated: boolean;
  /** What this program calls itself: `0.1.0`. */
  readonly programVersion: string;
}

export interface ServerSecrets extends CommonSecrets {
  readonly process: 'server';
  /** Where it listens, on loopback only. */
  readonly port: number;
  /** The one address that pages are opened at: `http://localhost:8080`. Host and Origin are checked against it. */
  readonly origin: string;
  /** The host name of {@link origin}, to which passkeys are bound. */
  readonly rpId: string;
  /** Ed25519 seed of the log's key, base64url, 32 bytes. Its name is `genesis.logOrigin`. */
  readonly logSeed: string;
  /** Key for whatever the server signs for itself only (session cookies, page tokens). Base64url, 32 bytes. */
  readonly sessionKey: string;
  /** Hex of SHA-256 of the token in the 0600 file by which commands on this machine authenticate. */
  readonly cliTokenSha256: string;
  readonly genesis: Genesis;
  /** A folder that only the server may read and write. */
  readonly folder: string;
  /** The built pages. */
  readonly webFolder: string;
  /** The prompts of this release, `<id>/<version>/…`. Absent: none loads, and no model is asked. */
  readonly promptsFolder?: string;
  /** Whether an ai process had been started when this was handed over; one may be started later. */
  readonly hasAi: boolean;
  readonly demoScenario: DemoScenario | undefined;
  /** Ports on which syslog is listened for; absent: none. */
  readonly syslog?: readonly SyslogListen[];
}

/** What the server needs to play the built-in scenario through its own intake. */
export interface DemoScenario {
  /** Inventory of the demo, in the form that an administrator would load. Its digest is in genesis. */
  readonly inventory: string;
  /** Names of the systems that the supervisor started, without any secret. */
  readonly systems: readonly SystemConfig[];
}

export interface ExecutorSecrets extends CommonSecrets {
  readonly process: 'executor';
  /**
   * Its own storage, outside the data directory: `genesis.json` ({@link Genesis}), `systems.json`
   * ({@link ConnectedSystem}[], may be absent) and what the executor keeps itself, such as its last checkpoint.
   */
  readonly folder: string;
  /** Target systems that the supervisor started itself. In a demo these are all that may be acted on. */
  readonly startedSystems: readonly ConnectedSystem[];
}

/** No database, no socket, no other secret: the keys of the providers are in its own folder and nowhere else. */
export interface AiSecrets {
  readonly v: 1;
  readonly process: 'ai';
  /** A folder that only the ai process may read and write. */
  readonly folder: string;
}

/** A target system with its credentials. Nobody but the executor has these. */
export interface ConnectedSystem {
  readonly config: SystemConfig;
  readonly readCredential: string;
  readonly writeCredential: string;
  /** Shows whether an effect holds; undefined where there is none. */
  readonly probeCredential: string | undefined;
}

/** A process of ours that has started. */
export interface RunningProcess {
  /** Ends what it holds, in order. Settles within a few seconds. */
  stop(): Promise<void>;
}
