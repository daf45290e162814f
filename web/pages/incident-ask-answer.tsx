import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Answer, AnswerCell, AnswerRow, SentencePart } from '../../src/model/api.ts';
import type { Citation } from '../../src/model/claim.ts';
import { streamText } from '../../src/model/coverage.ts';
import { searchQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { Degraded, Empty } from '../parts/states.tsx';
import { Moment, span } from '../parts/time.tsx';

interface AskAnswerTableProps {
  readonly answer: Answer;
  readonly onCite: (citation: Citation) => void;
}

/** The rows of an answer; a cell opens the record that it was read from. What was left out stands below it. */
export function AskAnswerTable({ answer, onCite }: AskAnswerTableProps) {
  const { rows, columns, totals, leftOut, absence } = answer;
  const isOfAlerts = 'where' in answer.query;
  return (
    <>
      {absence !== undefined && (
        <div className="ask-absence" data-testid="ask-absence">
          <Degraded>{absence.text}</Degraded>
          {absence.gaps.length > 0 && (
            <ul className="plain-list">
              {absence.gaps.map(gap => (
                <li key={`${gap.stream} ${gap.from}`} className="gap-text">
                  <Inert text={streamText(gap.stream)} form="line" /> {span(gap.from, gap.to)}
                  {gap.isRequired && ', required'}
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
      {rows.length > 0 && (
        <div className="table-scroll is-tall" data-testid="ask-answer">
          <table className="table ask-table">
            <thead>
              <tr>
                {columns.map(column => (
                  <th key={column} scope="col">
                    <Inert text={column} form="line" />
                  </th>
                ))}
                <th scope="col">Rests on</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
                <Row key={at} row={row} onCite={onCite} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length === 0 && absence === undefined && <Empty title="Nothing of the kind is known" />}
      <p className="ask-foot quiet" data-testid="ask-foot">
        {rows.length} of {totals.rows} {totals.rows === 1 ? 'row' : 'rows'}
        {isOfAlerts &&
          `, from ${totals.alerts} ${totals.alerts === 1 ? 'alert' : 'alerts'}; ${totals.looked} of ${totals.of} looked at`}
      </p>
      {leftOut.map(text => (
        <Degraded key={text}>{text}</Degraded>
      ))}
    </>
  );
}

const RESTS = { evidence: 'records', coverage: 'what was heard', history: 'our history', log: 'the log' } as const;

function Row({ row, onCite }: { readonly row: AnswerRow; readonly onCite: (citation: Citation) => void }) {
  const [first] = row.citations;
  return (
    <tr data-testid="ask-row">
      {row.cells.map((cell, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: cells stand under their columns
        <td key={at} className={cell.kind === 'count' ? 'num' : undefined}>
          <Cell cell={cell} onCite={onCite} />
        </td>
      ))}
      <td className="nowrap">
        {row.proposal !== undefined ? (
          <Link to="/proposals/$id" params={{ id: row.proposal }}>
            the proposal
          </Link>
        ) : first === undefined ? (
          <span className="quiet">{RESTS[row.rests]}</span>
        ) : (
          <button type="button" className="btn-link" onClick={() => onCite(first)} data-testid="ask-cite">
            {row.citations.length} {row.citations.length === 1 ? 'field' : 'fields'}
          </button>
        )}
      </td>
    </tr>
  );
}

function Cell({ cell, onCite }: { readonly cell: AnswerCell; readonly onCite: (citation: Citation) => void }) {
  const { citation } = cell;
  const text =
    cell.kind === 'time' && cell.at !== undefined ? (
      <span className="nowrap">
        <Moment at={cell.at} />
      </span>
    ) : cell.kind === 'value' ? (
      <Inert text={cell.text} form="line" />
    ) : (
      cell.text
    );
  if (citation === undefined) return text;
  return (
    <button type="button" className="btn-link ask-cell" onClick={() => onCite(citation)} data-testid="ask-cell">
      {text}
    </button>
  );
}

const HITS_SHOWN = 10;

/** Where a question was not understood: what the search finds for its words, in all incidents. */
export function AskSearch({
  words,
  onCite,
}: {
  readonly words: string;
  readonly onCite: (citation: Citation) => void;
}) {
  const found = useQuery(searchQuery(words));
  return (
    <div data-testid="ask-search">
      <Empty title="The question was not understood">
        Nothing was guessed. Build the query, or look at what the search finds for its words.
      </Empty>
      <ul className="plain-list">
        {(found.data?.hits ?? []).slice(0, HITS_SHOWN).map(hit => (
          <li key={hit.alert}>
            <button
              type="button"
              className="btn-link"
              onClick={() => onCite({ evidence: hit.evidence, pointer: '', value: '' })}
            >
              <Inert text={hit.title} form="line" />
            </button>{' '}
            <span className="quiet">
              <Moment at={hit.at} />
            </span>
          </li>
        ))}
      </ul>
      {found.data?.hits.length === 0 && <p className="quiet">The search finds nothing either.</p>}
    </div>
  );
}

/** Names in it were written by somebody else, so they stand out and are inert. */
export function Sentence({ parts }: { readonly parts: readonly SentencePart[] }) {
  return (
    <>
      {parts.map(({ kind, text }, at) =>
        kind === 'ours' ? (
          text
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
          <b key={at} className="ask-value">
            <Inert text={text} form="line" />
          </b>
        ),
      )}
    </>
  );
}
