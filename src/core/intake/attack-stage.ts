import { TACTICS } from '../../model/attack.ts';

/** Where in the order of the matrix each ATT&CK tactic stands. */
export const TACTIC_STAGE: ReadonlyMap<string, number> = new Map(TACTICS.map((tactic, stage) => [tactic, stage]));

/** The furthest stage among these tactics; undefined where none is known. */
export function stageOf(tactics: readonly string[]): number | undefined {
  let furthest: number | undefined;
  for (const tactic of tactics) {
    const stage = TACTIC_STAGE.get(tactic);
    if (stage !== undefined && (furthest === undefined || stage > furthest)) furthest = stage;
  }
  return furthest;
}
