/**
 * `compute`, done once for each value and remembered for as long as somebody else keeps that value. Only for values that
 * never change, and for what follows from the value alone.
 */
export function oncePer<Value extends object, Answer>(compute: (value: Value) => Answer): (value: Value) => Answer {
  const known = new WeakMap<Value, { readonly answer: Answer }>();
  return value => {
    const before = known.get(value);
    if (before !== undefined) return before.answer;
    const answer = compute(value);
    known.set(value, { answer });
    return answer;
  };
}
