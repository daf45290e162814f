import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { PowerDetailView, PowerReason, PowerRow, RightRow } from '../../src/model/api-powers.ts';
import type { MachineState } from '../../src/model/machine.ts';
import { powerQuery } from '../api/power-queries.ts';
import { Inert } from '../parts/inert.tsx';
import { Failed, Loading } from '../parts/states.tsx';
import { Age, MomentText, msOf } from '../parts/time.tsx';

export const REASON_TEXT: { readonly [R in PowerReason]: string } = {
  executor_silent: 'the executor is silent, so nothing of this is of now',
  never_heard: 'nobody asked it anything yet',
  not_heard_of_late: 'nobody asked it anything for 30 days',
  look_failed: 'its rights could not be looked at',
  plan_failing: 'the last look for a plan failed',
  execute_failing: 'the last act did not come through',
  observe_failing: 'the last look after an act failed',
  credential_disabled: 'its credential is not opened',
  right_missing: 'a right is missing that it needs',
  right_too_much: 'a credential may do more than it should',
  rights_unknown: 'some rights cannot be read',
  rotation_due: 'its secret should be made anew',
  secret_shared: 'another system is written to with the same secret',
  acts_troubled: 'acts failed, or their effect is not shown',
  budget_spent: 'the acts of this hour are used up: each one more takes two people',
  asks_to_wait: 'it asks to be left alone',
  changed_by_nobody: 'its own log has changes by our credential that nobody signed',
  act_not_shown: 'its own log does not have an act of ours',
  trail_silent: 'its own log cannot be read any more',
};

const STATE_TEXT: { readonly [S in MachineState]: string } = {
  active: 'in use',
  rotation_due: 'should be made anew',
  unused: 'not used for 90 days',
  ownerless: 'nobody answers for it: no act on this system is carried out',
  expired: 'the time is over for which somebody answered for it: no act on this system is carried out',
  overdue: 'known for more than a year: no act on this system is carried out until it is made anew',
};

