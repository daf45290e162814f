import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { ProposalView } from '../../src/model/api.ts';
import { incidentQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';

interface ReviewEvidenceProps {
  readonly view: ProposalView;
  readonly opened: ReadonlySet<string>;
  readonly selected: string | undefined;
  readonly selectedPointer: string | undefined;
  readonly onOpen: (index: number) => void;
}

/** What the proposal rests on, statement by statement. It is opened before anything is recommended. */
export function ReviewEvidence({ view, opened, selected, selectedPointer, onOpen }: ReviewEvidenceProps) {
  const { evidence } = view.presentation;
  const groups = useMemo(() => grouped(evidence), [evidence]);
  const count = new Set(evidence.filter(item => opened.has(item.id)).map(item => item.id)).size;
  const total = new Set(evidence.map(item => item.id)).size;
  return (
    <section className="review-section" aria-label="What it rests on">
      <header className="panel-head">
        <h2>Evidence</h2>
        <span className="quiet">
          you opened {count} of {total} {total === 1 ? 'record' : 'records'}
        </span>
      </header>
      <ul className="evidence-list">
        {groups.map(group => (
          <Group
            key={group.says}
            group={group}
            opened={opened}
            selected={selected}
            selectedPointer={selectedPointer}
            onOpen={onOpen}
          />
        ))}
      </ul>
    </section>
  );
}

type Evidence = ProposalView['presentation']['evidence'];

interface EvidenceRecord {
  readonly id: string;
  readonly fields: readonly { readonly index: number; readonly pointer: string; readonly value: string }[];
}
interface EvidenceGroup {
  readonly says: string;
  readonly records: readonly EvidenceRecord[];
}

/** One group a statement, in it one line a record, so that ten alike records read as one. */
function grouped(evidence: Evidence): readonly EvidenceGroup[] {
  const groups = new Map<string, Map<string, { index: number; pointer: string; value: string }[]>>();
  evidence.forEach(({ says, id, pointer, value }, index) => {
    const records = groups.get(says) ?? new Map<string, { index: number; pointer: string; value: string }[]>();
    records.set(id, [...(records.get(id) ?? []), { index, pointer, value }]);
    groups.set(says, records);
  });
  return [...groups].map(([says, records]) => ({
    says,
    records: [...records].map(([id, fields]) => ({ id, fields })),
  }));
}

const RECORDS_SHOWN = 2;

interface GroupProps {
  readonly group: EvidenceGroup;
  readonly opened: ReadonlySet<string>;
  readonly selected: string | undefined;
  readonly selectedPointer: string | undefined;
  readonly onOpen: (index: number) => void;
}

function Group({ group, opened, selected, selectedPointer, onOpen }: GroupProps) {
  const [showsAll, setShowsAll] = useState(false);
  const rest = group.records.length - RECORDS_SHOWN;
  const shown = showsAll || rest <= 1 ? group.records : group.records.slice(0, RECORDS_SHOWN);
  return (
    <li className="evidence-group">
      <p className="evidence-says">
        <Inert text={group.says} form="line" />
      </p>
      {shown.map(record => (
        <div key={record.id} className="evidence-record">
          <button
            type="button"
            className="btn-link evidence-opened"
            onClick={() => onOpen(record.fields[0]?.index ?? 0)}
            aria-label={`${opened.has(record.id) ? 'Opened' : 'Open'} record ${record.id}`}
            data-testid="review-evidence"
          >
            {opened.has(record.id) ? '✓ opened' : 'open'}
          </button>
          <span className="evidence-fields">
            {record.fields.map(field => (
              <button
                key={field.pointer}
                type="button"
                className="evidence-field"
                aria-pressed={record.id === selected && field.pointer === selectedPointer}
                onClick={() => onOpen(field.index)}
              >
                <span className="quiet mono">{field.pointer}</span> <Inert text={field.value} />
              </button>
            ))}
          </span>
        </div>
      ))}
      {shown.length < group.records.length && (
        <button type="button" className="btn-link" onClick={() => setShowsAll(true)}>
          {rest} more records say the same
        </button>
      )}
    </li>
  );
}

/** In place of a recommendation, where a person asked for the act and no planner offered it. */
export function AskedBy({ view }: { readonly view: ProposalView }) {
  const names = view.contributors.map(({ name }) => name).join(', ');
  return (
    <section className="review-section" aria-label="Asked for by">
      <header className="panel-head">
        <h2>Asked for by</h2>
      </header>
      <p>{names === '' ? 'Somebody' : names}, and recommended by nobody.</p>
      <p className="quiet">
        {view.presentation.tier === 'T1'
          ? 'One signature is enough for it, and may be theirs.'
          : 'Whoever asked for it contributed, so others sign.'}
      </p>
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
  const incident = useQuery({ ...incidentQuery(view.row.incident), enabled: isOpen && view.row.incident !== '' });
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
