import { streamText } from '../../src/model/coverage.ts';
import { type Act, type Presentation, TIER_REASON_TEXT } from '../../src/model/proposal.ts';
import { Changes } from '../parts/changes.tsx';
import { Identifier, Inert } from '../parts/inert.tsx';
import { TierMark } from '../parts/marks.tsx';
import { msOf, span } from '../parts/time.tsx';

/** Everything that a presentation says, and nothing else: no word on this part of the page is from today. */
export function SignedPresentation({ presentation, act }: { readonly presentation: Presentation; readonly act: Act }) {
  const { coverage, blast, undo } = presentation;
  return (
    <>
      <section className="review-section" aria-label="What changes">
        <header className="panel-head">
          <h2>What changes</h2>
          <TierMark tier={presentation.tier} />
        </header>
        <p className="sign-sentence" data-testid="signed-sentence">
          <Inert text={presentation.sentence} form="line" />
        </p>
        <Changes presentation={presentation} act={act} />
      </section>
      <section className="review-section" aria-label="What was known">
        <header className="panel-head">
          <h2>What was known</h2>
        </header>
        <dl className="facts">
          <dt>Why {presentation.tier}</dt>
          <dd>
            {presentation.reasons.map(reason => TIER_REASON_TEXT[reason]).join(' · ') ||
              'the floor for every operation'}
          </dd>
          <dt>Coverage</dt>
          <dd>
            {coverage.status.replace('_', ' ')}
            <ul className="plain-list">
              {coverage.gaps.map(gap => (
                <li key={`${gap.stream}${gap.from}`} className="gap-text">
                  <span className="gap-swatch hatch" aria-hidden="true" />
                  <span>
                    <Inert text={streamText(gap.stream)} form="line" /> {span(msOf(gap.from) ?? 0, msOf(gap.to) ?? 0)}
                    {gap.required && <strong> required</strong>}
                  </span>
                </li>
              ))}
            </ul>
          </dd>
          <dt>Who else it hits</dt>
          <dd>
            <Lines lead="unknown" texts={blast.unknown} />
            <Lines lead="depends on it" texts={blast.dependents} />
            <Lines lead="directly" texts={blast.direct} />
          </dd>
          <dt>Undo</dt>
          <dd>
            <Inert text={undo.sentence} form="line" />
            <Lines lead="in its way" texts={undo.check?.obstacles ?? []} />
            <Lines
              lead="takes back"
              texts={(undo.check?.brings ?? []).map(({ path, from, to }) => `${path} ${from} → ${to}`)}
            />
            <Lines lead="leaves" texts={undo.check?.leaves ?? []} />
            <Lines lead="stays" texts={undo.residue} />
          </dd>
          {presentation.lease !== undefined && (
            <>
              <dt>Lease</dt>
              <dd>
                <Inert text={presentation.lease.sentence} form="line" />
              </dd>
            </>
          )}
          {presentation.refusals.length > 0 && (
            <>
              <dt>Refused</dt>
              <dd>
                <Lines lead="" texts={presentation.refusals} />
              </dd>
            </>
          )}
          {presentation.seats !== undefined && (
            <>
              <dt>Seats</dt>
              <dd>
                {presentation.seats
                  .map(({ slot, people }) => `${slot.replaceAll('_', ' ')}: ${people.join(', ') || 'anybody who may'}`)
                  .join('; ')}
              </dd>
            </>
          )}
        </dl>
      </section>
      <section className="review-section" aria-label="The evidence that was shown">
        <header className="panel-head">
          <h2>Evidence</h2>
          <span className="quiet">
            {presentation.evidence.length} cited {presentation.evidence.length === 1 ? 'field' : 'fields'}
          </span>
        </header>
        <ul className="signed-evidence">
          {presentation.evidence.map(item => (
            <li key={`${item.id}${item.pointer}`}>
              <Inert text={item.says} form="line" />{' '}
              <span className="quiet">
                <code>{item.pointer}</code> <Inert text={item.value} /> <Identifier text={item.id} />
              </span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function Lines({ lead, texts }: { readonly lead: string; readonly texts: readonly string[] }) {
  if (texts.length === 0) return null;
  return (
    <ul className="plain-list">
      {texts.map(text => (
        <li key={text}>
          {lead !== '' && `${lead}: `}
          <Inert text={text} form="line" />
        </li>
      ))}
    </ul>
  );
}
