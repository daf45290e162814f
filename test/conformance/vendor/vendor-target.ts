import { expect } from 'vitest';
import { startProxy } from '../../../src/connector/proxy.ts';
import type { Change, ConformanceTarget } from '../../../src/connector/target.ts';
import type { Responder, SystemConfig } from '../../../src/ports/responder.ts';
import type { Contract } from './contract.ts';
import { type Double, type Product, startDouble, TRIES } from './double.ts';

/** A time that no other change of the same double has. */
export function timeOf(tick: number): string {
  return new Date(Date.UTC(2026, 0, 1) + tick * 1_000).toISOString();
}

/** Everything that a vendor's suite has to say; the rest is the same for all. `S` is what the product keeps. */
export interface VendorSuite<S> {
  readonly contract: Contract;
  readonly responder: Responder;
  readonly program: ConformanceTarget['program'];
  /** Without the second the first is irreversible. */
  readonly operations: readonly [contain: string, release?: string];
  readonly secrets: { readonly read: string; readonly write: string };
  readonly settings: (base: string) => SystemConfig['settings'];
  /** What the product keeps when a check begins. The same each time. */
  readonly initial: () => S;
  /** The product over its state: a throw-away copy of it while it lies. */
  readonly product: (state: () => S, kept: () => S) => Product;
  readonly victim: string;
  /** What an act can change, without the marks that every change moves. */
  readonly snapshot: (state: S) => unknown;
  readonly valueAt: (state: S, path: string) => string;
  readonly isContained: (state: S, name: string) => boolean;
  readonly version: (state: S) => string;
  readonly versionAfterPath: string;
  readonly drifts: readonly Edit<S>[];
  readonly driftsAfter: readonly Edit<S>[];
  readonly scopes: readonly Edit<S>[];
  /** Rights beyond what is needed, given to one of the two credentials; absent where the product tells nobody of them. */
  readonly tooMuch?: readonly Edit<S>[];
  /** Requests that neither credential may make: with which of them, and a token that it has. */
  readonly forbidden: readonly {
    readonly by: 'read' | 'write';
    readonly method: string;
    readonly path: string;
    readonly body?: object;
  }[];
  /** Headers that prove who asks, as the responder would have them: for {@link forbidden}. */
  readonly authorization: (
    by: 'read' | 'write',
    request: { readonly method: string; readonly url: string; readonly body?: string },
  ) => Promise<{ readonly [name: string]: string }>;
  /** A look that the document has, with a parameter that it has not; absent where one can be made of what was asked. */
  readonly nonsense?: string;
  readonly containAlone: (state: S) => void;
  /** Whether whatever was held by its id still is what it was. */
  readonly holds: (state: S) => boolean;
  /** A change by hand as the one that writes; there where the product's log is read. */
  readonly byHand?: Edit<S>;
  readonly rests: Edit<S> & { readonly mentions: readonly string[] };
  readonly untouchable: readonly Pick<ConformanceTarget['untouchable'][number], 'name' | 'reason'>[];
  readonly hostileNames: readonly string[];
  readonly hostileAccounts: readonly string[];
  readonly makeHostile: (state: S, name: string) => void;
}

export interface Edit<S> {
  readonly name: string;
  readonly apply: (state: S) => void;
}

export interface VendorTarget extends ConformanceTarget {
  readonly tooMuch: readonly Change[];
  readonly double: Double;
  readonly contract: Contract;
  readonly base: string;
  /** Looks, with the right to, at what the document does not have; gives the status and what the double found wrong. */
  tryWrong(): Promise<readonly [status: number, found: readonly string[]]>;
}

/** A request to change something; one for a token is none. */
export const CHANGE = /(?:PATCH|POST|PUT|DELETE) \/(?!\S*\/(?:access_tokens|token) )\S* HTTP\/1\.1\r\n/;

