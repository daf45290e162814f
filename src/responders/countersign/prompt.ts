import { lastValue, type ReadOwn } from './reading.ts';

/** The name of a prompt in `own_effect`. */
export function promptObject(id: string): string {
  return `prompt/${id}`;
}

/**
 * A prompt by its id. Its version is the one that was chosen last, or else the first of this program's. One that this
 * program did not lock, byte for byte, cannot be chosen.
 */
export const readPrompt: ReadOwn = async (session, { tenant, prompts }, { target, params, before }) => {
  const id = 'name' in target ? target.name : target.immutableId.replace(/^prompt\//, '');
  const versions = prompts.filter(one => one.id === id);
  const [first] = versions;
  if (first === undefined) return `there is no prompt ${id}`;
  // An undo goes back to what was asked with before; a choice says which.
  const wanted = before?.['prompt.version'] ?? params['version'] ?? '';
  const locked = versions.find(one => one.version === wanted);
  const last = await lastValue(session, tenant, promptObject(id));
  const now = last?.['version'] ?? first.version;
  const refusals = [
    ...(locked === undefined
      ? [{ reason: 'nothing_to_undo' as const, text: `This program has no version ${wanted} of this prompt.` }]
      : []),
    ...(now === wanted
      ? [{ reason: 'already_in_effect' as const, text: 'Models are asked with this version now.' }]
      : []),
  ];
  const sha256 = locked?.sha256 ?? '';
  return {
    object: promptObject(id),
    immutableId: promptObject(id),
    displayName: id,
    marks: [],
    params: { version: wanted },
    state: { 'prompt.version': now, 'prompt.wanted': sha256 },
    before: { 'prompt.version': now },
    changes: [{ path: `prompt.${id}`, from: now, to: wanted }],
    blast: {
      direct: [`Every question that is asked with the prompt “${id}” from then on.`],
      dependents: [],
      unknown: ['How models answer it on incidents that its evaluation does not hold.'],
    },
    refusals,
    value: { version: wanted, sha256 },
    isInEffect: now === wanted && (last === undefined || last['sha256'] === sha256),
  };
};
