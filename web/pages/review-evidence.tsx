import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ProposalView } from '../../src/model/api.ts';
import { incidentQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { shortened } from '../parts/inert-text.ts';

interface ReviewEvidenceProps {
  readonly view: ProposalView;
  readonly opened: ReadonlySet<string>;
  readonly selected: string | undefined;
  readonly selectedPointer: string | undefined;
  readonly onOpen: (index: number) => void;
}

/** What the proposal rests on. It is opened before anything is recommended. */
export function ReviewEvidence({ view, opened, selected, selectedPointer, onOpen }: ReviewEvidenceProps) {
  const { evidence } = view.presentation;
  const count = new Set(evidence.filter(item => opened.has(item.id)).map(item => item.id)).size;
  const total = new Set(evidence.map(item => item.id)).size;
  return (
    <section className="review-section" aria-label="Evidence">
      <header className="panel-head">
        <h2>Evidence</h2>
        <span className="quiet">
          you opened {count} of {total} records
        </span>
      </header>
      <ul className="evidence-list">
        {evidence.map((item, index) => (
          <li key={`${item.id}${item.pointer}`}>
            <button
              type="button"
              className="evidence-item"
              aria-pressed={item.id === selected && item.pointer === selectedPointer}
              onClick={() => onOpen(index)}
              data-testid="review-evidence"
            >
              <span className="evidence-says">
                <Inert text={item.says} form="line" />
              </span>
              <span className="evidence-field quiet">
                <code>{item.pointer}</code> <Inert text={item.value} /> {shortened(item.id)}
              </span>
              <span className="evidence-opened">{opened.has(item.id) ? 'opened' : 'open'}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What was suggested and what else could be done. Shut until the reviewer has looked at the evidence. */
export function ReviewRecommendation({
  view,
  isAllowed,
}: {
  readonly view: ProposalView;
  readonly isAllowed: boolean;
}) {
  const [isOpen, setOpen] = useState(false);
  const incident = useQuery({ ...incidentQuery(view.row.incident), enabled: isOpen });
  const { origin } = view;
  const chosen =
    origin.kind === 'option' ? incident.data?.options.find(option => option.id === origin.option) : undefined;
  const wait = incident.data?.options.find(option => option.kind === 'wait_and_collect');
  return (
    <section className="review-section recommendation" aria-label="Recommendation">
      <header className="panel-head">
        <h2>Recommendation</h2>
        <button
          type="button"
          className="btn-link"
          disabled={!isAllowed}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          data-testid="recommendation"
        >
          {isOpen ? 'close' : isAllowed ? 'show' : 'opens after you opened a record'}
        </button>
      </header>
      {!isOpen && (
        <p className="quiet">What the planner suggests stands apart from what is known. Look first, then compare.</p>
      )}
      {isOpen && (
        <div className="stack">
          {origin.kind === 'undo' && (
            <p>This is the undo that was planned with the act. Restoring access is a decision like taking it away.</p>
          )}
          {chosen !== undefined && (
            <p>
              <strong>Offered:</strong> <Inert text={chosen.effect} form="line" />{' '}
              <span className="soft">
                Cost of waiting: <Inert text={chosen.costOfWaiting} form="line" />
              </span>
            </p>
          )}
          {wait !== undefined && (
            <p>
              <strong>Instead:</strong> <Inert text={wait.title} form="line" />.{' '}
              <Inert text={wait.effect} form="line" />
            </p>
          )}
          <p className="quiet">Written by rules from the incident's options. No model took part.</p>
        </div>
      )}
    </section>
  );
}
