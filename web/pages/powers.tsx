import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { CONDITIONS, type Condition, type PowerRow, type PowersView } from '../../src/model/api-powers.ts';
import { OWN_SYSTEM } from '../../src/model/proposal.ts';
import { powersQuery } from '../api/power-queries.ts';
import { Inert } from '../parts/inert.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { Age, msOf } from '../parts/time.tsx';
import '../styles/powers.css';
import { PowerDetail, REASON_TEXT } from './powers-detail.tsx';

const CONDITION_TEXT: { readonly [C in Condition]: string } = {
  unknown: 'unknown',
  failing: 'failing',
  attention: 'needs attention',
  well: 'well',
};

/** Every connected system: how it does, what may be done there, and by whose credential. What is not known stands first. */
export function PowersPage() {
  const powers = useQuery(powersQuery);
  const { show } = useSearch({ from: '/powers' });
  const rows = powers.data?.systems ?? [];
  const shown = rows.filter(({ condition }) => show === undefined || condition === show);
  return (
    <main className="page powers">
      <div className="page-head">
        <h1>Powers</h1>
        {powers.data !== undefined && rows.length > 0 && <Filter rows={rows} show={show} />}
      </div>
      <p className="soft">
        Every system that Countersign is connected to and may act on, one signed act at a time.{' '}
        <Link to="/machines">Who answers for each credential</Link>
      </p>
      {powers.isPending && <Loading what="the powers" rows={8} />}
      {powers.isError && <Failed error={powers.error} what="the powers" retry={() => void powers.refetch()} />}
      {powers.data !== undefined && (
        <>
          <Around view={powers.data} />
          {rows.every(({ responder }) => responder === OWN_SYSTEM) && (
            <Empty title="No other system is connected">
              <code>countersign target add</code> connects one. Until then nothing outside can be changed from here.
            </Empty>
          )}
          {rows.length > 0 && shown.length === 0 && <Empty title={`No system is ${conditionText(show)}`} />}
          {shown.length > 0 && (
            <section aria-label="Connected systems" className="power-list">
              <div className="power-row power-head" aria-hidden="true">
                <span>System</span>
                <span>Went well last</span>
                <span>Rights</span>
                <span>Credential</span>
                <span>Proposals</span>
              </div>
              {shown.map(row => (
                <Power key={`${row.system} ${row.responder}`} row={row} />
              ))}
            </section>
          )}
        </>
      )}
    </main>
  );
}

function conditionText(show: string | undefined): string {
  return CONDITIONS.some(one => one === show) ? CONDITION_TEXT[show as Condition] : 'like that';
}

function filterText(condition: Condition | undefined, count: number): string {
  if (condition === undefined) return count === 1 ? 'system' : 'systems';
  return condition === 'attention' && count !== 1 ? 'need attention' : CONDITION_TEXT[condition];
}

function Filter({ rows, show }: { readonly rows: readonly PowerRow[]; readonly show: string | undefined }) {
  return (
    <nav className="power-filter" aria-label="Show">
      {[undefined, ...CONDITIONS].map(condition => {
        const count = condition === undefined ? rows.length : rows.filter(row => row.condition === condition).length;
        return (
          <Link
            key={condition ?? 'all'}
            to="/powers"
            search={condition === undefined ? {} : { show: condition }}
            className={show === condition ? 'is-here' : undefined}
            data-testid={`powers-${condition ?? 'all'}`}
          >
            {count} {filterText(condition, count)}
          </Link>
        );
      })}
    </nav>
  );
}

/** What every act passes through, whichever system it is on. */
function Around({ view: { executor, killSwitch, budget } }: { readonly view: PowersView }) {
  const heardAt = msOf(executor.heardAt);
  const since = msOf(killSwitch.since);
  return (
    <ul className="health-parts">
      <li className={executor.isHeard && executor.refuses === '' ? 'health-part' : 'health-part is-unwell'}>
        <strong>executor</strong>
        <span className={executor.isHeard ? 'quiet' : 'gap-text'}>{executor.isHeard ? 'heard' : 'silent'}</span>
        <span className="soft">
          {heardAt === undefined ? (
            'It was never heard.'
          ) : (
            <>
              Heard <Age at={heardAt} suffix=" ago" />
              {executor.program !== '' && <>, version {executor.program}</>}.
            </>
          )}
          {!executor.isHeard && ' What stands below may be older than it looks.'}
          {executor.refuses !== '' && (
            <>
              {' '}
              It refuses to act: <code>{executor.refuses}</code>.
            </>
          )}{' '}
          The log that it believes: <code className="wrap-anywhere">{executor.logKey}</code>
        </span>
      </li>
      <li className={killSwitch.isOn ? 'health-part is-unwell' : 'health-part'}>
        <strong>kill switch</strong>
        <span className={killSwitch.isOn ? 'gap-text' : 'quiet'}>{killSwitch.isOn ? 'on' : 'off'}</span>
        <span className="soft">
          {killSwitch.isOn ? 'No act begins. ' : 'Acts may begin. '}
          {since === undefined ? (
            'Nobody ever turned it.'
          ) : (
            <>
              Turned by <Inert text={killSwitch.by} form="line" /> <Age at={since} suffix=" ago" />
              {killSwitch.reason !== '' && (
                <>
                  : <Inert text={killSwitch.reason} form="line" />
                </>
              )}
            </>
          )}
        </span>
      </li>
      <li className={budget.some(({ begun, most }) => begun >= most) ? 'health-part is-unwell' : 'health-part'}>
        <strong>acts of the last hour</strong>
        <span className="quiet">{budget.reduce((sum, { begun }) => sum + begun, 0)}</span>
        <span className="soft">
          {budget.length === 0
            ? 'None was begun.'
            : budget.map(({ kind, begun, most }) => `${kind.replaceAll('_', ' ')}: ${begun} of ${most}`).join(' · ')}
          {budget.some(({ begun, most }) => begun >= most) && '. What is full takes two people for each one more.'}
        </span>
      </li>
    </ul>
  );
}

