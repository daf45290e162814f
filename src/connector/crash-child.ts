import { text } from 'node:stream/consumers';
import { unixMsFrom } from '../base/time.ts';
import { createCapability, secretOf } from '../executor/capability.ts';
import type { Plan, Responder, SystemConfig } from '../ports/responder.ts';

/** What {@link executeInProcess} hands to the process, on its standard input. */
export interface Order {
  readonly module: string;
  readonly name: string;
  readonly plan: Plan;
  readonly system: SystemConfig;
  readonly key: string;
  readonly secrets: { readonly read: string; readonly write: string; readonly probe: string };
  readonly timeoutMs: number;
}

// The order comes from the suite that started this process, and from nobody else.
const order = JSON.parse(await text(process.stdin)) as Order;
const exported = (await import(order.module)) as { readonly [name: string]: Responder };
const responder = exported[order.name];
if (responder === undefined) throw new Error(`${order.module} exports no ${order.name}`);
const receipt = await responder.execute(
  order.plan,
  order.system,
  createCapability({
    actDigest: '0'.repeat(64),
    idempotencyKey: order.key,
    open: async () => secretOf(order.secrets.write),
    stillAllowed: async () => true,
  }),
  {
    now: () => unixMsFrom(Date.now()),
    readCredential: async () => secretOf(order.secrets.read),
    probeCredential: async () => secretOf(order.secrets.probe),
    timeoutMs: order.timeoutMs,
  },
);
process.stdout.write(JSON.stringify(receipt), () => process.exit(0));
