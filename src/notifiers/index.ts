import type { Notifier } from '../ports/notifier.ts';
import { mail } from './mail/index.ts';
import { slack } from './slack/index.ts';
import { webhook } from './webhook/index.ts';

/** Every way by which people can be told; none is used until an operator configures one. */
export const NOTIFIERS: ReadonlyMap<string, Notifier> = new Map(
  [mail, slack, webhook].map(notifier => [notifier.kind, notifier]),
);
