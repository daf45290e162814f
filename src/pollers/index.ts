import type { Poller } from '../ports/poller.ts';
import { crowdstrike } from './crowdstrike/index.ts';
import { elastic } from './elastic/index.ts';
import { githubAudit } from './github-audit/index.ts';
import { httpJson } from './http-json/index.ts';
import { microsoftGraph } from './microsoft-graph/index.ts';
import { okta } from './okta/index.ts';

/** Every product that we fetch from. */
export const POLLERS: ReadonlyMap<string, Poller> = new Map(
  [okta, microsoftGraph, githubAudit, crowdstrike, elastic, httpJson].map(poller => [poller.id, poller]),
);
