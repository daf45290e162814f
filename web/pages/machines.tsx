import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { MachineRow, MachineState } from '../../src/model/machine.ts';
import { machinesQuery } from '../api/power-queries.ts';
import { meQuery } from '../api/queries.ts';
import { signCustody } from '../crypto/custody.ts';
import { passkeyTrouble } from '../crypto/passkey.ts';
import { Inert } from '../parts/inert.tsx';
import { Failed, Loading, Outcome } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';
import '../styles/policy.css';

const STATE_TEXT: { readonly [S in MachineState]: string } = {
  active: 'in use',
  rotation_due: 'its secret should be made anew',
  unused: 'not used for 90 days',
  ownerless: 'nobody answers for it',
  expired: 'its time is over',
  overdue: 'its secret is older than a year',
};
const DAYS = [30, 90, 180, 365] as const;

/** Every machine identity: who answers for it, what it can bring about, until when. */
export function MachinesPage() {
  const machines = useQuery(machinesQuery);
  const me = useQuery(meQuery);
  const rows = machines.data ?? [];
  const troubled = rows.filter(({ state }) => state !== 'active').length;
  const person = me.data?.person;
  const maySign = person?.roles.some(role => role !== 'auditor') === true;
  return (
    <main className="page machines">
      <div className="page-head">
        <h1>Machines</h1>
        {machines.isSuccess && (
          <p className={troubled > 0 ? 'gap-text' : 'soft'}>
            {rows.length} identities,{' '}
            {troubled === 0 ? 'each with somebody who answers for it' : `${troubled} need somebody`}
          </p>
        )}
      </div>
      <p className="soft">
        None of them can review, and none holds two of proposing, reviewing and executing. What nobody answers for any
        more is disabled until somebody takes it over, with a passkey.
      </p>
      {machines.isPending && <Loading what="the machine identities" rows={6} />}
      {machines.isError && (
        <Failed error={machines.error} what="the machine identities" retry={() => void machines.refetch()} />
      )}
      {rows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label="Machine identities">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Identity</th>
                <th scope="col">Answers for it</th>
                <th scope="col">Can, of what it needs</th>
                <th scope="col">Made, last used</th>
                <th scope="col">Until</th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(row => (
                <Machine key={row.identity} row={row} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {maySign && person != null && <TakeOver me={person.id} rows={rows.filter(({ canBeTaken }) => canBeTaken)} />}
    </main>
  );
}

function Machine({ row }: { readonly row: MachineRow }) {
  const beyond = row.powers.filter(power => !row.needs.includes(power));
  return (
    <tr data-testid="machine-row" data-state={row.state}>
      <td className="machine-name">
        <code>
          <Inert text={row.identity} form="line" />
        </code>
        <div className="soft">
          <Inert text={row.purpose} form="line" />
        </div>
      </td>
      <td className="row-person">
        {row.owner === '' ? <span className="gap-text">nobody</span> : <Inert text={row.ownerName} form="line" />}
        {row.owner !== '' && row.isByDefault && <div className="quiet">by default, nobody signed</div>}
      </td>
      <td>
        {row.powers.length === 0 ? 'nothing here' : row.powers.map(power => power.replace('_', ' ')).join(', ')}
        {beyond.length > 0 && <span className="gap-text"> more than it needs: {beyond.join(', ')}</span>}
        <div className="quiet">
          <Inert text={row.scope} form="line" />
        </div>
      </td>
      <td>
        {row.madeAt === '' ? 'unknown' : <MomentText at={row.madeAt} />}
        <div className="quiet">used {row.lastUsedAt === '' ? <>unknown</> : <MomentText at={row.lastUsedAt} />}</div>
      </td>
      <td>
        {row.until === '' ? 'no end' : <MomentText at={row.until} />}
        {row.from.length > 0 && <div className="quiet">from {row.from.join(', ')}</div>}
      </td>
      <td className="machine-state">
        <span className={row.state === 'active' ? undefined : 'gap-text'}>{STATE_TEXT[row.state]}</span>
        {row.isDisabled && <div className="gap-text">disabled</div>}
        {row.refused > 0 && (
          <div className="gap-text">refused {row.refused === 1 ? 'once' : `${row.refused} times`} in seven days</div>
        )}
      </td>
    </tr>
  );
}

function TakeOver({ me, rows }: { readonly me: string; readonly rows: readonly MachineRow[] }) {
  const [identity, setIdentity] = useState('');
  const [days, setDays] = useState<number>(180);
  const [from, setFrom] = useState('');
  const cache = useQueryClient();
  const blocks = from.split(/[\s,]+/).filter(block => block !== '');
  const take = useMutation({
    mutationFn: () =>
      signCustody(me, identity, days, blocks).catch((error: unknown) => {
        throw new Error(passkeyTrouble(error) ?? (error instanceof Error ? error.message : String(error)));
      }),
    onSuccess: () => {
      setIdentity('');
      setFrom('');
      void cache.invalidateQueries({ queryKey: ['machines'] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    take.mutate();
  };
  return (
    <section className="health-section" aria-label="Answer for one">
      <h2>Answer for one</h2>
      <p className="soft">
        You say that you know what it is for and who has its secret. When you leave it is disabled until somebody else
        signs. Where you name addresses as CIDR blocks, a use from elsewhere is refused and told.
      </p>
      <form className="standing-in-form" onSubmit={submit} data-testid="machine-take">
        <label className="field">
          <span className="label">Identity</span>
          <select
            className="input"
            value={identity}
            onChange={event => setIdentity(event.target.value)}
            data-testid="machine-which"
          >
            <option value="">none</option>
            {rows.map(row => (
              <option key={row.identity} value={row.identity}>
                {row.identity}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span className="label">For</span>
          <select className="input" value={days} onChange={event => setDays(Number(event.target.value))}>
            {DAYS.map(one => (
              <option key={one} value={one}>
                {one} days
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span className="label">Used only from</span>
          <input
            className="input"
            value={from}
            maxLength={400}
            placeholder="10.1.0.0/16"
            onChange={event => setFrom(event.target.value)}
            data-testid="machine-from"
          />
        </label>
        <button type="submit" className="btn" disabled={identity === '' || take.isPending} data-testid="machine-sign">
          Sign with passkey
        </button>
      </form>
      <Outcome error={take.error} />
    </section>
  );
}
