import { useId, useMemo, useRef, useState } from 'react';
import type { IncidentTimeline } from '../../src/model/api.ts';
import type { Gap, TimelineEntry } from '../../src/model/claim.ts';
import type { SourceClock } from '../../src/model/clock.ts';
import { streamText } from '../../src/model/coverage.ts';
import { ClockTable, clockNote, clockText, OffAxis, UnsureOrder } from './clocks.tsx';
import { runsOf } from './inert-text.ts';
import { clock, duration, utc } from './time.tsx';
import { useWidth } from './width.ts';

interface TimelineProps {
  readonly timeline: IncidentTimeline;
  readonly selectedEvidence: string | undefined;
  readonly onOpen: (entry: TimelineEntry) => void;
  /** Part of the whole span, kept in the page's address. */
  readonly zoom: { readonly from: number; readonly to: number } | undefined;
  readonly onZoom: (zoom: { readonly from: number; readonly to: number } | undefined) => void;
}

const LANE_PX = 34;
const LABEL_PX = 178;
const AXIS_PX = 22;
const LATE_MS = 5 * 60_000;
const DRAG_PX_MIN = 6;
const DOTS_MAX = 3_000;

/**
 * Lanes by product, dots by when it happened; hollow where we heard of it late; hatched where telemetry is missing.
 * Dragging selects a part of the time; the same is under the buttons for those without a pointer.
 */
