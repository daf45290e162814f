import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { AiView, PromptState } from '../../src/model/api-ai.ts';
import { aiQuery, meQuery } from '../api/queries.ts';
import { Identifier } from '../parts/inert.tsx';
import { Failed, PageLoading } from '../parts/states.tsx';
import { Budgets, Used } from './models-cost.tsx';
import { Providers } from './models-providers.tsx';
import { ModelSettings } from './models-settings.tsx';
import '../styles/models.css';

/** Whether a model is asked, which, on what terms, and what it cost. Without one everything else works as it is. */
export function ModelsPage() {
  const ai = useQuery(aiQuery);
  const me = useQuery(meQuery);
  if (ai.isPending) return <PageLoading title="Models" what="the models" />;
  if (ai.data === undefined) {
    return (
      <main className="page">
        <h1>Models</h1>
        <Failed error={ai.error} what="the models" retry={() => void ai.refetch()} />
      </main>
    );
  }
  const view = ai.data;
  const isAdministrator = me.data?.person?.roles.includes('administrator') === true;
  return (
    <main className="page models">
      <div className="page-head">
        <h1>Models</h1>
        <p className="soft">
          Level {view.level}: {view.because}
        </p>
        <span className="spacer" />
        <Link to="/models/records" className="btn" data-testid="to-records">
          What was asked
        </Link>
      </div>
      <Terms />
      <Providers view={view} isAdministrator={isAdministrator} />
      <Budgets view={view} />
      <Used view={view} />
      <ModelSettings view={view} isAdministrator={isAdministrator} />
      <Prompts prompts={view.prompts} />
    </main>
  );
}

/** What a model may do here at all: said before who it is. */
function Terms() {
  return (
    <p className="soft models-terms">
      A model is given ids and may answer with ids: it picks, orders and relates what rules have verified. It writes no
      word that is shown, makes no proposal and changes no tier. What it says is checked again from the evidence, and
      what fails is dropped and shown as dropped.
    </p>
  );
}

function Prompts({ prompts }: { readonly prompts: AiView['prompts'] }) {
  return (
    <section className="health-section" aria-label="Prompts">
      <h2>Prompts</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label="Table of prompts">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Prompt</th>
              <th scope="col">State</th>
              <th scope="col">Bytes on disk</th>
              <th scope="col">Use signed by</th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {prompts.map(prompt => (
              <PromptRow key={`${prompt.id} ${prompt.version}`} prompt={prompt} />
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function PromptRow({ prompt }: { readonly prompt: PromptState }) {
  return (
    <tr data-testid="prompt-row">
      <td>
        <span className="mono">{prompt.id}</span> {prompt.version}
      </td>
      <td>{prompt.isActive ? 'in use' : <span className="quiet">kept for replay</span>}</td>
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
        {prompt.signedBy.length === 0 ? (
          <span className="quiet">came with the release</span>
        ) : (
          prompt.signedBy.join(', ')
        )}
      </td>
      <td>
        <Identifier text={prompt.sha256} />
      </td>
    </tr>
  );
}
