import { type Act, type Presentation, TIER_REASON_TEXT } from '../../src/model/proposal.ts';

/**
 * Reads kept texts as what a page draws; undefined where they are not. Only so strict that drawing cannot fail: whether they
 * are what was signed is told by their digest. The strict readers of the core are not for here, since what they are made with
 * compiles code, which the pages' policy forbids.
 */
export function readShown(
  presentation: string,
  act: string,
): { readonly presentation: Presentation; readonly act: Act } | undefined {
  const [shown, done] = [parsed(presentation), parsed(act)];
  return isPresentation(shown) && isAct(done)
    ? { presentation: shown as Presentation, act: done as unknown as Act }
    : undefined;
}

type Members = { readonly [name: string]: unknown };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areTexts(value: unknown, ...names: readonly string[]): value is Members {
  return isMembers(value) && names.every(name => typeof value[name] === 'string');
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

const isText = (value: unknown): boolean => typeof value === 'string';

function isPresentation(value: unknown): boolean {
  if (!areTexts(value, 'sentence', 'targetName', 'dryRun')) return false;
  const { tier, reasons, changes, coverage, blast, undo, evidence, refusals, seats, lease } = value;
  return (
    ['T1', 'T2', 'T3', 'TX'].includes(tier as string) &&
    isListOf(reasons, reason => typeof reason === 'string' && Object.hasOwn(TIER_REASON_TEXT, reason)) &&
    isListOf(changes, change => areTexts(change, 'path', 'from', 'to')) &&
    areTexts(coverage, 'status') &&
    isListOf(coverage['gaps'], gap => areTexts(gap, 'stream', 'from', 'to')) &&
    isMembers(blast) &&
    ['direct', 'dependents', 'unknown'].every(name => isListOf(blast[name], isText)) &&
    areTexts(undo, 'operation', 'sentence') &&
    isListOf(undo['residue'], isText) &&
    isUndoCheck(undo['check']) &&
    (lease === undefined || areTexts(lease, 'endsAt', 'sentence')) &&
    isListOf(evidence, item => areTexts(item, 'id', 'pointer', 'value', 'says')) &&
    isListOf(refusals, isText) &&
    (seats === undefined || isListOf(seats, seat => areTexts(seat, 'slot') && isListOf(seat['people'], isText)))
  );
}

function isUndoCheck(value: unknown): boolean {
  return (
    value === undefined ||
    (areTexts(value, 'verdict') &&
      isListOf(value['brings'], change => areTexts(change, 'path', 'from', 'to')) &&
      isListOf(value['leaves'], isText) &&
      isListOf(value['obstacles'], isText))
  );
}

function isAct(value: unknown): boolean {
  return isMembers(value) && areTexts(value['target'], 'type', 'system', 'immutableId');
}