export function Timeline({ timeline, selectedEvidence, onOpen, zoom, onZoom }: TimelineProps) {
  const patternId = useId();
  const drawing = useRef<SVGSVGElement>(null);
  const figure = useRef<HTMLElement>(null);
  const width = useWidth(figure, 900);
  const [drag, setDrag] = useState<{ readonly a: number; readonly b: number } | undefined>();
  const from = zoom?.from ?? timeline.from;
  const to = Math.max(zoom?.to ?? timeline.to, from + 1_000);
  const pad = (to - from) * 0.02;
  const x = (ms: number) => LABEL_PX + ((ms - (from - pad)) / (to - from + 2 * pad)) * (width - LABEL_PX);
  const msAt = (px: number) => from - pad + ((px - LABEL_PX) / (width - LABEL_PX)) * (to - from + 2 * pad);
  const lanes = timeline.lanes;
  const clocks = useMemo(() => new Map(timeline.clocks.map(one => [one.clock, one])), [timeline.clocks]);
  const height = AXIS_PX + Math.max(1, lanes.length) * LANE_PX + 4;
  const visible = useMemo(
    () =>
      timeline.entries
        .filter(e => e.clockFault?.isOffAxis !== true && e.time >= from - pad && e.time <= to + pad)
        .slice(0, DOTS_MAX),
    [timeline.entries, from, to, pad],
  );
  const laneOf = (product: string) =>
    lanes.includes(product) ? lanes.indexOf(product) : Math.max(0, lanes.length - 1);
  const yOf = (product: string) => AXIS_PX + laneOf(product) * LANE_PX + LANE_PX / 2;
  const svgX = (event: React.PointerEvent) => {
    const box = drawing.current?.getBoundingClientRect();
    return box === undefined ? 0 : event.clientX - box.left;
  };
  const finishDrag = () => {
    if (drag !== undefined && Math.abs(drag.b - drag.a) > DRAG_PX_MIN) {
      const [a, b] = [Math.min(drag.a, drag.b), Math.max(drag.a, drag.b)].map(px =>
        Math.round(msAt(Math.max(LABEL_PX, px))),
      );
      if (a !== undefined && b !== undefined) onZoom({ from: a, to: b });
    }
    setDrag(undefined);
  };
  return (
    <figure ref={figure} className="timeline" data-testid="timeline">
      <svg
        ref={drawing}
        width={width}
        height={height}
        className="timeline-drawing"
        role="img"
        aria-label={`${timeline.entries.length} entries in ${lanes.length} lanes from ${utc(from)} to ${utc(to)}; ${timeline.gaps.length} gaps. The same stands in the list of alerts.`}
        onPointerDown={event => {
          const at = svgX(event);
          if (
            at > LABEL_PX &&
            event.button === 0 &&
            !(event.target instanceof Element && event.target.closest('.timeline-dot') !== null)
          ) {
            event.currentTarget.setPointerCapture(event.pointerId);
            setDrag({ a: at, b: at });
          }
        }}
        onPointerMove={event => drag !== undefined && setDrag({ ...drag, b: svgX(event) })}
        onPointerUp={finishDrag}
        onPointerCancel={() => setDrag(undefined)}
      >
        <defs>
          <pattern id={patternId} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line x1="0" y1="0" x2="0" y2="6" className="timeline-hatch" />
          </pattern>
        </defs>
        {ticksOf(from, to).map(tick => (
          <g key={tick.at}>
            <line x1={x(tick.at)} x2={x(tick.at)} y1={AXIS_PX - 4} y2={height} className="timeline-grid" />
            <text x={x(tick.at) + 3} y={12} className="timeline-tick">
              {tick.text}
            </text>
          </g>
        ))}
        {lanes.map((lane, index) => (
          <g key={lane}>
            <line
              x1={LABEL_PX}
              x2={width}
              y1={AXIS_PX + (index + 1) * LANE_PX}
              y2={AXIS_PX + (index + 1) * LANE_PX}
              className="timeline-grid"
            />
            <text x={0} y={AXIS_PX + index * LANE_PX + 14} className="timeline-lane">
              {clipped(visibleText(lane))}
              <title>{laneTitle(lane, clocks.get(lane))}</title>
            </text>
            <text x={0} y={AXIS_PX + index * LANE_PX + 27} className="timeline-note">
              {clockNote(clocks.get(lane))}
              <title>{laneTitle(lane, clocks.get(lane))}</title>
            </text>
          </g>
        ))}
        {timeline.gaps.map(gap => (
          <GapBand
            key={`${gap.stream}${gap.from}`}
            gap={gap}
            x1={Math.max(LABEL_PX, x(gap.from))}
            x2={Math.min(width, x(gap.to))}
            lane={laneOfGap(gap, lanes)}
            lanes={lanes.length}
            fill={`url(#${patternId})`}
          />
        ))}
        {visible.map(entry => (
          <Dot
            key={entry.alert}
            entry={entry}
            cx={x(entry.time)}
            cy={yOf(entry.product)}
            isSelected={entry.evidence === selectedEvidence}
            onOpen={onOpen}
          />
        ))}
        {drag !== undefined && (
          <rect
            x={Math.min(drag.a, drag.b)}
            width={Math.abs(drag.b - drag.a)}
            y={AXIS_PX}
            height={height - AXIS_PX}
            className="timeline-brush"
          />
        )}
      </svg>
      <figcaption className="timeline-foot">
        <span className="timeline-key">
          <svg width="10" height="10" aria-hidden="true">
            <circle cx="5" cy="5" r="4" className="timeline-dot" />
          </svg>{' '}
          when it happened
        </span>
        <span className="timeline-key">
          <svg width="10" height="10" aria-hidden="true">
            <circle cx="5" cy="5" r="3.5" className="timeline-dot is-late" />
          </svg>{' '}
          heard over 5 min late
        </span>
        <span className="timeline-key">
          <span className="gap-swatch hatch" aria-hidden="true" /> telemetry missing
        </span>
        {visible.some(entry => entry.order !== undefined) && <span className="timeline-key">≈ order uncertain</span>}
        <span className="quiet">
          {visible.length} of {timeline.entries.length + timeline.omitted} shown
          {timeline.omitted > 0 && `, ${timeline.omitted} left out of the middle`}
        </span>
        <span className="spacer" />
        {zoom === undefined ? (
          <span className="quiet">drag to zoom</span>
        ) : (
          <button type="button" className="btn-link" onClick={() => onZoom(undefined)}>
            whole span
          </button>
        )}
        <button
          type="button"
          className="btn-link"
          onClick={() => onZoom({ from: Math.round(from + (to - from) / 4), to: Math.round(to - (to - from) / 4) })}
        >
          zoom in
        </button>
      </figcaption>
      <OffAxis entries={timeline.entries} onOpen={onOpen} />
      <UnsureOrder entries={timeline.entries} onOpen={onOpen} />
      {timeline.clocks.length > 0 && <ClockTable clocks={timeline.clocks} />}
    </figure>
  );
}

/** A recorded text with its control and direction characters as visible signs. */
function visibleText(recorded: string): string {
  return runsOf(recorded)
    .map(run => (run.kind === 'plain' ? run.text : run.glyph))
    .join('');
}

