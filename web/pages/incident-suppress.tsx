import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useId, useState } from 'react';
import type { AlertRow } from '../../src/model/api.ts';
import type { ProposalView } from '../../src/model/api-proposals.ts';
import { SCOPE_CHARS_MAX, SCOPE_KINDS, type ScopeKind, SUPPRESS_DAYS_MAX } from '../../src/model/suppression.ts';
import { request } from '../api/client.ts';
import { incidentAlertsQuery } from '../api/queries.ts';
import { drawn } from '../parts/inert-text.ts';
import { Failed, Loading, Outcome } from '../parts/states.tsx';

const DAYS = [1, 3, 7, SUPPRESS_DAYS_MAX] as const;
/** Choices that are offered; an incident of thousands of alerts has few rules. */
const CHOICES_MAX = 50;

interface Choice {
  readonly key: string;
  readonly alert: AlertRow;
  readonly kind: ScopeKind;
  readonly value: string;
  readonly label: string;
}

/** What could be suppressed: each title with each entity of it that narrows. */
function choicesOf(rows: readonly AlertRow[]): readonly Choice[] {
  const found = new Map<string, Choice>();
  for (const alert of rows) {
    for (const { kind, value, label, isGuessed } of alert.entities) {
      const narrow = SCOPE_KINDS.find(one => one === kind);
      const key = `${alert.source}\n${alert.title}\n${kind}\n${value}`;
      if (narrow === undefined || isGuessed === true || value.length > SCOPE_CHARS_MAX || found.has(key)) continue;
      found.set(key, { key, alert, kind: narrow, value, label });
    }
  }
  return [...found.values()].slice(0, CHOICES_MAX);
}

/** Asks which rule, for whom and for how long, and proposes to suppress it there. What it would have hidden stands in the decision. */
export function SuppressForm({ id, close }: { readonly id: string; readonly close: () => void }) {
  const alerts = useInfiniteQuery(incidentAlertsQuery(id));
  const [chosen, setChosen] = useState('');
  const [days, setDays] = useState<number>(7);
  const [why, setWhy] = useState('');
  const name = useId();
  const navigate = useNavigate();
  const choices = choicesOf(alerts.data?.pages.flatMap(page => page.rows) ?? []);
  const choice = choices.find(one => one.key === chosen) ?? choices[0];
  const propose = useMutation({
    mutationFn: () =>
      request<ProposalView>('POST', '/api/v1/proposals', {
        kind: 'suppress',
        alert: choice?.alert.id,
        entity: { kind: choice?.kind, value: choice?.value },
        days,
        why: why.trim(),
      }),
    onSuccess: made => void navigate({ to: '/proposals/$id', params: { id: made.row.id } }),
  });
  if (alerts.isPending) return <Loading what="the rules" rows={2} />;
  if (alerts.isError) return <Failed error={alerts.error} what="the rules" retry={() => void alerts.refetch()} />;
  if (choice === undefined)
    return (
      <p className="notice">
        No alert here names a host, person, mailbox or address in a field that is mapped, and a rule is never suppressed
        for everybody.
      </p>
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (why.trim() !== '') propose.mutate();
  };
  return (
    <form className="close-form suppress-form" onSubmit={submit} data-testid="suppress-form">
      <p>
        <label htmlFor={`${name}-rule`}>Which rule, and where?</label>
        <select
          className="input"
          id={`${name}-rule`}
          value={choice.key}
          onChange={event => setChosen(event.target.value)}
        >
          {choices.map(one => (
            <option key={one.key} value={one.key}>
              {drawn(`${one.alert.title}, ${one.kind} ${one.label}`)}
            </option>
          ))}
        </select>
      </p>
      <p>
        <label htmlFor={`${name}-days`}>For how long?</label>
        <select
          className="input"
          id={`${name}-days`}
          value={days}
          onChange={event => setDays(Number(event.target.value))}
        >
          {DAYS.map(one => (
            <option key={one} value={one}>
              {one === 1 ? '1 day' : `${one} days`}
            </option>
          ))}
        </select>
      </p>
      <p>
        <label htmlFor={`${name}-why`}>Why?</label>
        <input
          className="input"
          id={`${name}-why`}
          value={why}
          maxLength={SCOPE_CHARS_MAX}
          onChange={event => setWhy(event.target.value)}
          data-testid="suppress-why"
        />
      </p>
      <p className="quiet">
        Its alerts are kept and listed under Health, but stand in no queue. What it would have set aside in the last 30
        days stands in the decision, which a responder signs who did not propose it. One that is graver than those, or
        names something critical, counts all the same.
      </p>
      <Outcome error={propose.error} />
      <div className="actions is-left">
        <button
          type="submit"
          className="btn btn-primary"
          disabled={why.trim() === '' || propose.isPending}
          data-testid="suppress-propose"
        >
          Go to the decision
        </button>
        <button type="button" className="btn-link" onClick={close}>
          Leave it as it is
        </button>
      </div>
    </form>
  );
}
