import { sentenceOf } from '../../src/core/study/ask/query-text.ts';
import type { AlertFilter, AskForms, AskOffers, Grouping, Query } from '../../src/model/api.ts';
import { streamText } from '../../src/model/coverage.ts';
import { Sentence } from './incident-ask-answer.tsx';
import { AskFilter, Chips, Choice, EntityChoice, SpanEditor, TimeInput } from './incident-ask-parts.tsx';

interface PartsProps {
  readonly query: Query;
  readonly forms: AskForms;
  readonly vocabulary: AskOffers['vocabulary'];
  readonly onChange: (query: Query) => void;
}

interface AskBuilderProps extends PartsProps {
  /** Its sentence stands above an answer already. */
  readonly isAsked: boolean;
}

const LIMITS = [10, 25, 50, 100];
const WITHIN_HOURS = [1, 6, 24, 168];
const HOUR_MS = 3_600_000;

/** The query part by part. Each part is chosen from a closed list or from the incident's own names. */
export function AskBuilder({ isAsked, ...props }: AskBuilderProps) {
  const { query, forms, vocabulary, onChange } = props;
  const labels = new Map(vocabulary.entities.map(({ key, label }) => [key, label]));
  return (
    <div className="ask-builder" data-testid="ask-builder">
      <div className="ask-parts">
        <Choice
          label="What"
          value={query.form}
          options={forms.forms.map(({ form, title }) => ({ value: form, title }))}
          onChange={form => {
            const begin = forms.forms.find(one => one.form === form)?.begin;
            if (begin !== undefined) onChange(carried(query, filled(begin, vocabulary)));
          }}
        />
        <Parts {...props} />
      </div>
      {!isAsked && (
        <p className="soft">
          <Sentence parts={sentenceOf(query, key => labels.get(key))} />{' '}
          <button type="button" className="btn" onClick={() => onChange(query)} data-testid="ask-run">
            Ask this
          </button>
        </p>
      )}
    </div>
  );
}

/** What was narrowed down already stays where the new form has a place for it. */
function carried(from: Query, to: Query): Query {
  const where = 'where' in from ? from.where : undefined;
  return where !== undefined && 'where' in to ? { ...to, where } : to;
}

/** A form about one entity begins with one of the incident. */
function filled(query: Query, { entities }: AskOffers['vocabulary']): Query {
  return 'entity' in query ? { ...query, entity: entities[0]?.key ?? query.entity } : query;
}

function Parts({ query, forms, vocabulary, onChange }: PartsProps) {
  switch (query.form) {
    case 'alerts':
    case 'values':
    case 'count':
    case 'absent':
    case 'around':
      return <AlertParts query={query} forms={forms} vocabulary={vocabulary} onChange={onChange} />;
    case 'entities':
      return (
        <>
          <Chips
            label="Role"
            values={query.roles}
            options={forms.roles.map(value => ({ value, title: value }))}
            onChange={roles => onChange({ ...query, roles: roles as typeof query.roles })}
          />
          <Limit query={query} onChange={onChange} />
        </>
      );
    case 'held': {
      const { at: _, ...open } = query;
      return (
        <>
          <EntityChoice
            label="Of"
            value={query.entity}
            vocabulary={vocabulary}
            onChange={entity => entity !== undefined && onChange({ ...query, entity })}
          />
          <TimeInput
            label="At (UTC)"
            value={query.at}
            onChange={at => onChange(at === undefined ? open : { ...query, at })}
          />
        </>
      );
    }
    case 'prevalence':
      return (
        <EntityChoice
          label="Of"
          value={query.entity}
          vocabulary={vocabulary}
          onChange={entity => entity !== undefined && onChange({ ...query, entity })}
        />
      );
    case 'coverage':
      return <CoverageParts query={query} vocabulary={vocabulary} onChange={onChange} />;
    case 'decisions': {
      const { target: _, ...open } = query;
      return (
        <>
          <Choice
            label="Which"
            value={query.what}
            options={(['proposals', 'reviews', 'acts'] as const).map(value => ({ value, title: value }))}
            onChange={what => onChange({ ...query, what: what as typeof query.what })}
          />
          <EntityChoice
            label="On"
            value={query.target}
            vocabulary={vocabulary}
            onChange={target => onChange(target === undefined ? open : { ...query, target })}
          />
        </>
      );
    }
  }
}

