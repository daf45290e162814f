import { lastValue, type ReadOwn } from './reading.ts';

/** The name of a playbook in `own_effect`. */
function playbookObject(name: string): string {
  return `playbook/${name}`;
}

/**
 * A playbook by its name, of which one version stands or none. What is signed is the SHA-256 of the file; whoever runs it reads
 * the file of that digest and analyses it again.
 */
export const readPlaybookObject: ReadOwn = async (session, { tenant }, { target, params, before }) => {
  const name = 'name' in target ? target.name : target.immutableId.replace(/^playbook\//, '');
  const object = playbookObject(name);
  // An undo goes back to the version that stood before, or to none; an adoption says which.
  const wanted = before?.['playbook.sha256'] ?? params['sha256'] ?? 'none';
  const now = (await lastValue(session, tenant, object))?.['sha256'] ?? '';
  const [row] = await session.ask<{ name: string; title: string; tier: string; steps: number }>(
    'SELECT name, title, tier, steps FROM playbook_file WHERE tenant_id = $1 AND sha256 = $2',
    [tenant, wanted],
  );
  if (wanted !== '' && row?.name !== name) return 'there is no such playbook file';
  const described =
    row === undefined ? 'no version' : `${row.title}: ${row.steps} steps, the whole of it takes ${row.tier}`;
  return {
    object,
    immutableId: object,
    displayName: name,
    ...(row === undefined ? {} : { title: row.title }),
    marks: [],
    params: { sha256: wanted },
    state: { 'playbook.sha256': now },
    before: { 'playbook.sha256': now },
    changes: [
      { path: `playbook.${name}`, from: now === '' ? 'no version' : now.slice(0, 16), to: wanted.slice(0, 16) },
      { path: `playbook.${name}.does`, from: 'what stands now', to: described },
    ].map(change => (change.to === '' ? { ...change, to: 'no version' } : change)),
    blast: {
      direct: ['What people are asked when it is run. It acts on nothing that they do not sign then.'],
      dependents: [],
      unknown: [],
    },
    refusals: now === wanted ? [{ reason: 'already_in_effect', text: 'This is the version that stands.' }] : [],
    value: { sha256: wanted },
    isInEffect: now === wanted,
  };
};
