import type { AskingLookUp, PullingLookUp } from '../ports/look-up.ts';
import { misp } from './misp/index.ts';
import { taxii } from './taxii/index.ts';
import { virustotal } from './virustotal/index.ts';

/** Every kind of look-up; none asks anybody until an operator configures one of it. */
export const LOOK_UPS: ReadonlyMap<string, AskingLookUp | PullingLookUp> = new Map<
  string,
  AskingLookUp | PullingLookUp
>([misp, taxii, virustotal].map(lookUp => [lookUp.manifest.kind, lookUp]));
