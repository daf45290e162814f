import type { LateNews } from '../../src/model/api.ts';
import { streamText } from '../../src/model/coverage.ts';
import { Inert } from './inert.tsx';
import { MomentText } from './time.tsx';

/** Records that arrived after somebody judged without them. News: it voids nothing by itself. */
export function LateNewsLines({ news, lead }: { readonly news: readonly LateNews[]; readonly lead: string }) {
  if (news.length === 0) return null;
  return (
    <ul className="late-news plain-list" aria-label="Arrived late" data-testid="late-news">
      {news.map(one => (
        <li key={one.stream} className="gap-text">
          <span aria-hidden="true">◷</span> {lead} {one.records.toLocaleString('en')}{' '}
          {one.records === 1 ? 'record' : 'records'} of <Inert text={streamText(one.stream)} form="line" /> that arrived
          at <MomentText at={one.arrivedAt} />, for <MomentText at={one.from} /> to <MomentText at={one.to} />
        </li>
      ))}
    </ul>
  );
}
