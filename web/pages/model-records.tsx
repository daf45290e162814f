import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { AiRecordView } from '../../src/model/api-ai.ts';
import { type AiRecord, ANSWER_REFUSALS, type Dropped, WITHOUT_MODEL } from '../../src/model/assist.ts';
import { aiRecordQuery, aiRecordsQuery } from '../api/ai-queries.ts';
import { Identifier, Inert } from '../parts/inert.tsx';
import { Degraded, Empty, Failed, Loading, PageFailed, PageLoading } from '../parts/states.tsx';
import { Moment } from '../parts/time.tsx';
import { countText, moneyText } from './models-cost.tsx';
import '../styles/models.css';

/** Every call of a model, newest first. */
export function ModelRecordsPage() {
  const records = useInfiniteQuery(aiRecordsQuery(undefined));
  const rows = records.data?.pages.flatMap(page => page.rows) ?? [];
  return (
    <main className="page">
      <div className="page-head">
        <h1>What was asked of models</h1>
        <p className="soft">
          Each call with its bytes. <code>npx countersign ai replay --all</code> works every one out again.
        </p>
        <span className="spacer" />
        <Link to="/models" className="btn">
          Models
        </Link>
      </div>
      {records.isPending && <Loading what="the records" />}
      {records.isError && <Failed error={records.error} what="the records" retry={() => void records.refetch()} />}
      {records.isSuccess && rows.length === 0 && <Empty title="No model was asked yet" />}
      {rows.length > 0 && <RecordTable rows={rows} />}
      {records.hasNextPage && (
        <button
          type="button"
          className="btn"
          onClick={() => void records.fetchNextPage()}
          disabled={records.isFetchingNextPage}
        >
          More
        </button>
      )}
    </main>
  );
}

