import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { ModelReading } from '../../src/model/api-ai.ts';
import { ANSWER_REFUSALS } from '../../src/model/assist.ts';
import type { Query } from '../../src/model/query.ts';
import { aiQuery } from '../api/ai-queries.ts';
import { request } from '../api/client.ts';
import { Outcome } from '../parts/states.tsx';
import { Sentence } from './incident-ask-answer.tsx';
import { PreviewDialog } from './incident-preview.tsx';

interface AskReadingProps {
  readonly id: string;
  readonly question: string;
  readonly onRun: (query: Query) => void;
}

/** How a model reads the question, where one is set: a query that stands here, and that whoever asked runs, or does not. */
export function AskReading({ id, question, onRun }: AskReadingProps) {
  const ai = useQuery(aiQuery);
  const [isLooking, setLooking] = useState(false);
  const reading = useMutation({
    mutationFn: () => request<ModelReading>('POST', `/api/v1/incidents/${id}/ask/reading`, { question }),
  });
  if (ai.data === undefined || ai.data.providers.every(({ place }) => place === 0)) return null;
  return (
    <div className="ask-reading" data-testid="ask-reading">
      <p className="ask-reading-row">
        <button
          type="button"
          className="btn"
          onClick={() => reading.mutate()}
          disabled={reading.isPending}
          data-testid="ask-model"
        >
          {reading.isPending ? 'A model reads it…' : 'Have a model read it'}
        </button>
        <button type="button" className="btn-link" onClick={() => setLooking(true)} data-testid="ask-preview">
          What would be sent
        </button>
        <span className="quiet">It picks a query from lists. You run it, or not.</span>
      </p>
      <Outcome error={reading.error} />
      {reading.data !== undefined && <Read reading={reading.data} onRun={onRun} />}
      {isLooking && <PreviewDialog incident={id} question={question} onClose={() => setLooking(false)} />}
    </div>
  );
}

function Read({ reading, onRun }: { readonly reading: ModelReading; readonly onRun: (query: Query) => void }) {
  const { query, sentence, provider, shown, dropped, record } = reading;
  return (
    <p className="ask-reading-row" data-testid="ask-model-reading" aria-live="polite">
      {query === undefined || sentence === undefined ? (
        <span className="gap-text">{[shown, ...dropped.map(({ code }) => ANSWER_REFUSALS[code])].join(' ')}</span>
      ) : (
        <>
          <span>
            <span className="quiet">{provider} reads it as:</span> <Sentence parts={sentence} />
          </span>
          <button type="button" className="btn" onClick={() => onRun(query)} data-testid="ask-model-run">
            Run this query
          </button>
        </>
      )}
      {record !== undefined && (
        <Link to="/models/records/$id" params={{ id: record }} className="quiet">
          what left and what came back
        </Link>
      )}
    </p>
  );
}