/** All that is known of one system, under its row. */
export function PowerDetail({ row }: { readonly row: PowerRow }) {
  const detail = useQuery(powerQuery(row.responder, row.system));
  return (
    <div className="power-detail" data-testid="power-detail">
      {row.reasons.length > 0 && (
        <section aria-label="Why">
          <h2>Why</h2>
          <ul>
            {row.reasons.map(reason => (
              <li key={reason} data-reason={reason}>
                {REASON_TEXT[reason]}
                {reason === 'asks_to_wait' && (
                  <>
                    {' '}
                    until <MomentText at={row.waitUntil} />
                  </>
                )}
                {reason === 'secret_shared' && (
                  <>
                    : <Inert text={row.credential.sharedWith.join(', ')} form="line" />
                  </>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      <Went row={row} />
      <Trail trail={row.trail} />
      <CredentialFacts row={row} />
      {detail.isPending && <Loading what="its rights" rows={6} />}
      {detail.isError && <Failed error={detail.error} what="its rights" retry={() => void detail.refetch()} />}
      {detail.data !== undefined && (
        <>
          <RightsTable row={row} list={detail.data.rights} />
          <Operations operations={detail.data.operations} />
        </>
      )}
    </div>
  );
}

const DOING_TEXT = { plan: 'look for a plan', execute: 'act', observe: 'look after an act' } as const;

function Went({ row }: { readonly row: PowerRow }) {
  return (
    <section aria-label="How it went">
      <h2>How it went</h2>
      <dl className="facts">
        {row.doings.map(({ doing, wellAt, illAt, code, shown }) => (
          <div key={doing} className="power-pair">
            <dt>{DOING_TEXT[doing]}</dt>
            <dd>
              {wellAt === '' && illAt === '' && <span className="quiet">unknown: it was never tried</span>}
              {wellAt !== '' && (
                <>
                  well <MomentText at={wellAt} />
                </>
              )}
              {illAt !== '' && (
                <div className="gap-text">
                  failed <MomentText at={illAt} />: {shown} {code !== '' && <code>{code}</code>}
                </div>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Trail({ trail: { state, kept, readAt, unknownChanges, notShown } }: { readonly trail: PowerRow['trail'] }) {
  return (
    <section aria-label="What its own log says">
      <h2>What its own log says</h2>
      {state === 'none' ? (
        <p className="quiet">It keeps none that can be read, so a use of our credential by hand is not seen.</p>
      ) : (
        <p>
          <Inert text={kept} form="line" />:{' '}
          {state === 'awaited' && <span className="quiet">nobody has read it yet</span>}
          {state === 'silent' && <span className="gap-text">it cannot be read any more</span>}
          {readAt !== '' && (
            <>
              {' '}
              read <MomentText at={readAt} />
            </>
          )}
          {state !== 'awaited' && (
            <>
              {'; '}
              <span className={unknownChanges > 0 ? 'gap-text' : undefined}>
                {unknownChanges} {unknownChanges === 1 ? 'change' : 'changes'} that nobody signed
              </span>{' '}
              and {notShown} {notShown === 1 ? 'act' : 'acts'} that it does not have, in 30 days.{' '}
              <Link to="/health">What was found</Link>
            </>
          )}
        </p>
      )}
    </section>
  );
}

const RANK = { unknown: 0, wrong: 1, right: 2 } as const;

function verdictOf({ need, granted }: RightRow): keyof typeof RANK {
  if (granted === 'unknown') return 'unknown';
  return (need === 'needed') === (granted === 'yes') ? 'right' : 'wrong';
}

const GRANTED_TEXT = {
  needed: { yes: 'granted', no: 'missing', unknown: 'unknown' },
  forbidden: { yes: 'held, and should not be', no: 'not held', unknown: 'unknown' },
} as const;

function RightsTable({
  row: { rights, lookedAt },
  list,
}: {
  readonly row: PowerRow;
  readonly list: readonly RightRow[];
}) {
  const looked = msOf(lookedAt);
  const sorted = [...list].sort((a, b) => RANK[verdictOf(a)] - RANK[verdictOf(b)]);
  return (
    <section aria-label="Rights">
      <h2>Rights</h2>
      <p className="soft">
        {rights.kind === 'seen' && looked !== undefined && (
          <>
            As the system told the credential that reads, <Age at={looked} suffix=" ago" />.
          </>
        )}
        {rights.kind === 'failed' && (
          <span className="gap-text">
            The last look failed with {rights.code}: nothing is known of these rights now.
          </span>
        )}
        {rights.kind === 'not_told' && 'What the credentials may do cannot be read there. This is what they should.'}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label="Table of rights">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Credential</th>
              <th scope="col">Right</th>
              <th scope="col">Should be</th>
              <th scope="col">Is</th>
            </tr>
          </thead>
          <tbody>
            {sorted.map(right => (
              <tr
                key={`${right.credential} ${right.need} ${right.scope}`}
                data-testid="power-right"
                data-verdict={verdictOf(right)}
              >
                <td>{right.credential}</td>
                <td className="wrap-anywhere">{right.scope}</td>
                <td>{right.need === 'needed' ? 'granted' : 'not held'}</td>
                <td>
                  <span className={verdictOf(right) === 'right' ? undefined : 'gap-text'}>
                    {verdictOf(right) === 'unknown' && <span className="gap-swatch hatch" aria-hidden="true" />}
                    {GRANTED_TEXT[right.need][right.granted]}
                  </span>
                  {right.because !== '' && (
                    <div className="quiet">
                      <Inert text={right.because} form="line" />
                    </div>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function CredentialFacts({ row: { credential } }: { readonly row: PowerRow }) {
  const known = (at: string) => (at === '' ? <span className="quiet">unknown</span> : <MomentText at={at} />);
  return (
    <section aria-label="Credential">
      <h2>Credential</h2>
      <dl className="facts">
        <div className="power-pair">
          <dt>identity</dt>
          <dd>
            <code className="wrap-anywhere">{credential.identity}</code>
          </dd>
        </div>
        <div className="power-pair">
          <dt>answers for it</dt>
          <dd>
            {credential.ownerName === '' ? (
              <span className="gap-text">nobody</span>
            ) : (
              <Inert text={credential.ownerName} form="line" />
            )}
            {credential.ownerName !== '' && credential.isByDefault && ' by default, nobody signed'}
            {credential.until !== '' && (
              <>
                {' '}
                until <MomentText at={credential.until} />
              </>
            )}
          </dd>
        </div>
        <div className="power-pair">
          <dt>state</dt>
          <dd className={credential.state === 'active' ? undefined : 'gap-text'}>
            {STATE_TEXT[credential.state as MachineState] ?? credential.state}
          </dd>
        </div>
        {credential.isMadeAtStart ? (
          <div className="power-pair">
            <dt>secrets</dt>
            <dd>made with each start, and handed to nobody</dd>
          </div>
        ) : (
          <>
            <div className="power-pair">
              <dt>writes, known since</dt>
              <dd>
                {known(credential.writeSince)} <span className="quiet">it may be older than that</span>
              </dd>
            </div>
            <div className="power-pair">
              <dt>reads, known since</dt>
              <dd>{known(credential.readSince)}</dd>
            </div>
            {credential.probeSince !== '' && (
              <div className="power-pair">
                <dt>probe, known since</dt>
                <dd>{known(credential.probeSince)}</dd>
              </div>
            )}
            <div className="power-pair">
              <dt>make it anew by</dt>
              <dd>
                {known(credential.rotateBy)}
                {credential.refusedFrom !== '' && (
                  <>
                    ; not opened from <MomentText at={credential.refusedFrom} />
                  </>
                )}
              </dd>
            </div>
          </>
        )}
      </dl>
    </section>
  );
}

function Operations({ operations }: Pick<PowerDetailView, 'operations'>) {
  return (
    <section aria-label="What can be done there">
      <h2>What can be done there</h2>
      {operations.length === 0 && <p className="gap-text">This version knows of no operation of it.</p>}
      {operations.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label="Table of operations">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Operation</th>
                <th scope="col">Changes</th>
                <th scope="col">Undo</th>
                <th scope="col">At least</th>
              </tr>
            </thead>
            <tbody>
              {operations.map(operation => (
                <tr key={operation.name}>
                  <td>
                    {operation.title} <div className="quiet mono">{operation.name}</div>
                  </td>
                  <td>{operation.touches === 'own' ? 'this installation' : operation.touches}</td>
                  <td>{operation.reversibility}</td>
                  <td>{operation.floor}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <p className="quiet">On a target of which nothing delicate is known. What is found there only raises it.</p>
    </section>
  );
}
