import { type Act, isOwnTarget, type Presentation } from '../../src/model/proposal.ts';
import { Identifier, Inert } from './inert.tsx';

/** From → to, and on what exactly: the target by its own immutable id. */
export function Changes({ presentation, act }: { readonly presentation: Presentation; readonly act: Act }) {
  return (
    <div className="changes">
      {presentation.changes.map(change => (
        <div key={change.path} className="change" data-testid="change">
          <span className="mono soft">
            <Inert text={change.path} form="line" />
          </span>
          <span className="change-values">
            <del>
              <Inert text={change.from} />
            </del>
            <span aria-hidden="true"> → </span>
            <span className="visually-hidden">becomes</span>
            <ins>
              <Inert text={change.to} />
            </ins>
          </span>
        </div>
      ))}
      <div className="change target" data-testid="target">
        <span className="soft">target</span>
        <span className="target-what">
          <Inert text={presentation.targetName} />
          <span className="quiet">
            {act.target.type.replace('_', ' ')}{' '}
            {isOwnTarget(act.target) ? 'of this installation' : `on ${act.target.system}`}
          </span>
          <span className="quiet">
            immutable id <Identifier text={act.target.immutableId} head={24} tail={8} />
          </span>
        </span>
      </div>
    </div>
  );
}