function RecordTable({ rows }: { readonly rows: readonly AiRecord[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label="Table of records">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">For</th>
            <th scope="col">Provider and model</th>
            <th scope="col">What came of it</th>
            <th scope="col" className="num">
              Tokens
            </th>
            <th scope="col" className="num">
              Took
            </th>
            <th scope="col">Record</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(record => (
            <tr key={record.id} data-testid="record-row">
              <td className="nowrap">
                <Moment at={record.at} withDay />
              </td>
              <td>
                {record.task}
                {record.incident !== undefined && (
                  <>
                    {' '}
                    <Link to="/incidents/$id" params={{ id: record.incident }}>
                      incident
                    </Link>
                  </>
                )}
              </td>
              <td className="wrap-anywhere">
                {record.provider} <span className="quiet mono">{record.model}</span>
              </td>
              <td>
                <OutcomeText record={record} />
              </td>
              <td className="num nowrap">{tokensText(record)}</td>
              <td className="num nowrap">
                {record.isCached ? 'cached' : `${(record.latencyMs / 1_000).toFixed(1)} s`}
              </td>
              <td>
                <Link to="/models/records/$id" params={{ id: record.id }}>
                  open
                </Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function tokensText({ usage }: AiRecord): string {
  if (usage === undefined) return '–';
  return `${countText(usage.inputTokens)} + ${countText(usage.outputTokens)}${usage.from === 'estimated' ? ' est.' : ''}`;
}

function OutcomeText({ record }: { readonly record: AiRecord }) {
  if (record.outcome.kind === 'not_used')
    return <span className="gap-text">not used: {WITHOUT_MODEL[record.outcome.because]}</span>;
  return (
    <>
      used: {record.verified} verified
      {record.dropped.length > 0 && <span className="gap-text">, {record.dropped.length} rejected</span>}
    </>
  );
}

/** One call: what was asked, what came back, what the verifier made of it, and whether it comes out the same again. */
export function ModelRecordPage() {
  const { id } = useParams({ from: '/models/records/$id' });
  const record = useQuery(aiRecordQuery(id));
  if (record.isPending) return <PageLoading title="Record" what="the record" />;
  if (record.data === undefined)
    return <PageFailed error={record.error} what="this record" retry={() => void record.refetch()} />;
  return <RecordView view={record.data} />;
}

function RecordView({ view }: { readonly view: AiRecordView }) {
  const { record, replay } = view;
  return (
    <main className="page">
      <div className="page-head">
        <h1>Call of a model</h1>
        <Identifier text={record.id} />
        <span className="spacer" />
        <Link to="/models/records" className="btn">
          All calls
        </Link>
      </div>
      {replay.isIdentical ? (
        <p className="soft" data-testid="replayed">
          Worked out again from these bytes just now: the same result, byte for byte.
        </p>
      ) : (
        <Degraded>It could not be worked out again to the same bytes: {replay.because}</Degraded>
      )}
      <RecordFacts record={record} />
      <DroppedList dropped={record.dropped} />
      <Bytes title="The answer, as the provider wrote it" text={view.response} isOpen={view.isResponseText}>
        {!view.isResponseText && 'No answer came.'}
      </Bytes>
      <Bytes title="The packet" text={view.packet} isOpen={false} />
      <Bytes title="The prompt" text={view.system} isOpen={false} />
      <Bytes title="The form that was asked for" text={view.schema} isOpen={false} />
    </main>
  );
}

function RecordFacts({ record }: { readonly record: AiRecord }) {
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['When', <Moment key="at" at={record.at} withDay />],
    ['Asked by', record.by],
    ['For', record.task],
    ['What came of it', <OutcomeText key="outcome" record={record} />],
    ['Provider', `${record.provider}, ${record.region}`],
    ['Model', `${record.model}${record.fingerprint === '' ? '' : ` (${record.fingerprint})`}`],
    ['Prompt', `${record.prompt.id} ${record.prompt.version}`],
    ['Names', record.namesWithheld ? 'were withheld' : 'were sent'],
    ['Tokens', tokensText(record)],
    ['Cost', moneyText(record.costMicros, '')],
    ['Attempts', `${record.attempts}${record.isCached ? ', from the cache' : ''}`],
    ['Took', `${(record.latencyMs / 1_000).toFixed(2)} s`],
    ['Prompt SHA-256', <Identifier key="prompt" text={record.prompt.sha256} />],
    ['Packet SHA-256', <Identifier key="packet" text={record.packetSha256} />],
    ['Form SHA-256', <Identifier key="schema" text={record.schemaSha256} />],
    ['Request SHA-256', record.requestSha256 === '' ? '–' : <Identifier key="request" text={record.requestSha256} />],
    ['Answer SHA-256', record.responseSha256 === '' ? '–' : <Identifier key="answer" text={record.responseSha256} />],
    ['Shown SHA-256', <Identifier key="shown" text={record.shownSha256} />],
  ];
  return (
    <dl className="terms" data-testid="record-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="soft">{name}</dt>
          <dd className="wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What the verifier dropped, each with its reason and where it stood in the answer. */
export function DroppedList({ dropped }: { readonly dropped: readonly Dropped[] }) {
  if (dropped.length === 0) return null;
  return (
    <section className="health-section" aria-label="Rejected">
      <h2>Rejected: {dropped.length}</h2>
      <ul className="dropped" data-testid="dropped">
        {dropped.map((one, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same reason may stand at the same place twice
          <li key={place}>
            <span className="mono">{one.code}</span> {ANSWER_REFUSALS[one.code]}{' '}
            {one.pointer !== '' && <span className="mono quiet">{one.pointer}</span>}
            {one.found !== undefined && (
              <>
                {' '}
                Found instead: <Inert text={one.found} />
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

interface BytesProps {
  readonly title: string;
  readonly text: string;
  readonly isOpen: boolean;
  readonly children?: ReactNode;
}

/** A text of the call, exactly as it was; what is not ours is drawn inert like all the others. */
function Bytes({ title, text, isOpen, children }: BytesProps) {
  const [form, setForm] = useState<'set out' | 'as sent'>('set out');
  const shown = form === 'set out' ? setOut(text) : text;
  return (
    <details className="model-bytes" open={isOpen}>
      <summary>
        {title} <span className="quiet">{text.length.toLocaleString('en')} characters</span>
      </summary>
      {children}
      {text !== '' && (
        <>
          <fieldset className="segmented" aria-label="How it is shown">
            {(['set out', 'as sent'] as const).map(choice => (
              <button key={choice} type="button" aria-pressed={form === choice} onClick={() => setForm(choice)}>
                {choice}
              </button>
            ))}
          </fieldset>
          <pre className="model-text">
            <Inert text={shown} keepLines />
          </pre>
        </>
      )}
    </details>
  );
}

/** JSON with a line for each member; any other text as it is. */
function setOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
