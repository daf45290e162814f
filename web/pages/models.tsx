import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { aiQuery } from '../api/ai-queries.ts';
import { meQuery } from '../api/queries.ts';
import { Failed, PageLoading } from '../parts/states.tsx';
import { Budgets, Used } from './models-cost.tsx';
import { Prompts } from './models-prompts.tsx';
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
      <Prompts prompts={view.prompts} isAdministrator={isAdministrator} />
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
