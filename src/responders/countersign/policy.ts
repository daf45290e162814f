import { BUILT_IN, POLICY_OBJECT, policyChanges, type RuleLine, type ToldPolicy } from '../../model/policy.ts';
import { lastValue, type ReadOwn } from './reading.ts';
import type { Session } from './session.ts';

/**
 * The policy of this installation, of which there is one. What a file does is told here in the words that were kept with it; the
 * executor reads the file itself before it goes by it, and refuses where those words are not what it does.
 */
export const readPolicy: ReadOwn = async (session, { tenant }, { target, params, before }) => {
  const name = 'name' in target ? target.name : target.immutableId;
  if (name !== 'house' && name !== POLICY_OBJECT) return `there is no policy ${name}`;
  // An undo goes back to what was in force before; an adoption says which.
  const wanted = before?.['policy.sha256'] ?? params['sha256'] ?? 'none';
  const now = (await lastValue(session, tenant, POLICY_OBJECT))?.['sha256'] ?? '';
  const [from, to] = [await told(session, tenant, now), await told(session, tenant, wanted)];
  if (to === undefined) return 'there is no such policy file';
  return {
    object: POLICY_OBJECT,
    immutableId: POLICY_OBJECT,
    displayName: 'house',
    title: to.title,
    marks: [],
    params: { sha256: wanted },
    state: { 'policy.sha256': now },
    before: { 'policy.sha256': now },
    changes: policyChanges(from ?? { title: 'a policy that is not kept', lines: [] }, to),
    blast: {
      direct: ['Who may do what here, and how many people each act takes, from then on.'],
      dependents: ['Every proposal that waits for signatures: it has to be signed again under the new rules.'],
      unknown: ['Acts that nobody has proposed yet.'],
    },
    refusals: now === wanted ? [{ reason: 'already_in_effect', text: 'This is the policy that is in force.' }] : [],
    value: { sha256: wanted },
    isInEffect: now === wanted,
  };
};

async function told(session: Session, tenant: string, sha256: string): Promise<ToldPolicy | undefined> {
  if (sha256 === '') return BUILT_IN;
  const [row] = await session.ask<{ title: string; lines: readonly RuleLine[] }>(
    'SELECT title, lines FROM policy_file WHERE tenant_id = $1 AND sha256 = $2',
    [tenant, sha256],
  );
  return row;
}