function laneTitle(lane: string, clock: SourceClock | undefined): string {
  return visibleText(clock === undefined ? lane : clockText(clock));
}

const LANE_CHARS_MAX = 26;

function clipped(lane: string): string {
  return lane.length > LANE_CHARS_MAX ? `${lane.slice(0, LANE_CHARS_MAX - 1)}…` : lane;
}

function laneOfGap(gap: Gap, lanes: readonly string[]): number | undefined {
  const product = gap.stream.split('|').at(-1) ?? '';
  const index = lanes.findIndex(lane => lane === product || lane === gap.stream || lane.endsWith(`|${product}`));
  return index < 0 ? undefined : index;
}

interface GapBandProps {
  readonly gap: Gap;
  readonly x1: number;
  readonly x2: number;
  readonly lane: number | undefined;
  readonly lanes: number;
  readonly fill: string;
}

/** A gap lies in its product's lane; where the product has none (it was never heard), over the foot of all. */
function GapBand({ gap, x1, x2, lane, lanes, fill }: GapBandProps) {
  if (x2 <= x1) return null;
  const y = lane === undefined ? AXIS_PX + lanes * LANE_PX - 6 : AXIS_PX + lane * LANE_PX + 1;
  const height = lane === undefined ? 8 : LANE_PX - 2;
  return (
    <g>
      <rect x={x1} y={y} width={x2 - x1} height={height} fill={fill} className="timeline-gap" />
      <title>{`${streamText(gap.stream)}: ${gap.because}. ${utc(gap.from)} to ${utc(gap.to)}`}</title>
    </g>
  );
}

/** Names out of the record that a dot tells; the record has all. */
const NAMES_SHOWN_MAX = 10;

interface DotProps {
  readonly entry: TimelineEntry;
  readonly cx: number;
  readonly cy: number;
  readonly isSelected: boolean;
  readonly onOpen: (entry: TimelineEntry) => void;
}

function Dot({ entry, cx, cy, isSelected, onOpen }: DotProps) {
  const lateMs = entry.heard - entry.time;
  const isLate = lateMs > LATE_MS;
  const title = [
    `happened ${utc(entry.time)}${entry.isTimeAssumed ? ' (assumed)' : ''}, heard ${utc(entry.heard)}${isLate ? `, ${duration(lateMs)} later` : ''}`,
    visibleText(entry.text),
    ...(entry.names ?? []).slice(0, NAMES_SHOWN_MAX).map(({ label }) => `· ${visibleText(label)}`),
    ...(entry.who ?? []).map(visibleText),
    ...(entry.skew === undefined ? [] : [`clock ${visibleText(entry.skew)}`]),
    ...(entry.clockFault === undefined ? [] : [entry.clockFault.text]),
    ...(entry.order === undefined ? [] : [visibleText(entry.order.text)]),
  ].join('\n');
  return (
    <g>
      {entry.order !== undefined && (
        <text x={cx} y={cy - 6} className="timeline-unsure">
          ≈
        </text>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the same stands in the list of alerts, with buttons */}
      <circle
        cx={cx}
        cy={cy}
        r={isSelected ? 6 : 4.2}
        className={`timeline-dot${isLate ? ' is-late' : ''}${isSelected ? ' is-selected' : ''} dot-${entry.severity}`}
        onClick={() => onOpen(entry)}
      >
        <title>{title}</title>
      </circle>
    </g>
  );
}

const STEPS_MS = [
  1, 2, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000, 31_536_000,
].map(s => s * 1_000);
const TICKS_MAX = 8;
/** A label with its day, and its year where that is needed, takes more room. */
const DAY_TICKS_MAX = 6;
const secondsFormat = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** Ticks in the viewer's zone. Where the span is not within one day, an hour without its day could be of either. */
function ticksOf(from: number, to: number): readonly { readonly at: number; readonly text: string }[] {
  const withDay = new Date(from).toDateString() !== new Date(to).toDateString();
  const most = withDay ? DAY_TICKS_MAX : TICKS_MAX;
  const step = STEPS_MS.find(ms => (to - from) / ms <= most) ?? (to - from) / most;
  const ticks: { at: number; text: string }[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to && ticks.length <= most + 1; at += step) {
    ticks.push({ at, text: step < 60_000 ? secondsFormat.format(at) : clock(at, withDay) });
  }
  return ticks;
}
