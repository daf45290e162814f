/*
 * What somebody could tell drills from acts by who reads every answer as data: not what the words mean, but which members are there,
 * how many, how long, how large, in what order, and how quickly they came.
 */

export type Features = ReadonlyMap<string, number>;

/** Every path of a value: whether it is there, how often, how long its texts are, how large its numbers. Indexes are left out. */
export function featuresOf(value: unknown): Features {
  const found = new Map<string, number>();
  const add = (name: string, by: number) => found.set(name, (found.get(name) ?? 0) + by);
  const walk = (path: string, one: unknown): void => {
    add(`there ${path}`, 1);
    if (Array.isArray(one)) {
      add(`many ${path}`, one.length);
      for (const item of one) walk(`${path}[]`, item);
    } else if (typeof one === 'object' && one !== null) {
      add(`members ${path}`, Object.keys(one).length);
      add(`order ${path} ${Object.keys(one).join()}`, 1);
      for (const [key, item] of Object.entries(one)) walk(`${path}.${key}`, item);
    } else if (typeof one === 'string') {
      add(`long ${path}`, one.length);
      // Words of few meanings; names and digests are all different anyway.
      if (one.length <= 20 && !/\d/.test(one)) add(`is ${path} ${one}`, 1);
    } else add(`is ${path}`, typeof one === 'number' ? one : Number(one));
  };
  walk('$', value);
  return found;
}

export interface Example {
  readonly features: Features;
  readonly isDrill: boolean;
}

/** The one feature with one bound that tells most of these apart: what an attacker would find by trying all. */
function bestRule(examples: readonly Example[]): {
  readonly name: string;
  readonly rule: (features: Features) => boolean;
} {
  const names = new Set(examples.flatMap(({ features }) => [...features.keys()]));
  let best = { right: -1, name: '', rule: (_: Features) => false };
  for (const name of names) {
    const values = [...new Set(examples.map(({ features }) => features.get(name) ?? 0))];
    for (const bound of values)
      for (const isAbove of [true, false]) {
        const rule = (features: Features) => (features.get(name) ?? 0) >= bound === isAbove;
        const right = examples.filter(one => rule(one.features) === one.isDrill).length;
        if (right > best.right) best = { right, name, rule };
      }
  }
  return best;
}

const FOLDS = 5;

/** The share that is told right of examples that the rule was not made with, and by what. */
export function toldRight(examples: readonly Example[]): { readonly share: number; readonly by: readonly string[] } {
  let right = 0;
  const by = new Set<string>();
  for (let fold = 0; fold < FOLDS; fold++) {
    const { name, rule } = bestRule(examples.filter((_, i) => i % FOLDS !== fold));
    by.add(name);
    right += examples.filter((one, i) => i % FOLDS === fold && rule(one.features) === one.isDrill).length;
  }
  return { share: right / examples.length, by: [...by] };
}
