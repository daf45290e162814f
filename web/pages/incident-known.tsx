import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { EnrichmentView, LookUpPlan } from '../../src/model/api.ts';
import type { EnrichmentFact, Tlp } from '../../src/model/enrichment.ts';
import { request } from '../api/client.ts';
import { enrichmentQuery } from '../api/queries.ts';
import { asOfText, FactStatusMark, factKindText } from '../parts/facts.tsx';
import { Inert } from '../parts/inert.tsx';
import { Empty, Failed, Loading, Outcome } from '../parts/states.tsx';

/** What is known of the values of an incident beside its alerts, who says so, and whom else one could ask. */
export function IncidentKnown({ id }: { readonly id: string }) {
  const known = useQuery(enrichmentQuery(id));
  if (known.isPending) return <Loading what="what is known" />;
  if (known.isError && known.data === undefined)
    return <Failed error={known.error} what="what is known" retry={() => void known.refetch()} />;
  const view = known.data;
  if (view === undefined) return null;
  const rows = [...view.entities.filter(({ facts }) => facts.length > 0), ...techniqueRows(view.techniques)];
  return (
    <div className="stack">
      <LookUps id={id} view={view} />
      {rows.length === 0 ? (
        <Empty title="Nothing is known of any value here">
          No record maps an address, a name, a hash or a technique.
        </Empty>
      ) : (
        <Facts rows={rows} />
      )}
      {view.omitted > 0 && (
        <p className="gap-text">{view.omitted.toLocaleString('en')} more values of this incident are not looked at.</p>
      )}
      <p className="quiet">
        These facts are shown beside the evidence. No proposal rests on them, and they change no tier and no order.
      </p>
    </div>
  );
}

type Row = EnrichmentView['entities'][number];

function techniqueRows(facts: readonly EnrichmentFact[]): readonly Row[] {
  return facts.map(fact => ({
    key: fact.about,
    kind: 'technique',
    label: fact.about.replace('technique:', ''),
    facts: [fact],
  }));
}

function Facts({ rows }: { readonly rows: readonly Row[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll is-tall" tabIndex={0} aria-label="What is known">
      <table className="table facts-table">
        <thead>
          <tr>
            <th scope="col">Value</th>
            <th scope="col">What is known</th>
            <th scope="col">Status</th>
            <th scope="col">Who says so</th>
          </tr>
        </thead>
        {rows.map(({ key, kind, label, facts }) => (
          <tbody key={key} data-testid="known-value">
            {facts.map((fact, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two sources may say the same of the same value
              <tr key={index}>
                {index === 0 && (
                  <th scope="rowgroup" rowSpan={facts.length}>
                    <Inert text={label} /> <span className="quiet">{kind}</span>
                  </th>
                )}
                <td>
                  <span className="quiet">{factKindText(fact.kind)}</span>{' '}
                  {fact.value === '' ? (
                    <span className="quiet">not known</span>
                  ) : (
                    <Inert text={fact.value} form="line" />
                  )}
                  {fact.because !== '' && (
                    <p className="soft fact-because">
                      <Inert text={fact.because} form="line" />
                    </p>
                  )}
                </td>
                <td className="nowrap">
                  <FactStatusMark status={fact.status} />
                </td>
                <td className="soft">
                  {fact.source}
                  {fact.asOf !== '' && `, ${asOfText(fact.asOf)}`}
                </td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </section>
  );
}

const TLPS: readonly Tlp[] = ['clear', 'green', 'amber', 'red'];

/** How far this incident may go, and what each look-up would be sent, before anything is. */
function LookUps({ id, view }: { readonly id: string; readonly view: EnrichmentView }) {
  const cache = useQueryClient();
  const mark = useMutation({
    mutationFn: (tlp: Tlp) => request('POST', `/api/v1/incidents/${id}/tlp`, { tlp }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['incident', id] }),
  });
  return (
    <section className="look-ups" aria-label="Look-ups">
      <div className="look-up-tlp">
        <span className="label">May go as far as</span>
        <fieldset className="segmented" aria-label="How far this incident may go">
          {TLPS.map(tlp => (
            <button
              key={tlp}
              type="button"
              aria-pressed={view.tlp.value === tlp}
              disabled={mark.isPending}
              onClick={() => mark.mutate(tlp)}
              data-testid={`tlp-${tlp}`}
            >
              TLP:{tlp.toUpperCase()}
            </button>
          ))}
        </fieldset>
        <span className="quiet">{view.tlp.because}</span>
        <Outcome error={mark.error} />
      </div>
      {view.lookUps.length === 0 ? (
        <p className="quiet">
          Nobody outside is asked: no look-up is configured. <code>countersign look-up add</code> configures one.
        </p>
      ) : (
        view.lookUps.map(plan => <LookUp key={plan.name} id={id} plan={plan} />)
      )}
    </section>
  );
}

function LookUp({ id, plan }: { readonly id: string; readonly plan: LookUpPlan }) {
  const cache = useQueryClient();
  const ask = useMutation({
    mutationFn: () =>
      request<{ readonly asked: number }>('POST', `/api/v1/incidents/${id}/look-up`, { name: plan.name }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['incident', id, 'enrichment'] }),
  });
  const many = plan.send.length;
  const isLocal = plan.sends.startsWith('nothing');
  return (
    <div className="look-up" data-testid="look-up">
      <strong>
        {plan.title} <span className="quiet mono">{plan.name}</span>
      </strong>
      <span className="soft">
        {isLocal
          ? 'Compared on this machine; nothing is sent.'
          : plan.pending > 0
            ? `${plan.pending} values wait for an answer.`
            : `${many} ${many === 1 ? 'value' : 'values'} to ask, ${plan.fresh} answered, ${plan.withheldTotal} withheld · up to TLP:${plan.maxTlp.toUpperCase()} · ${plan.leftToday.toLocaleString('en')} questions left today`}
      </span>
      {!isLocal && (
        <button
          type="button"
          className="btn"
          disabled={many === 0 || plan.pending > 0 || plan.leftToday === 0 || ask.isPending}
          onClick={() => ask.mutate()}
          data-testid="look-up-ask"
        >
          {plan.leftToday === 0 ? 'Quota spent' : many === 0 ? 'Nothing to ask' : `Ask about ${many}`}
        </button>
      )}
      <Outcome error={ask.error} />
      {!isLocal && (many > 0 || plan.withheld.length > 0) && (
        <details className="look-up-plan">
          <summary>What would be sent, and what stays here</summary>
          <p className="soft">Sent is {plan.sends}</p>
          {many > 0 && (
            <p className="look-up-values">
              {plan.send.map(({ kind, value }) => (
                <Inert key={`${kind}${value}`} text={value} />
              ))}
            </p>
          )}
          {plan.withheld.length > 0 && (
            <ul>
              {plan.withheld.map(({ kind, value, because }) => (
                <li key={`${kind}${value}`}>
                  <Inert text={value} /> <span className="quiet">stays: {because}</span>
                </li>
              ))}
              {plan.withheldTotal > plan.withheld.length && (
                <li className="quiet">and {plan.withheldTotal - plan.withheld.length} more</li>
              )}
            </ul>
          )}
        </details>
      )}
    </div>
  );
}
