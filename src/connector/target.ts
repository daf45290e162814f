import type { Operation, Plan, Responder, SystemConfig } from '../ports/responder.ts';
import type { Between } from './proxy.ts';

/** Something that a test changes on the target, as its administrator, and takes back. */
export interface Change {
  readonly name: string;
  apply(): Promise<void>;
  /** Leaves the target as it was before `apply`. */
  revert(): Promise<void>;
}

/** A connection that an attacker really holds. */
export interface HeldConnection {
  /** Whether it can read at this moment. */
  reads(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * A real target system, as the conformance suite needs it: reachable as its administrator, so that the suite never has
 * to believe the responder.
 */
export interface ConformanceTarget {
  readonly responder: Responder;
  readonly system: SystemConfig;
  /** The same system, reached through {@link proxy}. */
  readonly proxied: SystemConfig;
  readonly proxy: Between;
  /** `probe` is a JSON object of secrets by the name that they belong to; `{}` where there is none. */
  readonly secrets: { readonly read: string; readonly write: string; readonly probe: string };
  /** The pair of operations that contain and release; without the second the first has to be irreversible. */
  readonly contain: Operation;
  readonly release: Operation | undefined;
  /** Where the responder itself is, so that the suite can load it in a process of its own and kill that: a module's URL and the name it is exported by. */
  readonly program: { readonly module: string; readonly name: string };
  /** `unproven`: nothing there shows whether whoever held the access has lost it, and the responder must never say that it has. */
  readonly effect: 'proven' | 'unproven';
  /** The act leaves open sessions alone, and so does its undo: whatever residue it declares is of another sort. */
  readonly leavesSessions?: true;
  /** The act is more than one change: whoever is killed between them leaves one that is told as not in effect, whatever the first shows. */
  readonly isOfSeveralChanges?: true;
  /** What each call may take there, in milliseconds; absent for a second. More makes the suite as much slower. */
  readonly timeoutMs?: number;
  /** Who may be contained. */
  readonly victim: string;
  /** Back to how it was made: the victim let go, nobody else changed, no sessions of the attacker. */
  restore(): Promise<void>;
  /** Everything that an act could change, of everybody, but the version marks that every change moves. Read as administrator. */
  snapshot(): Promise<string>;
  /** The value that stands behind a path of a plan's `changes`, read as administrator. */
  valueAt(path: string): Promise<string>;
  isContained(name: string): Promise<boolean>;
  /** The version mark of the victim now, and under which path of the receipt the one after our write stands. */
  version(): Promise<string>;
  readonly versionAfterPath: string;
  /** Whether bytes that a client sent hold a request to change something. They are read as they pass, so {@link proxied} is not encrypted. */
  asksForChange(sent: Buffer): boolean;
  /** Changes between plan and execution that an act must not overrun. */
  readonly drifts: readonly Change[];
  /** Changes by others after the act that its undo must not overrun; none where there is no undo. */
  readonly driftsAfter: readonly Change[];
  /** Rights that the plan needs or foretells, taken away one at a time. */
  readonly scopes: readonly Change[];
  /** What a credential may not do, tried with it: true where the server lets it. Its name says which: `read: drop a table`. */
  readonly forbidden: readonly { readonly name: string; isAllowed(): Promise<boolean> }[];
  /** From `apply` on the system answers that it made the change, and makes none. */
  readonly lie: Change & { readonly system: SystemConfig };
  hold(): Promise<HeldConnection>;
  /** Contains the victim as an administrator would who thinks of nothing else: without ending what is open. */
  containAlone(): Promise<void>;
  /**
   * A change by hand with the write credential, past the responder. There where the target keeps a log of what that credential
   * does, so where the manifest names a `trail`.
   */
  readonly byHand?: Change;
  /** Sets up what rests on the victim, and says which texts the plan's blast radius must hold for it. */
  readonly rests: Change & { readonly mentions: readonly string[] };
  /** Who must never be acted on, the reason that the plan has to give, and whether the target refuses it by itself, too. */
  readonly untouchable: readonly {
    readonly name: string;
    readonly reason: Plan['refusals'][number]['reason'];
    readonly isRefusedByTarget: boolean;
  }[];
  /** Names that belong to nobody and are made to hit somebody. */
  readonly hostileNames: readonly string[];
  /** Names that somebody could really give to a target of this type, each spelled as a plan is asked for it. */
  readonly hostileAccounts: readonly string[];
  /** Makes a target of that name from {@link hostileAccounts}, which then may be contained; undefined where the system cannot have it. */
  makeHostile(name: string): Promise<Change | undefined>;
  close(): Promise<void>;
}