function CoverageParts({
  query,
  vocabulary,
  onChange,
}: Omit<PartsProps, 'forms' | 'query'> & { readonly query: Extract<Query, { form: 'coverage' }> }) {
  const { stream: _, span: __, ...open } = query;
  const spanned = query.span === undefined ? {} : { span: query.span };
  const streamed = query.stream === undefined ? {} : { stream: query.stream };
  return (
    <>
      <Choice
        label="Show"
        value={query.only}
        options={[
          { value: 'all', title: 'everything' },
          { value: 'gaps', title: 'what is missing' },
        ]}
        onChange={only => onChange({ ...query, only: only === 'gaps' ? 'gaps' : 'all' })}
      />
      <Choice
        label="Stream"
        value={query.stream ?? ''}
        options={[
          { value: '', title: 'every stream' },
          ...vocabulary.streams.map(value => ({ value, title: streamText(value) })),
        ]}
        onChange={stream => onChange({ ...open, ...spanned, ...(stream === '' ? {} : { stream }) })}
      />
      <SpanEditor
        span={query.span}
        onChange={span => onChange({ ...open, ...streamed, ...(span === undefined ? {} : { span }) })}
      />
    </>
  );
}

type AlertQuery = Extract<Query, { form: 'alerts' | 'values' | 'count' | 'absent' | 'around' }>;

function AlertParts({ query, forms, vocabulary, onChange }: PartsProps & { readonly query: AlertQuery }) {
  const groupings = [
    ...forms.groupings,
    ...vocabulary.recordFields.map(name => ({
      value: { by: 'record', name } satisfies Grouping as Grouping,
      title: `field ${name}`,
    })),
  ];
  return (
    <>
      {query.form === 'values' && (
        <Choice
          label="Told apart by"
          value={JSON.stringify(query.of)}
          options={groupings.map(({ value, title }) => ({ value: JSON.stringify(value), title }))}
          onChange={text => {
            const of = groupings.find(({ value }) => JSON.stringify(value) === text)?.value;
            if (of !== undefined) onChange({ ...query, of });
          }}
        />
      )}
      {query.form === 'around' && (
        <AroundParts query={query} forms={forms} vocabulary={vocabulary} onChange={onChange} />
      )}
      <AskFilter
        where={query.where}
        forms={forms}
        vocabulary={vocabulary}
        onChange={(where: AlertFilter) => onChange({ ...query, where })}
      />
      {'order' in query && (
        <Choice
          label="Order"
          value={query.order}
          options={forms.orders}
          onChange={order => {
            const found = forms.orders.find(({ value }) => value === order)?.value;
            if (found !== undefined) onChange({ ...query, order: found });
          }}
        />
      )}
      {'limit' in query && <Limit query={query} onChange={onChange} />}
    </>
  );
}

function AroundParts({
  query,
  forms,
  vocabulary,
  onChange,
}: PartsProps & { readonly query: Extract<Query, { form: 'around' }> }) {
  const { anchor } = query;
  return (
    <>
      <Choice
        label="Side"
        value={query.side}
        options={(['before', 'after', 'both'] as const).map(value => ({ value, title: value }))}
        onChange={side => onChange({ ...query, side: side as typeof query.side })}
      />
      <Choice
        label="Within"
        value={String(query.withinMs)}
        options={WITHIN_HOURS.map(hours => ({ value: String(hours * HOUR_MS), title: `${hours} h` }))}
        onChange={ms => onChange({ ...query, withinMs: Number(ms) })}
      />
      {(anchor.kind === 'first' || anchor.kind === 'last') && (
        <fieldset className="ask-anchor">
          <legend>of the {anchor.kind} of</legend>
          <Choice
            label="Which"
            value={anchor.kind}
            options={(['first', 'last'] as const).map(value => ({ value, title: value }))}
            onChange={kind => onChange({ ...query, anchor: { ...anchor, kind: kind === 'last' ? 'last' : 'first' } })}
          />
          <AskFilter
            where={anchor.where}
            forms={forms}
            vocabulary={vocabulary}
            onChange={where => onChange({ ...query, anchor: { ...anchor, where } })}
          />
        </fieldset>
      )}
    </>
  );
}

function Limit({
  query,
  onChange,
}: {
  readonly query: Extract<Query, { readonly limit: number }>;
  readonly onChange: (query: Query) => void;
}) {
  return (
    <Choice
      label="At most"
      value={String(query.limit)}
      options={LIMITS.map(limit => ({ value: String(limit), title: `${limit} rows` }))}
      onChange={limit => onChange({ ...query, limit: Number(limit) })}
    />
  );
}
