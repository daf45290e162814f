/** Who may call a route. `anyone`: also without a session; `person`: no token will do; `agent`: the token of one alone. */
export type RouteCaller = 'anyone' | 'read' | 'person' | 'source' | 'agent';

export interface RouteDoc {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As Hono writes it. */
  readonly path: string;
  readonly summary: string;
  readonly caller: RouteCaller;
  readonly query?: readonly string[];
  /** Name of the type in src/model/api.ts, or a media type. */
  readonly takes?: string;
  readonly gives?: string;
}

/** One row of the table: how, where, who may, what for, and what goes in and out. */
export function route(
  method: RouteDoc['method'],
  path: string,
  caller: RouteCaller,
  summary: string,
  shapes: Pick<RouteDoc, 'query' | 'takes' | 'gives'> = {},
): RouteDoc {
  return { method, path, summary, caller, ...shapes };
}
