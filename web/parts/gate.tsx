import type { TradeOffs } from '../../src/model/claim.ts';
import { type Explained, GATE_NUMBER_TEXT, type GateVerdict } from '../../src/model/explained.ts';
import type { OptionHistory } from '../../src/model/history.ts';
import { HYPOTHESIS_TEXT } from '../../src/model/hypothesis-text.ts';
import { Inert } from './inert.tsx';

/** Never rounded up: what is too low must not look as if it reached. */
function figure(value: number): string {
  return (Math.floor(value * 100) / 100).toFixed(2);
}

/** The gate's word: that it lets an option be proposed, or every number that is too low and what would raise it. */
export function GateWord({
  gate,
  explained,
}: {
  readonly gate: GateVerdict;
  readonly explained?: Explained | undefined;
}) {
  return (
    <div className="gate-word" data-testid="gate" data-open={gate.isOpen}>
      <p>
        <strong>{gate.isOpen ? 'Explained well enough' : 'Why not'}</strong>{' '}
        <span className="soft">
          {gate.isOpen
            ? `for ${gate.tier}: the least of its numbers is ${figure(gate.explained)}, and has to be ${figure(gate.least)}. That approves nothing.`
            : `Not told well enough for ${gate.tier}, so it cannot be proposed yet.`}
        </span>
      </p>
      {gate.shortfalls.length > 0 && (
        <ul className="plain-list">
          {gate.shortfalls.map(({ number, value, least, because, fixes }) => (
            <li key={number} className="gap-text" data-testid="gate-shortfall">
              <span className="gap-swatch hatch" aria-hidden="true" />
              <span>
                <strong>{GATE_NUMBER_TEXT[number]}</strong> {figure(value)}, has to be {figure(least)}.{' '}
                <Inert text={because} form="line" />
                {fixes.map(fix => (
                  <span key={fix} className="gate-fix">
                    <Inert text={fix} form="line" />
                  </span>
                ))}
              </span>
            </li>
          ))}
        </ul>
      )}
      {gate.isOpen && explained !== undefined && (
        <details>
          <summary>its numbers</summary>
          <ul className="plain-list">
            {explained.measures.map(({ number, value, because }) => (
              <li key={number}>
                {GATE_NUMBER_TEXT[number]} {figure(value)}: <Inert text={because} form="line" />
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** What became of proposals like it: counts and an interval, or only that there are too few. */
export function HistoryLine({ history }: { readonly history: OptionHistory }) {
  return (
    <span data-testid="history" data-kind={history.kind}>
      {history.text}
      {history.kind === 'counted' && (
        <span className="soft">
          {' '}
          ({percent(history.interval.from)} to {percent(history.interval.to)}, nine times in ten
          {history.calibrated !== undefined && `; with this tier and coverage ${percent(history.calibrated)}`})
        </span>
      )}
    </span>
  );
}

function reasons(kinds: TradeOffs['rightUnder']): string {
  return kinds.map(kind => HYPOTHESIS_TEXT[kind]).join('; ');
}

/** What it leaves going, and when it is right and when it is wrong. */
export function TradeOffLines({ tradeOffs }: { readonly tradeOffs: TradeOffs }) {
  const { doesNotStop, rightUnder, wrongUnder } = tradeOffs;
  return (
    <ul className="plain-list trade-offs" data-testid="trade-offs">
      <li>
        <span className="soft">Leaves going:</span> <Inert text={doesNotStop.join(' ')} form="line" />
      </li>
      {rightUnder.length > 0 && (
        <li>
          <span className="soft">Right if</span> {reasons(rightUnder)}
        </li>
      )}
      {wrongUnder.length > 0 && (
        <li>
          <span className="soft">Wrong if</span> {reasons(wrongUnder)}
        </li>
      )}
    </ul>
  );
}
