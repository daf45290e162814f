import type { Act } from '../../model/proposal.ts';
import type { Plan } from '../../ports/responder.ts';

/** The paths of preconditions and parameters that are not what was signed. */
export function driftOf(act: Act, plan: Plan): string[] {
  const now = new Map(plan.preconditions.map(({ path, value }) => [path, value]));
  const drifted = act.preconditions.filter(({ path, value }) => now.get(path) !== value).map(({ path }) => path);
  const isSameShape = plan.preconditions.length === act.preconditions.length;
  const params = Object.keys({ ...plan.params, ...act.params }).filter(name => plan.params[name] !== act.params[name]);
  return [...drifted, ...(isSameShape ? [] : ['other preconditions']), ...params.map(name => `parameter ${name}`)];
}
