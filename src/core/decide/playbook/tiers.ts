import { type Effect, MAIN, type Playbook, type PlaybookFile } from '../../../model/playbook.ts';
import { stricter, type Tier } from '../../../model/proposal.ts';
import { kindFloor } from '../kinds.ts';
import { allSteps, listOf } from './walk.ts';

/** What an effect asks for at least; `inert`: nothing listens to it, and it changes nothing. */
export type EffectTier = Tier | 'inert';

/** The playbooks that a step of this one can start: by running them, or by what is triggered elsewhere. */
export function startedBy(file: PlaybookFile, playbook: Playbook): readonly string[] {
  const steps = allSteps([playbook.steps, ...listOf(playbook.onError)]);
  return [
    ...new Set(
      steps.flatMap(step => {
        if (step.type === 'run') return [step.playbook];
        if (step.type !== 'effect' || step.effect.writes === 'act') return [];
        const { namespace } = step.effect;
        return file.elsewhere.find(one => one.namespace === namespace)?.runs ?? [];
      }),
    ),
  ];
}

/** Every playbook that a run of this one can reach, itself first. */
export function reachedFrom(file: PlaybookFile, name: string): readonly Playbook[] {
  const reached = new Map<string, Playbook>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const wanted = next;
    const playbook = file.playbooks.find(one => one.name === wanted);
    if (playbook === undefined || reached.has(wanted)) continue;
    reached.set(wanted, playbook);
    open.push(...startedBy(file, playbook));
  }
  return [...reached.values()];
}

/**
 * The least tier of an effect. A tag, a ticket's state or a comment inherits what it starts (controls PBK-03): the strictest
 * kind, and everything that a playbook can reach. A namespace that nobody declared may start anything.
 */
export function effectTier(file: PlaybookFile, effect: Effect): EffectTier {
  if (effect.writes === 'act') return tierOfKind(effect.kind);
  const declared = file.elsewhere.find(one => one.namespace === effect.namespace);
  if (declared === undefined) return 'T3';
  const kinds = declared.starts.map(tierOfKind);
  const runs = declared.runs.map(name => chainTier(file, name) ?? 'inert');
  return strictest([...kinds, ...runs]);
}

/** The strictest tier of everything that a run of a playbook can reach; undefined where it changes nothing. */
export function chainTier(file: PlaybookFile, name: string = MAIN): Tier | undefined {
  const reached = reachedFrom(file, name);
  const effects = reached.flatMap(one =>
    allSteps([one.steps, ...listOf(one.onError)]).flatMap(step => (step.type === 'effect' ? [step.effect] : [])),
  );
  // What a namespace runs is among what is reached already, so that only its kinds are looked up here: no cycle can form.
  const tiers = effects.map((effect): EffectTier => {
    if (effect.writes === 'act') return tierOfKind(effect.kind);
    const declared = file.elsewhere.find(one => one.namespace === effect.namespace);
    return declared === undefined ? 'T3' : strictest(declared.starts.map(tierOfKind));
  });
  const tier = strictest(tiers);
  return tier === 'inert' ? undefined : tier;
}

function tierOfKind(kind: string): EffectTier {
  const floor = kindFloor(kind);
  if (floor === 'unknown') return 'TX';
  return floor === 'notice' ? 'inert' : floor;
}

function strictest(tiers: readonly EffectTier[]): EffectTier {
  return tiers.reduce<EffectTier>(
    (worst, tier) => (worst === 'inert' ? tier : tier === 'inert' ? worst : stricter(worst, tier)),
    'inert',
  );
}
