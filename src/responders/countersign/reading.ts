import type { Plan, PlanRequest, TargetMark } from '../../ports/responder.ts';
import type { OwnSettings } from './config.ts';
import type { Session } from './session.ts';

/** What an act needs to be told: of its request when it is planned, of its plan when it is carried out. */
export type OwnRequest = Pick<PlanRequest, 'operation' | 'target' | 'before'> & {
  readonly params: { readonly [name: string]: string };
};

/** One of our own objects as it is now, and what the act that was asked for would make of it. */
export interface OwnReading {
  /** Its name in `own_effect`. */
  readonly object: string;
  readonly immutableId: string;
  readonly displayName: string;
  /** What people know it by, where its name does not say. */
  readonly title?: string;
  readonly marks: readonly TargetMark[];
  readonly params: { readonly [name: string]: string };
  /** What the act rests on, by its path. */
  readonly state: { readonly [path: string]: string };
  /** What an undo starts from. */
  readonly before: { readonly [path: string]: string };
  readonly changes: Plan['changes'];
  readonly blast: Plan['blast'];
  readonly refusals: Plan['refusals'];
  /** What the new row would say. */
  readonly value: { readonly [name: string]: string };
  /** Whether the object already is as the act would make it. */
  readonly isInEffect: boolean;
}

/** Reads one type of object; a text where there is no such thing. */
export type ReadOwn = (session: Session, settings: OwnSettings, request: OwnRequest) => Promise<OwnReading | string>;

/** What the last act on an object said of it; undefined where there was none. */
export async function lastValue(
  session: Session,
  tenant: string,
  object: string,
): Promise<{ readonly [name: string]: string } | undefined> {
  const [row] = await session.ask<{ value: { readonly [name: string]: string } }>(
    'SELECT value FROM own_effect WHERE tenant_id = $1 AND object = $2 ORDER BY seq DESC LIMIT 1',
    [tenant, object],
  );
  return row?.value;
}
