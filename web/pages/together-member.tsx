import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { ProposalView } from '../../src/model/api.ts';
import { streamText } from '../../src/model/coverage.ts';
import { TIER_REASON_TEXT } from '../../src/model/proposal.ts';
import { request } from '../api/client.ts';
import { EvidencePanel } from '../parts/evidence.tsx';
import { Inert } from '../parts/inert.tsx';
import { TierMark } from '../parts/marks.tsx';

interface TogetherMemberProps {
  readonly view: ProposalView;
  /** It was chosen by chance: its evidence is opened before the list is signed. */
  readonly isChosen: boolean;
  readonly acknowledged: readonly string[];
  readonly onAcknowledge: (streams: readonly string[]) => void;
}

/** One of several that are signed together, with everything that is signed about it. */
export function TogetherMember({ view, isChosen, acknowledged, onAcknowledge }: TogetherMemberProps) {
  const { row, act, presentation } = view;
  const isOpened = view.evidenceOpened.length > 0;
  return (
    <li className={isChosen ? 'together-member is-chosen' : 'together-member'} data-testid="together-member">
      <div className="together-head">
        <TierMark tier={presentation.tier} />
        <h2>
          <Inert text={presentation.sentence} form="line" />
        </h2>
        {isChosen && (
          <strong data-testid="together-chosen">{isOpened ? '✓ chosen and opened' : 'chosen: open a record'}</strong>
        )}
        <Link to="/proposals/$id" params={{ id: row.id }}>
          alone
        </Link>
      </div>
      <dl className="facts">
        <dt>target</dt>
        <dd>
          <Inert text={presentation.targetName} /> on {act.target.system}, id <code>{act.target.immutableId}</code>
        </dd>
        <dt>changes</dt>
        <dd>
          {presentation.changes.map(({ path, from, to }) => (
            <span key={path} className="together-change">
              <Inert text={path} form="line" /> <Inert text={from} form="line" /> → <Inert text={to} form="line" />
            </span>
          ))}
        </dd>
        <dt>unknown</dt>
        <dd>{presentation.blast.unknown.length === 0 ? 'nothing' : <Lines texts={presentation.blast.unknown} />}</dd>
        <dt>why {presentation.tier}</dt>
        <dd>{presentation.reasons.map(reason => TIER_REASON_TEXT[reason]).join(' · ') || 'no rule asks for more'}</dd>
        <dt>undo</dt>
        <dd>
          <Inert text={presentation.undo.sentence} form="line" />
        </dd>
      </dl>
      <Gaps view={view} acknowledged={acknowledged} onAcknowledge={onAcknowledge} />
      <Records view={view} />
    </li>
  );
}

function Lines({ texts }: { readonly texts: readonly string[] }) {
  return texts.map(text => (
    <span key={text} className="together-change">
      <Inert text={text} form="line" />
    </span>
  ));
}

function Gaps({ view, acknowledged, onAcknowledge }: Omit<TogetherMemberProps, 'isChosen'>) {
  const required = [...new Set(view.presentation.coverage.gaps.filter(gap => gap.required).map(gap => gap.stream))];
  return required.map(stream => (
    <label key={stream} className="ack">
      <input
        type="checkbox"
        checked={acknowledged.includes(stream)}
        onChange={event =>
          onAcknowledge(event.target.checked ? [...acknowledged, stream] : acknowledged.filter(one => one !== stream))
        }
        data-testid="gap-ack"
      />
      <Inert text={streamText(stream)} form="line" /> is needed for this decision and missing; I decide without it
    </label>
  ));
}

function Records({ view }: { readonly view: ProposalView }) {
  const cache = useQueryClient();
  const [shown, setShown] = useState<string | undefined>();
  const { evidence } = view.presentation;
  const ids = [...new Set(evidence.map(item => item.id))];
  const open = useMutation({
    mutationFn: (id: string) => request('POST', `/api/v1/proposals/${view.row.id}/evidence-opened`, { evidence: id }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['proposal', view.row.id] }),
  });
  return (
    <>
      <p className="together-records">
        <span className="quiet">evidence</span>
        {ids.map(id => (
          <button
            key={id}
            type="button"
            className="btn-link"
            aria-expanded={shown === id}
            aria-label={`${view.evidenceOpened.includes(id) ? 'Opened' : 'Open'} record ${id}`}
            onClick={() => {
              setShown(shown === id ? undefined : id);
              if (!view.evidenceOpened.includes(id)) open.mutate(id);
            }}
            data-testid="together-record"
          >
            {view.evidenceOpened.includes(id) ? '✓ opened' : 'open'} <code>{id.slice(0, 12)}</code>
          </button>
        ))}
      </p>
      {shown !== undefined && (
        <EvidencePanel
          id={shown}
          cited={evidence.filter(item => item.id === shown).map(({ pointer, value }) => ({ pointer, value }))}
          onClose={() => setShown(undefined)}
        />
      )}
    </>
  );
}
