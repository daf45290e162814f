import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { Inert } from './inert.tsx';
import { isWithin, type JsonLayout, type JsonLine, layoutJson } from './json-layout.ts';

/** What is cited in a record: a pointer into it, and the value that is said to stand there. */
export interface Cited {
  readonly pointer: string;
  readonly value: string | undefined;
}

interface RawRecordProps {
  readonly raw: string;
  readonly cited: readonly Cited[];
  readonly form: 'parsed' | 'raw';
}

const LINES_MAX = 1_500;

/** A raw record, inert, with the cited fields marked and scrolled to. */
export function RawRecord({ raw, cited, form }: RawRecordProps) {
  const layout = useMemo(() => layoutJson(raw), [raw]);
  const box = useRef<HTMLDivElement>(null);
  const place = cited.map(c => c.pointer).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when what is marked changes
  useEffect(() => {
    const container = box.current;
    const mark = container?.querySelector<HTMLElement>('[data-cited]');
    if (container && mark) container.scrollTop = mark.offsetTop - container.offsetTop - container.clientHeight / 3;
  }, [place, raw, form]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section ref={box} className="record" tabIndex={0} aria-label="Raw record" data-testid="raw-record">
      {layout.ok && form === 'parsed' ? (
        <Lines layout={layout.value} cited={cited} />
      ) : (
        <Text raw={raw} marks={marksOf(raw, layout.ok ? layout.value : undefined, cited)} />
      )}
    </section>
  );
}

function Lines({ layout, cited }: { readonly layout: JsonLayout; readonly cited: readonly Cited[] }) {
  const [showsAll, setShowsAll] = useState(false);
  const firstCited = layout.lines.findIndex(line => cited.some(c => isWithin(line.pointer, c.pointer)));
  const from =
    showsAll || layout.lines.length <= LINES_MAX
      ? 0
      : Math.max(0, Math.min(firstCited - LINES_MAX / 2, layout.lines.length - LINES_MAX));
  const lines = showsAll ? layout.lines : layout.lines.slice(from, from + LINES_MAX);
  return (
    <>
      {lines.length < layout.lines.length && (
        <p className="record-note">
          Lines {from + 1} to {from + lines.length} of {layout.lines.length}.{' '}
          <button type="button" className="btn-link" onClick={() => setShowsAll(true)}>
            Show all
          </button>
        </p>
      )}
      <ol className="record-lines">
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line's place in the record is its identity
          <Line key={from + index} line={line} isCited={cited.some(c => isWithin(line.pointer, c.pointer))} />
        ))}
      </ol>
    </>
  );
}

function Line({ line, isCited }: { readonly line: JsonLine; readonly isCited: boolean }) {
  return (
    <li
      className={`record-line indent-${Math.min(line.indent, 12)}${isCited ? ' is-cited' : ''}`}
      {...(isCited ? { 'data-cited': line.pointer, 'data-testid': 'cited-field' } : {})}
    >
      {line.parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
        <span key={index} className={`json-${part.kind}`}>
          {part.kind === 'punctuation' ? part.text : <Inert text={part.text} form="line" />}
        </span>
      ))}
      {isCited && <span className="visually-hidden"> (cited)</span>}
    </li>
  );
}

interface Mark {
  readonly start: number;
  readonly end: number;
}

const MARKS_MAX = 50;

function marksOf(raw: string, layout: JsonLayout | undefined, cited: readonly Cited[]): readonly Mark[] {
  const marks: Mark[] = [];
  for (const { pointer, value } of cited) {
    const span = layout?.spans.get(pointer);
    if (span !== undefined) marks.push(span);
    else if (value !== undefined && value !== '') {
      for (
        let at = raw.indexOf(value);
        at >= 0 && marks.length < MARKS_MAX;
        at = raw.indexOf(value, at + value.length)
      ) {
        marks.push({ start: at, end: at + value.length });
      }
    }
  }
  marks.sort((a, b) => a.start - b.start);
  return marks.filter((mark, index) => index === 0 || mark.start >= (marks[index - 1]?.end ?? 0));
}

function Text({ raw, marks }: { readonly raw: string; readonly marks: readonly Mark[] }) {
  const pieces: ReactNode[] = [];
  let from = 0;
  for (const mark of marks) {
    pieces.push(<Inert key={`t${from}`} text={raw.slice(from, mark.start)} form="line" keepLines />);
    pieces.push(
      <mark key={`m${mark.start}`} data-cited="" data-testid="cited-field">
        <Inert text={raw.slice(mark.start, mark.end)} form="line" keepLines />
      </mark>,
    );
    from = mark.end;
  }
  pieces.push(<Inert key="rest" text={raw.slice(from)} form="line" keepLines />);
  return <pre className="record-text">{pieces}</pre>;
}
