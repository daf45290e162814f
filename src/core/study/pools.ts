import type { UnixMs } from '../../base/time.ts';
import { Pulse } from './stream.ts';

/**
 * What is heard of a product on all hosts, of a host by all products, and of everything: a collector, a machine or our
 * own intake that stops takes all its streams with it.
 */
export class Pools {
  readonly products = new Map<string, Pulse>();
  readonly hosts = new Map<string, Pulse>();
  everything: Pulse | undefined;

  beat(host: string, product: string, at: UnixMs): void {
    pulseOf(this.products, product, at).beat(at);
    pulseOf(this.hosts, host, at).beat(at);
    this.everything ??= new Pulse(at);
    this.everything.beat(at);
  }
}

function pulseOf(pulses: Map<string, Pulse>, name: string, at: UnixMs): Pulse {
  let pulse = pulses.get(name);
  if (pulse === undefined) {
    pulse = new Pulse(at);
    pulses.set(name, pulse);
  }
  return pulse;
}
