import type pg from 'pg';
import { fail, type Result } from '../base/result.ts';
import { rfc3339, type UnixMs } from '../base/time.ts';
import { everyRight, rightsLook } from '../core/act/rights.ts';
import { LOOK_EVERY_MS, type PowerLook, type RightsLook } from '../model/api-powers.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { Responder, RightSeen } from '../ports/responder.ts';
import type { ConnectedSystem } from '../ports/secrets.ts';
import { looker } from './looker.ts';
import { secretMark } from './secret-mark.ts';
import type { Storage } from './storage.ts';

/** Systems that are looked at at the same time. */
const AT_ONCE_MAX = 4;
/** A look that takes longer is given up: what its calls wait for ends by itself soon after. */
const LOOK_MS_MAX = 20_000;

/** What the looks stand on. */
export interface LookWorld {
  readonly pool: pg.Pool;
  readonly storage: Storage;
  readonly responders: ReadonlyMap<string, Responder>;
  readonly startedSystems: readonly ConnectedSystem[];
  readonly now: () => UnixMs;
}

/**
 * Looks at the rights of every connected system now and then, and at once where its settings or secrets changed. Beside the acts
 * and in nobody's way: with the credentials that read, few at a time, each for a bounded time; one that fails is told and looked
 * at again.
 */
export class PowerLooks {
  private readonly world: LookWorld;
  private readonly looked = new Map<string, { readonly stamp: string; readonly at: number }>();
  private running: Promise<void> | undefined;

  constructor(world: LookWorld) {
    this.world = world;
  }

  /** Begins to look at what is due, where no look is under way. Settles when that round is over. */
  begin(): Promise<void> {
    this.running ??= this.round().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async round(): Promise<void> {
    const systems = [...this.world.startedSystems, ...this.world.storage.systems()];
    const markOf = (text: string) => secretMark(this.world.storage.idempotencySeed, text);
    const marks = new Map(systems.map(system => [system, markOf(system.writeCredential)]));
    const due = systems.filter(system => this.isDue(system.config.system, markOf(JSON.stringify(system))));
    const next = async (): Promise<void> => {
      for (let system = due.shift(); system !== undefined; system = due.shift()) {
        const sharedWith = systems
          .filter(other => other !== system && marks.get(other) === marks.get(system))
          .map(({ config }) => config.system);
        await this.lookAt(system, sharedWith);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE_MAX }, next));
  }

  private isDue(system: string, stamp: string): boolean {
    const known = this.looked.get(system);
    const now = this.world.now();
    if (known?.stamp === stamp && now - known.at < LOOK_EVERY_MS) return false;
    this.looked.set(system, { stamp, at: now });
    return true;
  }

  private async lookAt(system: ConnectedSystem, sharedWith: readonly string[]): Promise<void> {
    const { pool, storage, responders, now, startedSystems } = this.world;
    const { readCredential, writeCredential, probeCredential, config } = system;
    const isMadeAtStart = startedSystems.includes(system);
    const secrets = [readCredential, writeCredential, ...(probeCredential === undefined ? [] : [probeCredential])];
    const [read, write, probe] = isMadeAtStart ? [] : storage.secretsKnownSince(secrets, now()).map(rfc3339);
    const { summary, list } = await seeRights(responders.get(config.responder), system);
    const look: PowerLook = {
      v: 1,
      known: { read: read ?? '', write: write ?? '', probe: probe ?? '' },
      isMadeAtStart,
      sharedWith,
      rights: summary,
      list,
    };
    await pool.query(
      `INSERT INTO power_look (tenant_id, system, responder, body, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, system, responder) DO UPDATE SET body = excluded.body, at = excluded.at`,
      [storage.genesis.tenant, config.system, config.responder, JSON.stringify(look), new Date(now())],
    );
  }
}

/** What the credentials of a system may do there, by a look with the one that reads. Changes nothing. */
export async function seeRights(responder: Responder | undefined, system: ConnectedSystem): Promise<RightsLook> {
  if (responder === undefined) return rightsLook('failed', [], 'responder.unknown');
  const all = (seen: readonly RightSeen[], because: string) => everyRight(responder.manifest, seen, because);
  if (responder.rights === undefined)
    return rightsLook('not_told', all([], 'Countersign can read no right of this kind of system'));
  const answered = await within(responder.rights(system.config, looker(system)));
  return answered.ok
    ? rightsLook('seen', all(answered.value, 'the system does not tell'))
    : rightsLook('failed', all([], 'the look failed'), answered.failure.code);
}

async function within(
  work: Promise<Result<readonly RightSeen[], Failure>>,
): Promise<Result<readonly RightSeen[], Failure>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Result<never, Failure>>(resolve => {
    timer = setTimeout(
      () => resolve(fail(failureOf('responder.unreachable', `no answer within ${LOOK_MS_MAX} ms`))),
      LOOK_MS_MAX,
    );
  });
  const answered = work.catch((error: unknown) =>
    fail(failureOf('responder.unreachable', error instanceof Error ? error.name : 'failed')),
  );
  try {
    return await Promise.race([answered, late]);
  } finally {
    clearTimeout(timer);
  }
}
