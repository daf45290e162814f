import type { StoryLine } from '../../model/claim.ts';

/** All that a story tells: its lines, each with what is folded under it behind it. */
export function toldBy(story: readonly StoryLine[]): readonly StoryLine[] {
  return story.flatMap(line => [line, ...(line.also ?? [])]);
}
