import type { RightRow, RightsLook, RightsSummary } from '../../model/api-powers.ts';
import type { ResponderManifest, RightSeen } from '../../ports/responder.ts';

/** Nobody shows more than this of a text that a target wrote. */
const BECAUSE_CHARS_MAX = 200;

/**
 * Every right that a manifest needs or forbids, for both credentials, with what was seen of it. What was not told is unknown;
 * what the manifest does not speak of is left out.
 */
export function everyRight(
  { scopes }: Pick<ResponderManifest, 'scopes'>,
  seen: readonly RightSeen[],
  because: string,
): readonly RightSeen[] {
  const keyOf = ({ credential, scope, need }: Omit<RightSeen, 'granted' | 'because'>) =>
    `${credential}\n${need}\n${scope}`;
  const known = new Map(seen.map(right => [keyOf(right), right] as const));
  return (['read', 'write'] as const).flatMap(credential =>
    [
      ...scopes[credential].map(scope => ({ credential, scope, need: 'needed' as const })),
      ...scopes.forbidden.map(scope => ({ credential, scope, need: 'forbidden' as const })),
    ].map(right => {
      const found = known.get(keyOf(right));
      return found === undefined
        ? { ...right, granted: 'unknown' as const, because }
        : { ...right, granted: found.granted, because: found.because.slice(0, BECAUSE_CHARS_MAX) };
    }),
  );
}

/** A look with what it came to. */
export function rightsLook(kind: RightsSummary['kind'], list: readonly RightRow[], code = ''): RightsLook {
  const count = (is: (right: RightRow) => boolean) => list.filter(is).length;
  return {
    list,
    summary: {
      kind,
      code,
      total: list.length,
      unknown: count(({ granted }) => granted === 'unknown'),
      missing: count(({ need, granted }) => need === 'needed' && granted === 'no'),
      tooMuch: count(({ need, granted }) => need === 'forbidden' && granted === 'yes'),
    },
  };
}
