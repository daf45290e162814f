import type { PlaybookCheck } from '../../src/model/api.ts';
import { Inert } from '../parts/inert.tsx';

/** What the analysis says of a file: that no path bypasses a person, or each path that does. */
export function Verdict({ check }: { readonly check: PlaybookCheck }) {
  if (check.ok)
    return (
      <p data-testid="playbook-verdict">
        <strong>No path bypasses a person.</strong>{' '}
        <span className="soft">
          {asksText(check.humanSteps)};{' '}
          {check.tier === 'nothing' ? 'it changes nothing' : `the whole of it takes ${check.tier}`}.
        </span>
      </p>
    );
  const { problems, bypasses } = check;
  return (
    <div className="failed" role="alert" data-testid="playbook-refused">
      <p>
        <strong>
          {bypasses.length > 0 ? 'It reaches an effect that nobody is asked about.' : 'It does not load.'}
        </strong>
      </p>
      <ul className="rule-list">
        {bypasses.map(({ playbook, step, tier, path }) => (
          <li key={`${playbook} ${step} ${path.join()}`} data-testid="playbook-bypass">
            <span className="mono soft">
              {step} ({tier})
            </span>
            <Inert text={path.join(' → ')} form="line" />
          </li>
        ))}
        {problems.map(({ at, text }) => (
          <li key={`${at} ${text}`}>
            <span className="mono soft">{at === '' ? 'the file' : at}</span>
            <Inert text={text} form="line" />
          </li>
        ))}
      </ul>
    </div>
  );
}

function asksText(humanSteps: number): string {
  if (humanSteps === 0) return 'It asks nobody';
  return humanSteps === 1 ? 'People decide at one step' : `People decide at ${humanSteps} steps`;
}
