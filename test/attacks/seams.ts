/*
 * How a test takes one control out. A test file lists the functions that may be replaced (`vi.mock` with
 * `replaceable`); until `takeOut` names one, the product's own function runs. Nothing of this is in the product.
 */

type AnyFunction = (...args: never[]) => unknown;
type Replacement = (actual: AnyFunction, ...args: never[]) => unknown;

const replaced = new Map<string, Replacement>();

/** The module as it is, but that each named function asks first whether it was taken out. */
export function replaceable<M extends object>(module: M, ...names: readonly (keyof M & string)[]): M {
  const changed = { ...module } as unknown as Record<string, unknown>;
  for (const name of names) {
    const actual = module[name] as AnyFunction;
    changed[name] = (...args: never[]) => {
      const replacement = replaced.get(name);
      return replacement === undefined ? actual(...args) : replacement(actual, ...args);
    };
  }
  return changed as M;
}

/** Replaces one function until {@link putBack}. `F` is its type. */
export function takeOut<F>(
  name: string,
  replacement: F extends (...args: infer A) => infer R ? (actual: (...args: A) => R, ...args: A) => R : never,
): void {
  replaced.set(name, replacement as unknown as Replacement);
}

/** Everything that was taken out is in again. */
export function putBack(): void {
  replaced.clear();
}
