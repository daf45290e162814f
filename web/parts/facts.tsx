import '../styles/facts.css';
import { useRef } from 'react';
import type { EnrichmentFact, EnrichmentKind } from '../../src/model/enrichment.ts';
import { Inert } from './inert.tsx';
import { clock, msOf } from './time.tsx';

const KIND_TEXT: { readonly [K in EnrichmentKind]: string } = {
  address_class: 'address',
  country: 'country',
  cloud: 'cloud',
  registrable_domain: 'domain',
  internationalised: 'name',
  hash_kind: 'hash',
  technique: 'technique',
  prevalence: 'seen',
  reputation: 'reputation',
};

export function factKindText(kind: EnrichmentKind): string {
  return KIND_TEXT[kind];
}

/** The date of the data: a day is enough, because nothing here is true to the minute. */
export function asOfText(asOf: string): string {
  const ms = msOf(asOf);
  if (ms === undefined) return 'without a date';
  return `as of ${clock(ms, true).replace(/ \d{2}:\d{2}$/, '')}${Date.now() - ms > 180 * 86_400_000 ? '' : ` ${new Date(ms).getFullYear()}`}`;
}

/** How far it can be relied on: in words, and loud where that is not all the way. */
export function FactStatusMark({ status }: { readonly status: EnrichmentFact['status'] }) {
  if (status === 'ok') return <span className="quiet">ok</span>;
  return (
    <span className="gap-text" data-testid="fact-status" data-status={status}>
      <span className="gap-swatch hatch" aria-hidden="true" />
      {status}
    </span>
  );
}

const TIP_PX = 340;
const GAP_PX = 6;

/**
 * One fact: what it says, and with hover or focus who says so and as of when. Its text may be somebody else's, so it is
 * inert. What is not simply ok says so in the chip itself.
 */
export function FactChip({ fact }: { readonly fact: EnrichmentFact }) {
  const tip = useRef<HTMLSpanElement>(null);
  const show = (event: { readonly currentTarget: HTMLElement }) => {
    const element = tip.current;
    if (element === null || typeof element.showPopover !== 'function') return;
    const { left, bottom, top } = event.currentTarget.getBoundingClientRect();
    element.showPopover();
    const below = bottom + GAP_PX;
    const height = element.offsetHeight;
    element.style.left = `${Math.max(GAP_PX, Math.min(left, window.innerWidth - TIP_PX - GAP_PX))}px`;
    element.style.top = `${below + height > window.innerHeight ? Math.max(GAP_PX, top - height - GAP_PX) : below}px`;
  };
  const hide = () => tip.current?.matches(':popover-open') === true && tip.current.hidePopover();
  return (
    <button
      type="button"
      className={`fact fact-${fact.status} fact-${fact.kind}`}
      onMouseEnter={show}
      onFocus={show}
      onMouseLeave={hide}
      onBlur={hide}
      onKeyDown={event => event.key === 'Escape' && hide()}
      data-testid="fact"
      data-kind={fact.kind}
      data-status={fact.status}
    >
      <span className="fact-kind">{KIND_TEXT[fact.kind]}</span>
      {fact.value !== '' && (
        <span className="fact-value">
          <Inert text={shortValue(fact)} form="line" />
        </span>
      )}
      {fact.status !== 'ok' && <span className="fact-word">{fact.status}</span>}
      <span ref={tip} popover="manual" className="fact-tip">
        {fact.value !== '' && (
          <span className="fact-tip-value">
            <Inert text={fact.value} form="line" />
          </span>
        )}
        <span>
          {fact.source}, {asOfText(fact.asOf)}
        </span>
        <span className={fact.status === 'ok' ? 'quiet' : 'gap-text'}>
          {fact.status}
          {fact.because !== '' && ': '}
          <Inert text={fact.because} form="line" />
        </span>
      </span>
    </button>
  );
}

/** As far as a chip has room; the rest is in its tip and in the table. */
function shortValue({ kind, value }: EnrichmentFact): string {
  if (kind === 'prevalence') return value.replace(/^in /, '').replace(/ alerts?,.*$/, '');
  if (kind === 'registrable_domain') return value.replace(/, below .*$/, '').replace(/:.*$/, '');
  if (kind === 'address_class')
    return value
      .replace(/^an? /, '')
      .replace(/^address /, '')
      .replace(/ address\b/, '');
  return value;
}

/** The chips of one value, what somebody else knows of it first. */
export function FactChips({ facts }: { readonly facts: readonly EnrichmentFact[] }) {
  if (facts.length === 0) return <span className="quiet">nothing</span>;
  return (
    <span className="facts">
      {facts.map((fact, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two sources may say the same of the same value
        <FactChip key={index} fact={fact} />
      ))}
    </span>
  );
}
