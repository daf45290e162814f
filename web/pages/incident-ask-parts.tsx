import { useEffect, useId, useState } from 'react';
import { parseTime, rfc3339, type UnixMs } from '../../src/base/time.ts';
import type { AlertFilter, AskedSpan, AskForms, AskOffers } from '../../src/model/api.ts';
import { Inert } from '../parts/inert.tsx';

interface Option {
  readonly value: string;
  readonly title: string;
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChange: (value: string) => void;
}

/** One of a closed list. Names stand in it as plain text: a browser makes no markup of an option. */
export function Choice({ label, value, options, onChange }: ChoiceProps) {
  const id = useId();
  const isListed = options.some(option => option.value === value);
  return (
    <label className="ask-part" htmlFor={id}>
      <span className="quiet">{label}</span>
      <select id={id} className="input" value={value} onChange={event => onChange(event.target.value)}>
        {!isListed && <option value={value}>as asked</option>}
        {options.map(option => (
          <option key={option.value} value={option.value}>
            {option.title}
          </option>
        ))}
      </select>
    </label>
  );
}

interface ChipsProps {
  readonly label: string;
  readonly values: readonly string[];
  readonly options: readonly Option[];
  readonly onChange: (values: readonly string[]) => void;
}

/** Some of a closed list: those that are chosen can be taken out, and another added. */
export function Chips({ label, values, options, onChange }: ChipsProps) {
  const titles = new Map(options.map(({ value, title }) => [value, title]));
  const left = options.filter(({ value }) => !values.includes(value));
  return (
    <fieldset className="ask-part">
      <legend className="quiet">{label}</legend>
      {values.map(value => (
        <button
          key={value}
          type="button"
          className="ask-chip"
          aria-label={`Take out ${label}`}
          onClick={() => onChange(values.filter(one => one !== value))}
        >
          <Inert text={titles.get(value) ?? value} form="line" /> <span aria-hidden="true">×</span>
        </button>
      ))}
      {left.length > 0 && (
        <select
          className="input ask-add"
          aria-label={`Add: ${label}`}
          value=""
          onChange={event => event.target.value !== '' && onChange([...values, event.target.value])}
        >
          <option value="">{values.length === 0 ? 'any' : '+'}</option>
          {left.map(({ value, title }) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      )}
    </fieldset>
  );
}

const entityOptions = (vocabulary: AskOffers['vocabulary']): readonly Option[] =>
  vocabulary.entities.map(({ key, kind, label }) => ({ value: key, title: `${label} (${kind.replaceAll('_', ' ')})` }));

export function EntityChoice({
  label,
  value,
  vocabulary,
  onChange,
}: {
  readonly label: string;
  readonly value: string | undefined;
  readonly vocabulary: AskOffers['vocabulary'];
  readonly onChange: (key: string | undefined) => void;
}) {
  return (
    <Choice
      label={label}
      value={value ?? ''}
      options={[{ value: '', title: 'any' }, ...entityOptions(vocabulary)]}
      onChange={key => onChange(key === '' ? undefined : key)}
    />
  );
}

interface AskFilterProps {
  readonly where: AlertFilter;
  readonly forms: AskForms;
  readonly vocabulary: AskOffers['vocabulary'];
  readonly onChange: (where: AlertFilter) => void;
}

/** Which alerts, part by part. A part that is left empty is not in the query. */
export function AskFilter({ where, forms, vocabulary, onChange }: AskFilterProps) {
  const set = (part: { readonly [N in keyof AlertFilter]?: AlertFilter[N] | undefined }) =>
    onChange(
      Object.fromEntries(
        Object.entries({ ...where, ...part }).filter(
          ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
        ),
      ) as AlertFilter,
    );
  const plain = (values: readonly string[]): readonly Option[] => values.map(value => ({ value, title: value }));
  const roles = new Map((where.entities ?? []).map(({ key, as }) => [key, as]));
  return (
    <>
      <Chips
        label="Kind"
        values={where.predicates ?? []}
        options={forms.predicates}
        onChange={predicates => set({ predicates: predicates as NonNullable<AlertFilter['predicates']> })}
      />
      <Chips
        label="With"
        values={(where.entities ?? []).map(({ key }) => key)}
        options={entityOptions(vocabulary)}
        onChange={keys =>
          set({
            entities: keys.map(key => {
              const as = roles.get(key);
              return as === undefined ? { key } : { key, as };
            }),
          })
        }
      />
      <Chips
        label="Severity"
        values={where.severities ?? []}
        options={plain(forms.severities)}
        onChange={severities => set({ severities: severities as NonNullable<AlertFilter['severities']> })}
      />
      <Chips
        label="Rule"
        values={where.rules ?? []}
        options={vocabulary.rules.map(({ rule, title }) => ({ value: rule, title }))}
        onChange={rules => set({ rules })}
      />
      <Chips
        label="Product"
        values={where.products ?? []}
        options={plain(vocabulary.products)}
        onChange={products => set({ products })}
      />
      {vocabulary.techniques.length > 0 && (
        <Chips
          label="Technique"
          values={where.techniques ?? []}
          options={plain(vocabulary.techniques)}
          onChange={techniques => set({ techniques })}
        />
      )}
      <Choice
        label="Outcome"
        value={where.outcome ?? ''}
        options={[
          { value: '', title: 'any' },
          { value: 'success', title: 'succeeded' },
          { value: 'failure', title: 'failed' },
        ]}
        onChange={outcome => set({ outcome: outcome === 'success' || outcome === 'failure' ? outcome : undefined })}
      />
      {where.about !== undefined && (
        <Chips label="About" values={where.about} options={[]} onChange={about => set({ about })} />
      )}
      <SpanEditor span={where.span} onChange={span => set({ span })} />
    </>
  );
}

export function SpanEditor({
  span,
  onChange,
}: {
  readonly span: AskedSpan | undefined;
  readonly onChange: (span: AskedSpan | undefined) => void;
}) {
  const change = (from: UnixMs | undefined, to: UnixMs | undefined) => {
    const isTurned = from !== undefined && to !== undefined && from >= to;
    if (isTurned) return;
    onChange(
      from === undefined && to === undefined
        ? undefined
        : { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
    );
  };
  return (
    <>
      <TimeInput label="From (UTC)" value={span?.from} onChange={from => change(from, span?.to)} />
      <TimeInput label="To (UTC)" value={span?.to} onChange={to => change(span?.from, to)} />
    </>
  );
}

const written = (value: UnixMs | undefined): string =>
  value === undefined ? '' : rfc3339(value).slice(0, 16).replace('T', ' ');

/** A time as `2026-03-02 10:15`. What is no time yet changes nothing, and is marked. */
export function TimeInput({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: UnixMs | undefined;
  readonly onChange: (value: UnixMs | undefined) => void;
}) {
  const id = useId();
  const [text, setText] = useState(written(value));
  useEffect(() => setText(written(value)), [value]);
  const read = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$/.test(text) ? parseTime(`${text}:00`) : undefined;
  return (
    <label className="ask-part" htmlFor={id}>
      <span className="quiet">{label}</span>
      <input
        id={id}
        className="input mono"
        size={16}
        placeholder="any time"
        value={text}
        aria-invalid={text !== '' && read === undefined}
        onChange={event => setText(event.target.value)}
        onBlur={() => {
          if (text === '') onChange(undefined);
          else if (read !== undefined && read !== value) onChange(read);
        }}
      />
    </label>
  );
}
