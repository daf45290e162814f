import { Link } from '@tanstack/react-router';
import type { ProposalView, UndoComparisonView } from '../../src/model/api.ts';
import type { Presentation } from '../../src/model/proposal.ts';
import { Inert } from '../parts/inert.tsx';

const REVERSIBILITY_TEXT = {
  exact: 'Exact: it restores the state before.',
  compensating: 'Compensating: it offsets the change, and what stays is listed.',
  irreversible: 'Irreversible: nothing puts it back.',
} as const;

/** What the undo of an act would do, as it was planned before anybody signs the act. */
export function UndoPlanned({ undo }: { readonly undo: Presentation['undo'] }) {
  const { check, reversibility, residue } = undo;
  return (
    <>
      <Inert text={undo.sentence} form="line" />
      {reversibility !== undefined && <p className="soft">{REVERSIBILITY_TEXT[reversibility]}</p>}
      <ul className="plain-list" data-testid="undo-check" data-verdict={check?.verdict ?? 'none'}>
        {check?.verdict === 'not_read' && (
          <li className="gap-text">
            <span className="gap-swatch hatch" aria-hidden="true" />
            <span>It could not be planned: whether it would work is not known.</span>
          </li>
        )}
        {check?.obstacles.length !== 0 &&
          check?.verdict === 'obstructed' &&
          check.obstacles.map(text => (
            <li key={text} className="gap-text">
              <span className="gap-swatch hatch" aria-hidden="true" />
              <span>
                in its way: <Inert text={text} form="line" />
              </span>
            </li>
          ))}
        {check?.brings.map(({ path, from, to }) => (
          <li key={path}>
            takes back: <code>{path}</code> <Inert text={from} form="line" /> → <Inert text={to} form="line" />
          </li>
        ))}
        {check?.leaves.map(path => (
          <li key={path}>
            leaves: <code>{path}</code>
          </li>
        ))}
        {residue.map(text => (
          <li key={text}>
            stays: <Inert text={text} form="line" />
          </li>
        ))}
      </ul>
    </>
  );
}

/** How the sign of the check goes: an undo that is not there, or could not be shown to work, is not fine. */
export function undoSign({ operation, check }: Presentation['undo']): 'ok' | 'look' | 'gap' {
  if (check?.verdict === 'obstructed' || check?.verdict === 'not_read') return 'gap';
  return operation === 'none' ? 'look' : 'ok';
}

/** What an undo left, where that is not what was declared: on the page of the undo and of what it undid. */
export function UndoLeft({ view }: { readonly view: ProposalView }) {
  const { undoLeft } = view;
  if (undoLeft === undefined) return null;
  return (
    <section
      className={`review-section undo-left is-${undoLeft.verdict}`}
      aria-label="What the undo left"
      data-testid="undo-left"
      data-verdict={undoLeft.verdict}
    >
      <header className="panel-head">
        <h2>What the undo left</h2>
      </header>
      <div className="undo-left-body">
        <p>
          <VerdictText left={undoLeft} />{' '}
          {undoLeft.undo !== view.row.id && (
            <Link to="/proposals/$id" params={{ id: undoLeft.undo }}>
              the undo
            </Link>
          )}
        </p>
        {undoLeft.differences.length > 0 && (
          <ul className="plain-list">
            {undoLeft.differences.map(({ path, before, now, isDeclared }) => (
              <li key={path} className={isDeclared ? undefined : 'gap-text'}>
                {!isDeclared && <span className="gap-swatch hatch" aria-hidden="true" />}
                <span>
                  {isDeclared ? 'as declared' : 'not declared'}: <code>{path}</code> was{' '}
                  <Inert text={before === '' ? 'nothing' : before} form="line" />, is{' '}
                  <Inert text={now === '' ? 'nothing' : now} form="line" />
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

function VerdictText({ left }: { readonly left: UndoComparisonView }) {
  const undeclared = left.differences.filter(({ isDeclared }) => !isDeclared).length;
  switch (left.verdict) {
    case 'as_declared':
      return 'Looked at again afterwards: nothing is otherwise than it was before, but for what was declared.';
    case 'not_read':
      return (
        <strong>
          The undo took effect; what else is otherwise now could not be read. Somebody has to look at the target.
        </strong>
      );
    case 'differs':
      return (
        <strong>
          Undone, with a difference: {undeclared} {undeclared === 1 ? 'state is' : 'states are'} otherwise than before,
          and nobody signed that. Somebody has to look at the target.
        </strong>
      );
  }
}
