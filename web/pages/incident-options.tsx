import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { IncidentDetail, ProposalView } from '../../src/model/api.ts';
import type { ResponseOption } from '../../src/model/claim.ts';
import { request } from '../api/client.ts';
import { GateWord, HistoryLine, TradeOffLines } from '../parts/gate.tsx';
import { Inert } from '../parts/inert.tsx';
import { Empty, Outcome } from '../parts/states.tsx';

/** What could be done, side by side: waiting is a row like the others. Choosing one opens a review and changes nothing yet. */
export function IncidentOptions({ detail }: { readonly detail: IncidentDetail }) {
  const navigate = useNavigate();
  const cache = useQueryClient();
  const [asked, setAsked] = useState<string | undefined>();
  const propose = useMutation({
    mutationFn: ({ option, leaseHours }: { readonly option: string; readonly leaseHours: number | undefined }) =>
      request<ProposalView>('POST', '/api/v1/proposals', {
        kind: 'option',
        incident: detail.row.id,
        option,
        ...(leaseHours === undefined ? {} : { leaseHours }),
      }),
    onSuccess: view => {
      void cache.invalidateQueries({ queryKey: ['incident', detail.row.id] });
      void navigate({ to: '/proposals/$id', params: { id: view.row.id } });
    },
  });
  if (detail.options.length === 0)
    return (
      <Empty title="No options">
        None of our responders can act on anything in this incident, and nothing is left to collect.
      </Empty>
    );
  // Said once where it is the same for each: what differs is what is compared.
  const [first] = detail.options;
  const shared = detail.options.every(option => option.costOfWaiting === first?.costOfWaiting)
    ? first?.costOfWaiting
    : undefined;
  return (
    <>
      {shared !== undefined && (
        <p className="soft">
          <strong>Cost of waiting:</strong> <Inert text={shared} form="line" />
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label="Response options">
        <table className="table options">
          <thead>
            <tr>
              <th scope="col">Option and effect</th>
              <th scope="col">Who else it hits, unknown first</th>
              <th scope="col">Undo and residue</th>
              {shared === undefined && <th scope="col">Cost of waiting</th>}
              <th scope="col">
                <span className="visually-hidden">Propose</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {detail.options.map(option => (
              <Option
                key={option.id}
                option={option}
                showsCost={shared === undefined}
                isAsked={propose.isPending && asked === option.id}
                error={asked === option.id ? propose.error : null}
                onPropose={leaseHours => {
                  setAsked(option.id);
                  propose.mutate({ option: option.id, leaseHours });
                }}
              />
            ))}
          </tbody>
        </table>
      </section>
      <p className="quiet">
        Proposing changes nothing: it opens a review, and the right people have to sign exactly that act.
      </p>
    </>
  );
}

interface OptionProps {
  readonly option: ResponseOption;
  readonly showsCost: boolean;
  readonly isAsked: boolean;
  readonly error: Error | null;
  readonly onPropose: (leaseHours: number | undefined) => void;
}

function Option({ option, showsCost, isAsked, error, onPropose }: OptionProps) {
  return (
    <>
      <OptionRow option={option} showsCost={showsCost} isAsked={isAsked} error={error} onPropose={onPropose} />
      <OptionWhy option={option} columns={showsCost ? 5 : 4} />
    </>
  );
}

/** Whether it is explained well enough, what it leaves going, and what became of others like it. */
function OptionWhy({ option, columns }: { readonly option: ResponseOption; readonly columns: number }) {
  const { gate, tradeOffs, history, explained } = option;
  if (gate === undefined && tradeOffs === undefined) return null;
  return (
    <tr className="option-why" data-testid="option-why" data-option={option.id}>
      <td colSpan={columns}>
        <div className="option-why-parts">
          {gate !== undefined && <GateWord gate={gate} explained={explained} />}
          {tradeOffs !== undefined && <TradeOffLines tradeOffs={tradeOffs} />}
          {history !== undefined && (
            <p className="quiet">
              <HistoryLine history={history} />
            </p>
          )}
        </div>
      </td>
    </tr>
  );
}

function OptionRow({ option, showsCost, isAsked, error, onPropose }: OptionProps) {
  return (
    <tr
      className={option.gate === undefined && option.tradeOffs === undefined ? undefined : 'option-head'}
      data-testid="option"
      data-option={option.id}
      data-kind={option.kind}
    >
      <td className="option-what">
        <strong>
          <Inert text={option.title} form="line" />
        </strong>
        <p className="soft">
          <Inert text={option.effect} form="line" />
        </p>
        {option.system !== undefined && (
          <p className="quiet">
            operation <code>{option.operation}</code> of {option.responder}
            {option.expectedTier !== undefined && `, at least ${option.expectedTier}`}
          </p>
        )}
      </td>
      <td data-label="Who else it hits">
        <ul className="plain-list">
          {option.blastUnknown.map(text => (
            <li key={text} className="gap-text">
              <span className="gap-swatch hatch" aria-hidden="true" />
              <span>
                unknown: <Inert text={text} form="line" />
              </span>
            </li>
          ))}
          {option.blastKnown.map(text => (
            <li key={text}>
              <Inert text={text} form="line" />
            </li>
          ))}
          {option.blastKnown.length + option.blastUnknown.length === 0 && (
            <li className="quiet">nothing outside Countersign</li>
          )}
        </ul>
      </td>
      <td data-label="Undo and residue">
        <Inert text={option.undo} form="line" />
        {option.residue.length > 0 && (
          <p className="soft">
            Stays: <Inert text={option.residue.join(' ')} form="line" />
          </p>
        )}
      </td>
      {showsCost && (
        <td data-label="Cost of waiting">
          <Inert text={option.costOfWaiting} form="line" />
        </td>
      )}
      <td className="option-do">
        {option.kind === 'act' && option.gate?.isOpen === false ? (
          <span className="quiet" data-testid="not-proposable">
            not yet: see why not
          </span>
        ) : option.kind === 'act' ? (
          <ProposeAct option={option} isAsked={isAsked} onPropose={onPropose} />
        ) : (
          <span className="quiet">{option.kind === 'advice' ? 'by hand, elsewhere' : 'no review needed'}</span>
        )}
        <Outcome error={error} />
      </td>
    </tr>
  );
}

/** Proposes it, with one of the leases that it offers or with none. The end of a lease undoes nothing: people are asked. */
function ProposeAct({ option, isAsked, onPropose }: Pick<OptionProps, 'option' | 'isAsked' | 'onPropose'>) {
  const [hours, setHours] = useState('');
  const leases = option.leaseHours ?? [];
  return (
    <div className="stack option-propose">
      {leases.length > 0 && (
        <label className="field">
          <span className="label">Ask again</span>
          <select
            className="input"
            value={hours}
            onChange={event => setHours(event.target.value)}
            disabled={isAsked}
            data-testid="lease-hours"
          >
            <option value="">never by itself</option>
            {leases.map(lease => (
              <option key={lease} value={lease}>
                {lease < 48 ? `after ${lease} hours` : `after ${lease / 24} days`}
              </option>
            ))}
          </select>
        </label>
      )}
      <button
        type="button"
        className="btn btn-primary"
        onClick={() => onPropose(hours === '' ? undefined : Number(hours))}
        disabled={isAsked}
        data-testid="propose"
      >
        {isAsked ? 'Planning…' : 'Propose'}
      </button>
    </div>
  );
}
