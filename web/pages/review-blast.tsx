import type { Presentation } from '../../src/model/proposal.ts';
import { Inert } from '../parts/inert.tsx';

/** Lines of each sort that are shown at once. The others unfold: all of them are part of what is signed. */
const LINES_SHOWN = 6;

/** Who else an act hits: what is not known first, then what rests on the target, then the target itself. */
export function Blast({ blast }: { readonly blast: Presentation['blast'] }) {
  const { unknown, dependents, direct } = blast;
  return (
    <div data-testid="blast">
      <p className="soft" data-testid="blast-counts">
        {unknown.length} unknown · {dependents.length} {dependents.length === 1 ? 'rests' : 'rest'} on it ·{' '}
        {direct.length} directly
      </p>
      <ul className="plain-list">
        <Lines texts={unknown} lead="unknown" isGap />
        <Lines texts={dependents} lead="depends on it" />
        <Lines texts={direct} lead="directly" />
        {unknown.length + dependents.length + direct.length === 0 && <li>nobody else that we know of</li>}
      </ul>
    </div>
  );
}

interface LinesProps {
  readonly texts: readonly string[];
  readonly lead: string;
  readonly isGap?: boolean;
}

function Lines({ texts, lead, isGap = false }: LinesProps) {
  const rest = texts.slice(LINES_SHOWN);
  return (
    <>
      {texts.slice(0, LINES_SHOWN).map(text => (
        <Line key={text} text={text} lead={lead} isGap={isGap} />
      ))}
      {rest.length > 0 && (
        <li>
          <details>
            <summary>
              and {rest.length} more: {lead}
            </summary>
            <ul className="plain-list">
              {rest.map(text => (
                <Line key={text} text={text} lead={lead} isGap={isGap} />
              ))}
            </ul>
          </details>
        </li>
      )}
    </>
  );
}

function Line({ text, lead, isGap }: { readonly text: string; readonly lead: string; readonly isGap: boolean }) {
  const line = (
    <>
      {lead}: <Inert text={text} form="line" />
    </>
  );
  return isGap ? (
    <li className="gap-text">
      <span className="gap-swatch hatch" aria-hidden="true" />
      <span>{line}</span>
    </li>
  ) : (
    <li>{line}</li>
  );
}
