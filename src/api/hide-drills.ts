import type { ServerContext } from '../app/context.ts';
import { isHidden } from '../app/drills/sight.ts';
import { type DoorContext, personWhoAsks, refuse } from './door.ts';

/** For paths with the `:id` of a proposal. A drill does not exist for whoever is not of its team, whatever they do with its id. */
export function hideDrills(context: ServerContext) {
  return async (c: DoorContext, next: () => Promise<void>): Promise<void> => {
    const id = c.req.param('id') ?? '';
    if (await isHidden(context, id, personWhoAsks(c))) refuse('not_found', id);
    await next();
  };
}
