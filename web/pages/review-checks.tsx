import type { ReactNode } from 'react';
import type { ProposalView } from '../../src/model/api.ts';
import { streamText } from '../../src/model/coverage.ts';
import { TIER_REASON_TEXT } from '../../src/model/proposal.ts';
import { GateWord, HistoryLine, TradeOffLines } from '../parts/gate.tsx';
import { Identifier, Inert } from '../parts/inert.tsx';
import { LateNewsLines } from '../parts/late-news.tsx';
import { Age, msOf, span } from '../parts/time.tsx';
import { Blast } from './review-blast.tsx';
import { UndoPlanned, undoSign } from './review-undo.tsx';

interface ReviewChecksProps {
  readonly view: ProposalView;
  readonly acknowledged: readonly string[];
  readonly onAcknowledge: (streams: readonly string[]) => void;
}

/** What was checked, what is missing, who else it hits, how it is undone, and why it takes the review that it takes. */
export function ReviewChecks({ view, acknowledged, onAcknowledge }: ReviewChecksProps) {
  const { presentation, act } = view;
  const { blast, coverage, undo } = presentation;
  const planned = msOf(
    view.revisions.find(revision => revision.revision === view.row.revision)?.createdAt ?? view.row.createdAt,
  );
  return (
    <section className="review-section" aria-label="Checks">
      <header className="panel-head">
        <h2>Checks</h2>
      </header>
      <div className="checks">
        <ul className="checks-column">
          <Check sign={presentation.evidence.length > 0 ? 'ok' : 'bad'} name="Grounded">
            {presentation.evidence.length} cited {presentation.evidence.length === 1 ? 'field' : 'fields'}, each read
            again from its record when this was drafted; opening one compares it here
          </Check>
          <Coverage
            coverage={coverage}
            acknowledged={acknowledged}
            onAcknowledge={onAcknowledge}
            isOpen={view.row.state === 'in_review'}
          />
          {view.explained !== undefined && (
            <Check sign={view.explained.gate.isOpen ? 'ok' : 'gap'} name="Explained">
              <GateWord gate={view.explained.gate} />
            </Check>
          )}
          {view.lateNews.streams.length > 0 && (
            <Check sign="look" name="Late news">
              <LateNewsLines
                news={view.lateNews.streams}
                lead={view.lateNews.isDecided ? 'decided without' : 'drafted without'}
              />
            </Check>
          )}
          <Check sign="ok" name="Policy">
            in force when drafted, digest <Identifier text={view.policyDigest} />
          </Check>
          <Check sign="ok" name="Fresh">
            target read {planned === undefined ? 'when this was drafted' : <Age at={planned} suffix=" ago" />};{' '}
            {act.preconditions.length} {act.preconditions.length === 1 ? 'state' : 'states'} of it must still hold when
            it starts
            {act.preconditions.length > 0 && (
              <details>
                <summary>which</summary>
                <ul className="plain-list">
                  {act.preconditions.map(condition => (
                    <li key={condition.path}>
                      <code>{condition.path}</code> = <Inert text={condition.value} />
                    </li>
                  ))}
                </ul>
              </details>
            )}
          </Check>
        </ul>
        <ul className="checks-column">
          <Check
            sign={blast.unknown.length > 0 ? 'gap' : blast.dependents.length > 0 ? 'look' : 'ok'}
            name="Who else it hits"
          >
            <Blast blast={blast} />
          </Check>
          <Check sign={undoSign(undo)} name="Undo">
            <UndoPlanned undo={undo} />
          </Check>
          {presentation.lease !== undefined && (
            <Check sign="look" name="Lease">
              <Inert text={presentation.lease.sentence} form="line" />
            </Check>
          )}
          {view.explained?.tradeOffs !== undefined && (
            <Check sign="look" name="Trade-offs">
              <TradeOffLines tradeOffs={view.explained.tradeOffs} />
            </Check>
          )}
          {view.explained !== undefined && (
            <Check sign="ok" name="History">
              <HistoryLine history={view.explained.history} />
            </Check>
          )}
          {presentation.refusals.map(text => (
            <Check key={text} sign="bad" name="Refused">
              <Inert text={text} form="line" />
            </Check>
          ))}
        </ul>
      </div>
      <div className="why-tier" data-testid="tier-reasons">
        <h2>Why {presentation.tier}</h2>
        <ul>
          {presentation.reasons.map(reason => (
            <li key={reason}>{TIER_REASON_TEXT[reason]}</li>
          ))}
          {presentation.reasons.length === 0 && <li>the floor for every operation</li>}
        </ul>
      </div>
    </section>
  );
}

interface CoverageProps {
  readonly coverage: ProposalView['presentation']['coverage'];
  readonly acknowledged: readonly string[];
  readonly onAcknowledge: (streams: readonly string[]) => void;
  readonly isOpen: boolean;
}

function Coverage({ coverage, acknowledged, onAcknowledge, isOpen }: CoverageProps) {
  const sign = coverage.status === 'complete' || coverage.status === 'not_needed' ? 'ok' : 'gap';
  const toggle = (stream: string) =>
    onAcknowledge(
      acknowledged.includes(stream) ? acknowledged.filter(other => other !== stream) : [...acknowledged, stream].sort(),
    );
  return (
    <Check sign={sign} name="Coverage">
      {coverage.status === 'complete' && 'no gap in any stream that can be judged'}
      {coverage.status === 'not_needed' && 'rests on no telemetry'}
      {coverage.status === 'unknown' &&
        'cannot be judged: nothing says what to expect here, which counts like the worst'}
      {coverage.gaps.length > 0 && (
        <ul className="plain-list">
          {coverage.gaps.map(gap => (
            <li key={`${gap.stream}${gap.from}`} className="gap-text">
              <span className="gap-swatch hatch" aria-hidden="true" />
              <span>
                <Inert text={streamText(gap.stream)} form="line" /> {span(msOf(gap.from) ?? 0, msOf(gap.to) ?? 0)}
                {gap.required && isOpen && (
                  <label className="ack">
                    <input
                      type="checkbox"
                      checked={acknowledged.includes(gap.stream)}
                      onChange={() => toggle(gap.stream)}
                      data-testid="gap-ack"
                    />
                    needed for this decision and missing; I decide without it
                  </label>
                )}
                {gap.required && !isOpen && <strong> required</strong>}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Check>
  );
}

const SIGNS = {
  ok: ['✓', 'holds'],
  gap: ['▨', 'incomplete'],
  look: ['!', 'look'],
  bad: ['✕', 'does not hold'],
} as const;

function Check({
  sign,
  name,
  children,
}: {
  readonly sign: keyof typeof SIGNS;
  readonly name: string;
  readonly children: ReactNode;
}) {
  const [glyph, word] = SIGNS[sign];
  return (
    <li className={`check check-${sign}`} data-testid="check" data-sign={sign}>
      <span className="check-sign" aria-hidden="true">
        {glyph}
      </span>
      <span className="check-name">
        {name}
        <span className="visually-hidden"> {word}: </span>
      </span>
      <div className="check-what">{children}</div>
    </li>
  );
}