function Power({ row }: { readonly row: PowerRow }) {
  const { show, system } = useSearch({ from: '/powers' });
  const navigate = useNavigate();
  const key = `${row.system}/${row.responder}`;
  const isOpen = system === key;
  const open = () =>
    void navigate({
      to: '/powers',
      search: { ...(show === undefined ? {} : { show }), ...(isOpen ? {} : { system: key }) },
      resetScroll: false,
    });
  const [worst] = row.reasons;
  return (
    <article className="power" data-testid="power" data-condition={row.condition} data-system={row.system}>
      <button type="button" className="power-row" aria-expanded={isOpen} onClick={open}>
        <span className="power-name">
          <strong className="wrap-anywhere">
            <Inert text={row.system} form="line" />
          </strong>
          <span className="power-sub">
            <span className={`power-condition is-${row.condition}`}>
              {row.condition === 'unknown' && <span className="gap-swatch hatch" aria-hidden="true" />}
              {CONDITION_TEXT[row.condition]}
            </span>
            <span className="quiet">{row.responder}</span>
          </span>
          {worst !== undefined && row.condition !== 'well' && <span className="soft">{REASON_TEXT[worst]}</span>}
        </span>
        <span className="power-cell">
          <span className="power-label">Went well last</span>
          {row.doings.map(({ doing, wellAt, illAt }) => (
            <WentWell key={doing} name={doing} wellAt={wellAt} illAt={illAt} />
          ))}
        </span>
        <span className="power-cell">
          <span className="power-label">Rights</span>
          <Rights row={row} />
        </span>
        <span className="power-cell">
          <span className="power-label">Credential</span>
          <Credential row={row} />
        </span>
        <span className="power-cell">
          <span className="power-label">Proposals</span>
          <span>{row.open} open</span>
          {row.troubled.map(({ state, count }) => (
            <span key={state} className="gap-text">
              {count} {state === 'succeeded' ? 'unproven' : state.replaceAll('_', ' ')}
            </span>
          ))}
        </span>
      </button>
      {isOpen && <PowerDetail row={row} />}
    </article>
  );
}

function WentWell({ name, wellAt, illAt }: { readonly name: string; readonly wellAt: string; readonly illAt: string }) {
  const [well, ill] = [msOf(wellAt), msOf(illAt)];
  if (ill !== undefined && ill > (well ?? 0))
    return (
      <span>
        {name} <span className="gap-text">failing</span>
        {well !== undefined && (
          <span className="quiet">
            , well <Age at={well} suffix=" ago" />
          </span>
        )}
      </span>
    );
  return (
    <span>
      {name} {well === undefined ? <span className="quiet">unknown</span> : <Age at={well} suffix=" ago" />}
    </span>
  );
}

/** Unknown first, then what is wrong, then how many are as they should be, of how many. */
function Rights({ row: { rights } }: { readonly row: PowerRow }) {
  const { total, unknown, missing, tooMuch } = rights;
  return (
    <>
      {rights.kind === 'failed' && <span className="gap-text">the look failed</span>}
      {unknown > 0 && (
        <span className="gap-text">
          <span className="gap-swatch hatch" aria-hidden="true" />
          {unknown === total ? 'unknown' : `${unknown} of ${total} unknown`}
        </span>
      )}
      {missing > 0 && <span className="gap-text">{missing} missing</span>}
      {tooMuch > 0 && <span className="gap-text">{tooMuch} too much</span>}
      {unknown < total && (
        <span>
          {total - unknown - missing - tooMuch} of {total} as they should be
        </span>
      )}
    </>
  );
}

function Credential({ row: { credential } }: { readonly row: PowerRow }) {
  const since = msOf(credential.writeSince);
  return (
    <>
      <span className="wrap-anywhere">
        {credential.ownerName === '' ? (
          <span className="gap-text">nobody answers for it</span>
        ) : (
          <Inert text={credential.ownerName} form="line" />
        )}
      </span>
      {credential.ownerName !== '' && credential.isByDefault && (
        <span className="quiet">by default, nobody signed</span>
      )}
      {credential.isMadeAtStart ? (
        <span className="quiet">made with each start</span>
      ) : since === undefined ? (
        <span className="gap-text">age unknown</span>
      ) : (
        <span>
          known for <Age at={since} />
        </span>
      )}
      {credential.isDisabled && <span className="gap-text">not opened</span>}
    </>
  );
}
