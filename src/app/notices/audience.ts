import type { NoticeFact, NoticeKind } from '../../model/notice.ts';
import type { NoticeSettings } from './channels.ts';
import type { Listener } from './people.ts';

/** Who can be told of what there is to find. */
export interface Audience {
  readonly settings: NoticeSettings;
  readonly listeners: readonly Listener[];
}

/** A fact, and whom it is owed to. */
export interface Found {
  readonly fact: NoticeFact;
  readonly recipients: readonly string[];
}

/** Channels that take this kind, and the people who want it and of whom `isFor` is true. */
export function recipientsOf(
  { settings, listeners }: Audience,
  kind: NoticeKind,
  isFor: (listener: Listener) => boolean = () => true,
): readonly string[] {
  return [
    ...settings.channels
      .filter(({ config }) => config.kinds.includes(kind) && (config.kind !== 'mail' || config.to.length > 0))
      .map(({ config }) => `channel:${config.name}`),
    ...listeners.filter(one => one.kinds.includes(kind) && isFor(one)).map(({ person }) => person.id),
  ];
}

/** A fact with nothing but its kind, its key and what it is about. */
export function plainFact(kind: NoticeKind, key: string, subject: string): NoticeFact {
  return { key: `${kind}/${key}`, kind, subject, tier: '', until: '', missing: undefined, count: 1, name: '' };
}

/** Of a drill nobody hears but those of its team, each by themselves: a channel is read by others. */
export function within(audience: Audience, team: ReadonlySet<string> | undefined): Audience {
  if (team === undefined) return audience;
  return {
    settings: { ...audience.settings, channels: [] },
    listeners: audience.listeners.filter(({ person }) => team.has(person.id)),
  };
}