/** Starts a double of a product and describes it to the suite. */
export async function startVendorTarget<S>(suite: VendorSuite<S>): Promise<VendorTarget> {
  let state = suite.initial();
  let lies = false;
  const double = await startDouble(
    suite.contract,
    suite.product(
      () => (lies ? structuredClone(state) : state),
      () => state,
    ),
  );
  const proxy = await startProxy({ host: '127.0.0.1', port: double.port });
  const base = `http://127.0.0.1:${double.port}`;
  const { name } = suite.responder.manifest;
  const system: SystemConfig = { responder: name, system: `${name}-double`, settings: suite.settings(base) };
  const [contain, release] = suite.operations.map(wanted =>
    suite.responder.manifest.operations.find(operation => operation.name === wanted),
  );
  if (contain === undefined || suite.operations.length !== (release === undefined ? 1 : 2))
    throw new Error('the responder has no such operation');
  const change = (edit: Edit<S>): Change => {
    let before: S | undefined;
    return {
      name: edit.name,
      async apply() {
        before = structuredClone(state);
        edit.apply(state);
      },
      async revert() {
        state = before ?? state;
      },
    };
  };
  return {
    double,
    base,
    contract: suite.contract,
    async tryWrong() {
      const [looked = ''] = [...double.exchanges.keys()].filter(one => one.startsWith('GET '));
      const path = `${looked.slice('GET '.length).replaceAll(/\{[^}]+\}/g, '1')}?nonsense=1`;
      const request = { method: 'GET', url: base + (suite.nonsense ?? path) };
      const headers = { ...(await suite.authorization('read', request)), [TRIES]: 'report' };
      const { status } = await fetch(request.url, { headers });
      return [status, double.violations.splice(0)];
    },
    responder: suite.responder,
    program: suite.program,
    effect: 'unproven',
    system,
    proxied: { ...system, settings: suite.settings(`http://127.0.0.1:${proxy.port}`) },
    proxy,
    secrets: { ...suite.secrets, probe: '{}' },
    contain,
    release,
    timeoutMs: 2_000,
    victim: suite.victim,
    async restore() {
      expect(double.violations, 'every exchange is as the vendor describes it').toEqual([]);
      proxy.reset();
      lies = false;
      state = suite.initial();
    },
    snapshot: async () => JSON.stringify(suite.snapshot(state)),
    valueAt: async path => suite.valueAt(state, path),
    isContained: async who => suite.isContained(state, who),
    version: async () => suite.version(state),
    versionAfterPath: suite.versionAfterPath,
    asksForChange: sent => CHANGE.test(sent.toString('latin1')),
    drifts: suite.drifts.map(change),
    driftsAfter: suite.driftsAfter.map(change),
    scopes: suite.scopes.map(change),
    tooMuch: (suite.tooMuch ?? []).map(change),
    forbidden: suite.forbidden.map(({ by, method, path, body }) => ({
      name: `${by}: ${method} ${path}`,
      async isAllowed() {
        const request = { method, url: base + path, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
        const headers = { ...(await suite.authorization(by, request)), connection: 'close', [TRIES]: 'yes' };
        return (await fetch(request.url, { ...request, headers })).status < 400;
      },
    })),
    lie: {
      name: 'a lie',
      system,
      async apply() {
        lies = true;
      },
      async revert() {
        lies = false;
      },
    },
    hold: async () => ({ reads: async () => suite.holds(state), close: async () => undefined }),
    containAlone: async () => suite.containAlone(state),
    ...(suite.byHand === undefined ? {} : { byHand: change(suite.byHand) }),
    rests: { ...change(suite.rests), mentions: suite.rests.mentions },
    untouchable: suite.untouchable.map(one => ({ ...one, isRefusedByTarget: true })),
    hostileNames: suite.hostileNames,
    hostileAccounts: suite.hostileAccounts,
    makeHostile: async name => change({ name, apply: now => suite.makeHostile(now, name) }),
    async close() {
      await proxy.close();
      await double.close();
      expect(double.violations, 'every exchange is as the vendor describes it').toEqual([]);
    },
  };
}
