import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { AiView, ProviderState, ProviderTest } from '../../src/model/api-ai.ts';
import { WITHOUT_MODEL } from '../../src/model/assist.ts';
import { request } from '../api/client.ts';
import { Inert } from '../parts/inert.tsx';
import { Empty, Outcome } from '../parts/states.tsx';
import { msOf, utc } from '../parts/time.tsx';
import { moneyText } from './models-cost.tsx';
import { ProviderForm } from './models-provider-form.tsx';

interface ProvidersProps {
  readonly view: AiView;
  readonly isAdministrator: boolean;
}

/** Who may be asked, in which order, and how each is. */
export function Providers({ view, isAdministrator }: ProvidersProps) {
  const [isAdding, setAdding] = useState(false);
  return (
    <section className="health-section" aria-label="Providers">
      <div className="section-head">
        <h2>Providers</h2>
        <span className="spacer" />
        {isAdministrator && (
          <button type="button" className="btn" onClick={() => setAdding(true)} data-testid="provider-add">
            Set a provider
          </button>
        )}
      </div>
      {view.providers.length === 0 ? (
        <Empty title="No model is set">
          Summaries, options and answers are written by rules, and nothing is missing for that. A model on this machine
          or a hosted one can be set here, or by <code>npx countersign model add</code>.
        </Empty>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label="Table of providers">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Provider and model</th>
                <th scope="col">Where, and what leaves</th>
                <th scope="col">How it is</th>
                <th scope="col" className="num">
                  A million tokens in, out
                </th>
                <th scope="col">
                  <span className="visually-hidden">Try it</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {view.providers.map(provider => (
                <ProviderRow key={provider.name} provider={provider} isAdministrator={isAdministrator} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {isAdding && <ProviderForm onClose={() => setAdding(false)} />}
    </section>
  );
}

function ProviderRow({
  provider,
  isAdministrator,
}: {
  readonly provider: ProviderState;
  readonly isAdministrator: boolean;
}) {
  const cache = useQueryClient();
  const test = useMutation({
    mutationFn: () =>
      request<ProviderTest>('POST', `/api/v1/ai/providers/${encodeURIComponent(provider.name)}/test`, {}),
    onSettled: () => void cache.invalidateQueries({ queryKey: ['ai'] }),
  });
  const remove = useMutation({
    mutationFn: () => request('POST', `/api/v1/ai/providers/${encodeURIComponent(provider.name)}/remove`, {}),
    onSettled: () => void cache.invalidateQueries({ queryKey: ['ai'] }),
  });
  const { price } = provider;
  return (
    <tr data-testid="provider-row">
      <td>
        {provider.place > 0 && <span className="quiet">{provider.place}. </span>}
        <strong className="wrap-anywhere">{provider.name}</strong>
        <p className="mono quiet wrap-anywhere">
          <Inert text={provider.model} form="line" /> · {provider.kind.replaceAll('_', ' ')}
        </p>
      </td>
      <td>
        {provider.isHosted ? `hosted, ${provider.region}` : `here, ${provider.region}`}
        <p className="soft">
          {provider.namesWithheld ? 'names stay here' : 'names are sent'}
          {provider.retention !== '' && <> · keeps: {provider.retention}</>}
        </p>
      </td>
      <td>
        <ProviderHealth provider={provider} />
        {test.data !== undefined && <TestOutcome test={test.data} />}
        <Outcome error={test.error ?? remove.error} />
      </td>
      <td className="num nowrap">
        {moneyText(price.inputMicros, '')}, {moneyText(price.outputMicros, price.currency)}
      </td>
      <td className="nowrap">
        {isAdministrator && (
          <>
            <button
              type="button"
              className="btn"
              onClick={() => test.mutate()}
              disabled={test.isPending}
              data-testid="provider-test"
            >
              {test.isPending ? 'Asking…' : 'Test'}
            </button>{' '}
            <button type="button" className="btn-link" onClick={() => remove.mutate()} disabled={remove.isPending}>
              remove
            </button>
          </>
        )}
      </td>
    </tr>
  );
}

function ProviderHealth({ provider: { breaker, without, isOn } }: { readonly provider: ProviderState }) {
  const until = msOf(breaker.until);
  if (!isOn) return <span className="quiet">switched off</span>;
  if (breaker.state === 'open')
    return (
      <span className="gap-text">
        <span className="gap-swatch hatch" aria-hidden="true" /> left alone
        {until !== undefined && ` until ${utc(until)}`}
        {breaker.lastFailure !== '' && `: ${WITHOUT_MODEL[breaker.lastFailure]}`}
      </span>
    );
  if (without !== '')
    return (
      <span className="gap-text">
        <span className="gap-swatch hatch" aria-hidden="true" /> {WITHOUT_MODEL[without]}
        {without === 'ai.not_previewed' && ' Open an incident and look at what would be sent.'}
      </span>
    );
  return (
    <span className="quiet">{breaker.failures === 0 ? 'ready' : `ready; failed ${breaker.failures} times lately`}</span>
  );
}

function TestOutcome({ test }: { readonly test: ProviderTest }) {
  return (
    <p className={test.isWell ? 'soft' : 'outcome-failed'} role="status" data-testid="provider-tested">
      {test.shown} {test.latencyMs > 0 && `${(test.latencyMs / 1_000).toFixed(1)} s. `}
      {test.detail !== '' && <Inert text={test.detail} form="line" />}{' '}
      {test.record !== undefined && (
        <Link to="/models/records/$id" params={{ id: test.record }}>
          the record
        </Link>
      )}
    </p>
  );
}
