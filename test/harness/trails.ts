import { fail, ok } from '../../src/base/result.ts';
import { type UnixMs, unixMsFrom } from '../../src/base/time.ts';
import { TRAIL_EVERY_MS } from '../../src/core/act/reconcile.ts';
import { lookAtTrails, type TrailPorts } from '../../src/executor/trail.ts';
import { trailPorts } from '../../src/executor/trail-rows.ts';
import { failureOf } from '../../src/model/failure.ts';
import type { Responder, TrailEntry } from '../../src/ports/responder.ts';
import { type Installation, type InstallationOptions, startInstallation } from './installation.ts';
import { TARGET_RESPONDER, type TestTarget, targetResponder } from './target.ts';

/** The log that a target keeps of its own writes, and how it can be made to misbehave. */
export interface TargetTrail {
  lines: TrailEntry[];
  /** How far the target's clock is from everybody else's. */
  aheadMs: number;
  /** Tells no clock. */
  isClockless: boolean;
  /** Says which key a write came with. */
  keepsKey: boolean;
  /** What a look meets in place of an answer. */
  failure: 'responder.unreachable' | 'responder.no_trail' | undefined;
  /** How often it was asked. */
  asked: number;
}

export interface TrailedInstallation {
  readonly world: Installation;
  readonly trail: TargetTrail;
  readonly ports: TrailPorts;
}

/** An installation whose target writes down each write, whoever it came from, and whose executor looks at that. */
export async function startTrailed(
  start: (options: InstallationOptions) => Promise<Installation> = startInstallation,
  changed: Partial<TargetTrail> = {},
): Promise<TrailedInstallation> {
  const trail: TargetTrail = {
    lines: [],
    aheadMs: 0,
    isClockless: false,
    keepsKey: false,
    failure: undefined,
    asked: 0,
    ...changed,
  };
  let now = () => unixMsFrom(Date.now());
  let responder: Responder | undefined;
  const world = await start({
    responder: target => {
      responder = withTrail(target, trail, () => now());
      return responder;
    },
  });
  now = world.context.now;
  if (responder === undefined) throw new Error('the installation has a responder');
  return { world, trail, ports: portsOf(world, responder) };
}

function portsOf(world: Installation, responder: Responder): TrailPorts {
  const { executorPool: pool, storage } = world;
  const responders = new Map([[TARGET_RESPONDER, responder]]);
  return trailPorts({ pool, storage, responders, startedSystems: [] }, world.context.now);
}

export function withTrail(target: TestTarget, trail: TargetTrail, now: () => UnixMs): Responder {
  const plain = targetResponder(target);
  const write = target.write;
  target.write = async (credential, request) => {
    const before = target.effects.length;
    try {
      return await write(credential, request);
    } finally {
      if (target.effects.length > before) trail.lines.push(lineOf(request, trail, now()));
    }
  };
  return {
    ...plain,
    manifest: { ...plain.manifest, trail: 'what the test target writes down' },
    async auditTrail(cursor) {
      trail.asked++;
      if (trail.failure !== undefined) return fail(failureOf(trail.failure, 'the test says so'));
      const from = cursor === '' ? trail.lines.length : Number(cursor);
      if (from > trail.lines.length) return fail(failureOf('responder.trail_cut', `${from} was read`));
      return ok({
        entries: trail.lines.slice(from),
        cursor: String(trail.lines.length),
        ...(trail.isClockless ? {} : { clock: unixMsFrom(now() + trail.aheadMs) }),
      });
    },
  };
}

function lineOf(
  { id, isOpen, key }: { readonly id: string; readonly isOpen: boolean; readonly key: string },
  trail: TargetTrail,
  now: number,
): TrailEntry {
  return {
    id: String(trail.lines.length + 1),
    at: unixMsFrom(now + trail.aheadMs),
    target: id,
    operation: isOpen ? 'open' : 'suspend',
    key: trail.keepsKey ? key : '',
    text: `${isOpen ? 'opened' : 'closed'} ${id}`,
    from: 'test',
  };
}

/** Whoever has the write credential in hand closes or opens an account, past everybody. */
export function writeByHand({ target }: Installation, name: string, isOpen = false): Promise<unknown> {
  const { id } = target.account(name);
  return target.write(target.writeCredential, { id, isOpen, ifVersion: undefined, key: `by hand ${Math.random()}` });
}

/** A minute passes, and the next look comes of it. */
export async function nextLook({ world, ports }: Pick<TrailedInstallation, 'world' | 'ports'>): Promise<void> {
  world.advance(TRAIL_EVERY_MS);
  const trouble: unknown[] = [];
  await lookAtTrails(ports, (_system, error) => trouble.push(error));
  if (trouble.length > 0) throw trouble[0];
}
