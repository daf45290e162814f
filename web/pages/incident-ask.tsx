import '../styles/ask.css';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { AskAnswer, AskRequest, Query } from '../../src/model/api.ts';
import type { Citation } from '../../src/model/claim.ts';
import { askFormsQuery, askOffersQuery, askQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { useKeys } from '../parts/keys.ts';
import { Failed, Loading } from '../parts/states.tsx';
import { AskAnswerTable, AskSearch, Sentence } from './incident-ask-answer.tsx';
import { AskBuilder } from './incident-ask-builder.tsx';
import { AskReading } from './incident-ask-reading.tsx';

interface IncidentAskProps {
  readonly id: string;
  /** What is asked, as it stands in the address. */
  readonly question: string | undefined;
  readonly onAsk: (question: string | undefined) => void;
  readonly onCite: (citation: Citation) => void;
}

/**
 * Questions about the incident. Whatever was asked, the query that is answered stands above its answer as a sentence, and
 * can be changed part by part; nothing is answered without one.
 */
export function IncidentAsk({ id, question, onAsk, onCite }: IncidentAskProps) {
  const [text, setText] = useState(question ?? '');
  const [query, setQuery] = useState<Query | undefined>(undefined);
  const [isBuilding, setBuilding] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const offers = useQuery(askOffersQuery(id));
  const forms = useQuery(askFormsQuery);
  const request: AskRequest | undefined =
    query !== undefined ? { query } : question !== undefined ? { question } : undefined;
  const asked = useQuery(askQuery(id, request));
  useKeys([{ keys: 'a', label: 'Ask about this incident', run: () => input.current?.focus() }]);
  const ask = (words: string) => {
    const trimmed = words.trim();
    setText(words);
    setQuery(undefined);
    setBuilding(false);
    onAsk(trimmed === '' ? undefined : trimmed);
  };
  const current = query ?? shownQuery(asked.data);
  const beginning = current ?? forms.data?.forms[0]?.begin;
  return (
    <section className="incident-section ask" aria-label="Ask" data-testid="ask">
      <h2>Ask</h2>
      <form
        className="ask-form"
        onSubmit={event => {
          event.preventDefault();
          ask(text);
        }}
      >
        <input
          ref={input}
          className="input"
          aria-label="A question about this incident"
          placeholder="Who signed in to …? What changed? What is missing?"
          value={text}
          maxLength={forms.data?.limits.questionChars}
          onChange={event => setText(event.target.value)}
          onKeyDown={event => event.key === 'Escape' && event.currentTarget.blur()}
          data-testid="ask-input"
        />
        <button type="submit" className="btn" disabled={text.trim() === ''} data-testid="ask-submit">
          Ask <kbd>a</kbd>
        </button>
        <button
          type="button"
          className="btn"
          aria-expanded={isBuilding}
          disabled={beginning === undefined}
          onClick={() => setBuilding(!isBuilding)}
          data-testid="ask-build"
        >
          {current === undefined ? 'Build a query' : 'Change the query'}
        </button>
      </form>
      {request === undefined && !isBuilding && (
        <p className="ask-examples">
          <span className="quiet">for example</span>
          {(offers.data?.examples ?? []).map(example => (
            <button
              key={example}
              type="button"
              className="btn-link"
              onClick={() => ask(example)}
              data-testid="ask-example"
            >
              <Inert text={example} form="line" />
            </button>
          ))}
        </p>
      )}
      {isBuilding && beginning !== undefined && forms.data !== undefined && offers.data !== undefined && (
        <AskBuilder
          query={beginning}
          forms={forms.data}
          vocabulary={offers.data.vocabulary}
          isAsked={request !== undefined}
          onChange={setQuery}
        />
      )}
      {question !== undefined && query === undefined && (
        <AskReading key={question} id={id} question={question} onRun={setQuery} />
      )}
      {request !== undefined && asked.isPending && <Loading what="the answer" rows={4} />}
      {asked.isError && <Failed error={asked.error} what="the answer" retry={() => void asked.refetch()} />}
      {asked.data !== undefined && (
        <Told asked={asked.data} isBuilt={query !== undefined} onChoose={chosen => setQuery(chosen)} onCite={onCite} />
      )}
    </section>
  );
}

/** The first reading that found something, else the first. */
function shownQuery(asked: AskAnswer | undefined): Query | undefined {
  return (asked?.answers.find(({ rows }) => rows.length > 0) ?? asked?.answers[0])?.query;
}

interface ToldProps {
  readonly asked: AskAnswer;
  readonly isBuilt: boolean;
  readonly onChoose: (query: Query) => void;
  readonly onCite: (citation: Citation) => void;
}

function Told({ asked, isBuilt, onChoose, onCite }: ToldProps) {
  const { understood, notUnderstood, queries, answers } = asked;
  const shown = answers.find(({ rows }) => rows.length > 0) ?? answers[0];
  const before = answers.slice(0, shown === undefined ? 0 : answers.indexOf(shown));
  return (
    <div className="ask-told">
      {!isBuilt && (understood.length > 0 || notUnderstood.length > 0) && (
        <p className="ask-read" data-testid="ask-read">
          {understood.map(({ text, as }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a word may stand in a question twice
            <span key={at} className="ask-word">
              <Inert text={text} form="line" /> <span className="quiet">{as === text ? '' : '→ '}</span>
              {as !== text && <Inert text={as} form="line" />}
            </span>
          ))}
          {notUnderstood.map((word, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a word may stand in a question twice
            <span key={`not ${at}`} className="gap-text" data-testid="ask-not-understood">
              <span className="gap-swatch hatch" aria-hidden="true" />
              <span>
                “<Inert text={word} form="line" />” was not understood
              </span>
            </span>
          ))}
        </p>
      )}
      {shown === undefined && <AskSearch words={asked.search} onCite={onCite} />}
      {before.map(({ query, sentence }) => (
        <p key={JSON.stringify(query)} className="ask-empty soft">
          Nothing was seen for: <Sentence parts={sentence} />
        </p>
      ))}
      {shown !== undefined && (
        <>
          <p className="ask-sentence" data-testid="ask-sentence">
            <Sentence parts={shown.sentence} />
          </p>
          <AskAnswerTable answer={shown} onCite={onCite} />
        </>
      )}
      {queries.length > 1 && (
        <ul className="ask-others" aria-label="Other readings">
          {queries
            .filter(({ query }) => query !== shown?.query && JSON.stringify(query) !== JSON.stringify(shown?.query))
            .map(({ query, sentence }) => (
              <li key={JSON.stringify(query)}>
                <span className="quiet">or</span>{' '}
                <button type="button" className="btn-link" onClick={() => onChoose(query)} data-testid="ask-other">
                  <Sentence parts={sentence} />
                </button>
              </li>
            ))}
        </ul>
      )}
    </div>
  );
}
