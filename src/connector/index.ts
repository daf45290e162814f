/**
 * `countersign/connector`: what it takes to write a responder outside this repository and to hold it to the same suite
 * as ours. docs/howto/add-a-responder.md tells how. Nothing of the product imports this folder.
 */
export { fail, ok, type Result } from '../base/result.ts';
export { type UnixMs, unixMsFrom } from '../base/time.ts';
export { type Failure, failureOf } from '../model/failure.ts';
export type { PollAnswer, PollBatch, Poller, PollGap, PollRequest, PollWorld } from '../ports/poller.ts';
export { PollTrouble } from '../ports/poller.ts';
export type {
  Observation,
  Operation,
  Plan,
  PlanRequest,
  Receipt,
  Responder,
  ResponderContext,
  ResponderManifest,
  Secret,
  SystemConfig,
  TargetFacts,
  WriteCapability,
} from '../ports/responder.ts';
export type { RawRecord, Refusal, Source } from '../ports/source.ts';
export { openFor } from '../responders/shared/open-for.ts';
export { sealPlan } from '../responders/shared/seal.ts';
export { errorTextWithout, NoAnswer, shownText, withinMs } from '../responders/shared/wire-text.ts';
export { BROKEN, type Broken } from './broken.ts';
export type { Check } from './calls.ts';
export { CHECKS, conformance, type Runner } from './conformance.ts';
export {
  BROKEN_POLLERS,
  type BrokenPoller,
  POLLER_CHECKS,
  type PolledProduct,
  type PollerCheck,
} from './poller-checks.ts';
export { type Between, startProxy } from './proxy.ts';
export {
  BROKEN_SOURCES,
  type BrokenSource,
  SOURCE_CHECKS,
  type SourceCase,
  type SourceCheck,
} from './source-checks.ts';
export type { Change, ConformanceTarget, HeldConnection } from './target.ts';
