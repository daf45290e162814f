import { Link } from '@tanstack/react-router';
import type { ProposalView } from '../../src/model/api.ts';
import { Inert } from '../parts/inert.tsx';
import { MomentText } from '../parts/time.tsx';

/** The seats of the quorum, who may not take one, and what still stands in the way for me. */
export function ReviewQuorum({ view, possible }: { readonly view: ProposalView; readonly possible: number }) {
  const { quorum, contributors, conditions, presentation } = view;
  const hasSigned = view.row.state === 'in_review' && isSignedByMe(view);
  const isShort = presentation.tier === 'T3' && possible < 2;
  return (
    <section className="review-section" aria-label="Who signs">
      <header className="panel-head">
        <h2>Who signs</h2>
        <span className="quiet">
          {view.isWithheld
            ? 'who signed is told once you said what you think'
            : `${quorum.filter(slot => slot.filledBy !== undefined).length} of ${quorum.length} seats`}
        </span>
      </header>
      <ol className="seats">
        {quorum.map((slot, index) => (
          <li
            key={slot.slot}
            className={slot.filledBy === undefined ? 'seat' : 'seat is-filled'}
            data-testid="quorum-slot"
          >
            <span className="seat-number">{index + 1}</span>
            <span>
              {slot.filledBy === undefined ? (
                <span className="soft">
                  {view.isWithheld ? '' : 'open: '}
                  {slot.who}
                </span>
              ) : (
                <strong>{slot.filledBy}</strong>
              )}
              {slot.filledBy !== undefined && (
                <span className="quiet">
                  {' '}
                  {slot.slot.replaceAll('_', ' ')}
                  {slot.insteadOf === undefined ? '' : `, in the stead of ${slot.insteadOf}`}
                </span>
              )}
            </span>
          </li>
        ))}
      </ol>
      {view.row.escalation > 0 && (
        <p className="gap-text" data-testid="escalated">
          Nobody took the open seat for {view.row.escalation === 2 ? 'three quarters' : 'half'} of its time. Everybody
          who may was asked again
          {view.row.escalation === 2 && ', and the administrators were told'}. Nobody may more by that, and its end is a
          no.
        </p>
      )}
      {presentation.tier === 'T3' && (
        <p className="soft" data-testid="why-two">
          Two different people sign because of what stands under “Why T3”. One person with two keys is still one person.
          {isShort && (
            <>
              {' '}
              <strong>
                Only {possible} {possible === 1 ? 'person' : 'people'} here could sign it.
              </strong>{' '}
              An administrator <Link to="/people">invites another</Link>.
            </>
          )}
        </p>
      )}
      {contributors.length > 0 && (
        <ul className="plain-list">
          {contributors.map(person => (
            <li key={person.id}>
              {person.name} <span className="quiet">contributed: {person.why}</span>
            </li>
          ))}
        </ul>
      )}
      {hasSigned && (
        <p data-testid="signed-and-awaited">
          <span aria-hidden="true">✓</span> {awaitedText(view)}
        </p>
      )}
      {conditions.length > 0 && !hasSigned && view.row.state === 'in_review' && (
        <>
          <h2>For you to approve</h2>
          <ul className="conditions">
            {conditions.map(condition => (
              <li
                key={condition.text}
                className={condition.isMet ? 'condition is-met' : 'condition'}
                data-testid="condition"
                data-met={condition.isMet}
              >
                <span aria-hidden="true">{condition.isMet ? '✓' : '○'}</span>
                <span className="visually-hidden">{condition.isMet ? 'met: ' : 'not met: '}</span>
                <span>{condition.text}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

/** Whether my approval of this revision counts already. An approval once more is refused, so nothing is left to do. */
export function isSignedByMe(view: Pick<ProposalView, 'conditions'>): boolean {
  return view.conditions.some(condition => condition.code === 'review.twice');
}

/** For a person who has signed: that they have, and which seats are still open. */
export function awaitedText({ row, quorum }: Pick<ProposalView, 'row' | 'quorum'>): string {
  const open = quorum
    .filter(slot => slot.filledBy === undefined)
    .map(({ who }) => who.charAt(0).toLowerCase() + who.slice(1));
  return `You have signed revision ${row.revision}.${open.length === 0 ? '' : ` Awaited: ${open.join('; ')}.`}`;
}

/** Earlier revisions: every edit voided the reviews before it. */
export function ReviewRevisions({ view }: { readonly view: ProposalView }) {
  if (view.revisions.length < 2) return null;
  return (
    <section className="review-section" aria-label="Revisions">
      <header className="panel-head">
        <h2>Revisions</h2>
        <span className="quiet">each voids the reviews before it</span>
      </header>
      <ol className="notes">
        {view.revisions.map(revision => (
          <li key={revision.revision}>
            <strong>revision {revision.revision}</strong>{' '}
            <span className="quiet">
              <MomentText at={revision.createdAt} />
            </span>
            <ul className="plain-list">
              {revision.changed.map(change => (
                <li key={change.path}>
                  <code>{change.path}</code> <Inert text={change.from} /> → <Inert text={change.to} />
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  );
}
