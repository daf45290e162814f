import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { AiView, PromptState } from '../../src/model/api-ai.ts';
import type { ProposalView } from '../../src/model/api-proposals.ts';
import { request } from '../api/client.ts';
import { Identifier } from '../parts/inert.tsx';
import { Outcome } from '../parts/states.tsx';

/** Which words a model is given, whether they are those that were locked, and by whose word they are used. */
export function Prompts({
  prompts,
  isAdministrator,
}: {
  readonly prompts: AiView['prompts'];
  readonly isAdministrator: boolean;
}) {
  const [wanted, setWanted] = useState<PromptState>();
  return (
    <section className="health-section" aria-label="Prompts">
      <h2>Prompts</h2>
      <p className="soft">
        They come with the program and are locked byte for byte. Another version is used when two people who did not
        propose it have signed it, with its evaluation before them.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label="Table of prompts">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Prompt</th>
              <th scope="col">State</th>
              <th scope="col">Bytes on disk</th>
              <th scope="col">Used because</th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {prompts.map(prompt => (
              <PromptRow
                key={`${prompt.id} ${prompt.version}`}
                prompt={prompt}
                propose={isAdministrator && !prompt.isActive && prompt.isIntact ? () => setWanted(prompt) : undefined}
              />
            ))}
          </tbody>
        </table>
      </section>
      {wanted !== undefined && <ProposePrompt prompt={wanted} close={() => setWanted(undefined)} />}
    </section>
  );
}

function PromptRow({ prompt, propose }: { readonly prompt: PromptState; readonly propose: (() => void) | undefined }) {
  return (
    <tr data-testid="prompt-row">
      <td>
        <span className="mono">{prompt.id}</span> {prompt.version}
      </td>
      <td>
        {prompt.isActive ? (
          'in use'
        ) : propose === undefined ? (
          <span className="quiet">kept for replay</span>
        ) : (
          <button type="button" className="btn-link" onClick={propose} data-testid="propose-prompt">
            Propose its use…
          </button>
        )}
      </td>
      <td>
        {prompt.isIntact ? (
          <span className="quiet">as locked</span>
        ) : (
          <span className="gap-text">
            <span className="gap-swatch hatch" aria-hidden="true" /> not those of the lock: it is refused
          </span>
        )}
      </td>
      <td>
        {!prompt.isActive ? (
          ''
        ) : prompt.chosenBy === undefined ? (
          <span className="quiet">came with the release</span>
        ) : (
          <Link to="/proposals/$id" params={{ id: prompt.chosenBy }}>
            two people signed it
          </Link>
        )}
      </td>
      <td>
        <Identifier text={prompt.sha256} />
      </td>
    </tr>
  );
}

/** Asks for the evaluation: whoever brings it is a contributor, and two others decide. */
function ProposePrompt({ prompt, close }: { readonly prompt: PromptState; readonly close: () => void }) {
  const [evaluation, setEvaluation] = useState('');
  const navigate = useNavigate();
  const propose = useMutation({
    mutationFn: () =>
      request<ProposalView>('POST', '/api/v1/proposals', {
        kind: 'prompt',
        prompt: prompt.id,
        version: prompt.version,
        evaluation,
      }),
    onSuccess: made => void navigate({ to: '/proposals/$id', params: { id: made.row.id } }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    propose.mutate();
  };
  return (
    <form className="stack prompt-form" onSubmit={submit} data-testid="propose-prompt-form">
      <label className="field">
        <span className="label">
          How version {prompt.version} of <span className="mono">{prompt.id}</span> did in its evaluation
        </span>
        <textarea
          className="input"
          rows={6}
          value={evaluation}
          onChange={event => setEvaluation(event.target.value)}
          placeholder="Which incidents and payloads it was tried on, with which model, and what came of it in figures"
          data-testid="prompt-evaluation"
        />
      </label>
      <p className="quiet">
        It is kept as evidence and shown to the two people who sign. Because you bring it, you are not one of them.
      </p>
      <Outcome error={propose.error} />
      <div className="actions is-left">
        <button type="submit" className="btn btn-primary" disabled={evaluation.trim() === '' || propose.isPending}>
          Propose
        </button>
        <button type="button" className="btn-link" onClick={close}>
          Leave it
        </button>
      </div>
    </form>
  );
}
