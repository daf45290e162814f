import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { AiSettings, AiView, Budget } from '../../src/model/api-ai.ts';
import { request } from '../api/client.ts';
import { Outcome } from '../parts/states.tsx';
import { countText, currencyOf, moneyText } from './models-cost.tsx';

const MICROS = 1_000_000;

interface ModelSettingsProps {
  readonly view: AiView;
  readonly isAdministrator: boolean;
}

/** On which terms models are asked. Each change is a version of its own, and in the log. */
export function ModelSettings({ view, isAdministrator }: ModelSettingsProps) {
  const [isEditing, setEditing] = useState(false);
  const { settings } = view;
  return (
    <section className="health-section" aria-label="Terms">
      <div className="section-head">
        <h2>Terms</h2>
        <span className="quiet">version {view.settingsVersion}</span>
        <span className="spacer" />
        {isAdministrator && !isEditing && (
          <button type="button" className="btn" onClick={() => setEditing(true)} data-testid="settings-edit">
            Change
          </button>
        )}
      </div>
      {isEditing ? (
        <SettingsForm view={view} onDone={() => setEditing(false)} />
      ) : (
        <dl className="terms">
          <Term name="Models">{settings.isOn ? 'may be asked' : 'are not asked'}</Term>
          <Term name="Order">{settings.chain.length === 0 ? 'as they were set' : settings.chain.join(', then ')}</Term>
          <Term name="Residency">
            {settings.residency.kind === 'any'
              ? 'anywhere'
              : `only ${settings.residency.regions.join(', ') || 'nowhere'}`}
          </Term>
          <Term name="Names">
            {settings.namesTo.length === 0
              ? 'stay here; hosted providers get ids in their place'
              : `are sent to ${settings.namesTo.join(', ')}`}
          </Term>
          {(['incident', 'hour', 'day'] as const).map(span => (
            <Term key={span} name={`A budget of one ${span}`}>
              {countText(settings.budgets[span].tokens)} tokens or{' '}
              {moneyText(settings.budgets[span].costMicros, currencyOf(view))}
            </Term>
          ))}
        </dl>
      )}
    </section>
  );
}

function Term({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt className="soft">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function SettingsForm({ view, onDone }: { readonly view: AiView; readonly onDone: () => void }) {
  const [draft, setDraft] = useState(() => draftOf(view.settings));
  const cache = useQueryClient();
  const save = useMutation({
    mutationFn: () => request('PUT', '/api/v1/ai/settings', settingsOf(draft)),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['ai'] });
      onDone();
    },
  });
  const text = (key: Exclude<keyof Draft, 'isOn'>, label: string) => (
    <label className="field" key={key}>
      <span className="label">{label}</span>
      <input
        className="input"
        value={draft[key]}
        onChange={event => setDraft({ ...draft, [key]: event.target.value })}
        data-testid={`settings-${key}`}
      />
    </label>
  );
  return (
    <form
      className="stack"
      onSubmit={event => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <label className="check">
        <input
          type="checkbox"
          checked={draft.isOn}
          onChange={event => setDraft({ ...draft, isOn: event.target.checked })}
        />{' '}
        Models may be asked
      </label>
      {text('chain', 'Order in which providers are asked, by name, with commas; empty: as they were set')}
      {text('regions', 'Regions where they may compute, with commas; empty: anywhere')}
      {text('namesTo', 'Hosted providers that are sent names; empty: none')}
      <div className="field-row">
        {text('incidentTokens', 'Tokens of one incident')}
        {text('incidentCost', 'Money of one incident')}
      </div>
      <div className="field-row">
        {text('hourTokens', 'Tokens of one hour')}
        {text('hourCost', 'Money of one hour')}
      </div>
      <div className="field-row">
        {text('dayTokens', 'Tokens of one day')}
        {text('dayCost', 'Money of one day')}
      </div>
      <Outcome error={save.error} />
      <div className="actions">
        <button type="button" className="btn" onClick={onDone}>
          Leave as it is
        </button>
        <button type="submit" className="btn btn-primary" disabled={save.isPending} data-testid="settings-save">
          Save as version {view.settingsVersion + 1}
        </button>
      </div>
    </form>
  );
}

interface Draft {
  readonly isOn: boolean;
  readonly chain: string;
  readonly regions: string;
  readonly namesTo: string;
  readonly incidentTokens: string;
  readonly incidentCost: string;
  readonly hourTokens: string;
  readonly hourCost: string;
  readonly dayTokens: string;
  readonly dayCost: string;
}

function draftOf({ isOn, chain, residency, namesTo, budgets }: AiSettings): Draft {
  const money = ({ costMicros }: Budget) => String(costMicros / MICROS);
  return {
    isOn,
    chain: chain.join(', '),
    regions: residency.kind === 'any' ? '' : residency.regions.join(', '),
    namesTo: namesTo.join(', '),
    incidentTokens: String(budgets.incident.tokens),
    incidentCost: money(budgets.incident),
    hourTokens: String(budgets.hour.tokens),
    hourCost: money(budgets.hour),
    dayTokens: String(budgets.day.tokens),
    dayCost: money(budgets.day),
  };
}

function settingsOf(draft: Draft): AiSettings {
  const regions = listOf(draft.regions);
  const budget = (tokens: string, cost: string): Budget => ({
    tokens: Math.round(Number(tokens)),
    costMicros: Math.round(Number(cost) * MICROS),
  });
  return {
    isOn: draft.isOn,
    chain: listOf(draft.chain),
    residency: regions.length === 0 ? { kind: 'any' } : { kind: 'only', regions },
    namesTo: listOf(draft.namesTo),
    budgets: {
      incident: budget(draft.incidentTokens, draft.incidentCost),
      hour: budget(draft.hourTokens, draft.hourCost),
      day: budget(draft.dayTokens, draft.dayCost),
    },
  };
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '');
}
