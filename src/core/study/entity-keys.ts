import { oncePer } from '../../base/once.ts';
import { type Alert, entityKey } from '../../model/alert.ts';

/** The keys of an alert's entities, in their order. They never change, so they are made once while the alert is kept. */
export const entityKeysOf = oncePer(({ entities }: Pick<Alert, 'entities'>): readonly string[] =>
  entities.map(entityKey),
);
