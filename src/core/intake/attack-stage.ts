/** ATT&CK Enterprise tactics in the order of its matrix. */
export const TACTIC_STAGE: ReadonlyMap<string, number> = new Map(
  [
    'reconnaissance',
    'resource-development',
    'initial-access',
    'execution',
    'persistence',
    'privilege-escalation',
    'defense-evasion',
    'credential-access',
    'discovery',
    'lateral-movement',
    'collection',
    'command-and-control',
    'exfiltration',
    'impact',
  ].map((tactic, stage) => [tactic, stage]),
);

/** The furthest stage among these tactics; undefined where none is known. */
export function stageOf(tactics: readonly string[]): number | undefined {
  let furthest: number | undefined;
  for (const tactic of tactics) {
    const stage = TACTIC_STAGE.get(tactic);
    if (stage !== undefined && (furthest === undefined || stage > furthest)) furthest = stage;
  }
  return furthest;
}
