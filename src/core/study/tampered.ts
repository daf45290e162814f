import type { Id } from '../../base/id.ts';
import { MS_PER_DAY, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { StreamCoverage } from '../../model/coverage.ts';
import { TELEMETRY_TEXT, telemetryOf } from '../../model/telemetry.ts';
import { BIN_MS, DAYS_KEPT } from './bins.ts';
import { minuteText } from './render-claim.ts';
import type { Stream } from './stream.ts';
import type { Tampering } from './tampering.ts';

/** An event that cleared, stopped or cut off a log or a sensor, with the alert that says so. */
export interface TamperingHeard extends Tampering {
  readonly alert: Id<'alert'>;
  readonly evidence: Id<'evidence'>;
}

export interface TamperingAt extends TamperingHeard {
  /** The stream that told of it. */
  readonly stream: string;
  readonly host: string;
  readonly at: UnixMs;
}

/** As long as counts are kept by which it is told whether a stream came back. */
const REMEMBERED_MS = DAYS_KEPT * MS_PER_DAY;

/**
 * The gaps that tampering caused: from the event until the affected stream is heard again, or until now. `silent` where
 * nothing came since, `degraded` where it came back: what was lost in between is not known. Concerns the streams of the
 * same host that give what was tampered with, and where none is known to, the stream that told of it.
 */
export function tamperedStreams(
  streams: readonly Stream[],
  tamperings: readonly TamperingAt[],
  now: UnixMs,
): readonly StreamCoverage[] {
  return tamperings.flatMap(tampering => {
    if (tampering.at > now || now - tampering.at > REMEMBERED_MS) return [];
    const ofHost = streams.filter(stream => stream.host === tampering.host);
    const affected = ofHost.filter(stream =>
      telemetryOf(stream.product)?.some(kind => tampering.affects.includes(kind)),
    );
    const concerned = affected.length > 0 ? affected : ofHost.filter(stream => stream.name === tampering.stream);
    return concerned.map(stream => gapOf(stream, tampering, now));
  });
}

function gapOf(stream: Stream, { what, affects, at, alert, evidence }: TamperingAt, now: UnixMs): StreamCoverage {
  const again = heardAgain(stream, at, now);
  const kinds = affects.map(kind => TELEMETRY_TEXT[kind]).join(', ');
  return {
    stream: stream.name,
    status: again === undefined ? 'silent' : 'degraded',
    from: at,
    to: again ?? now,
    because: `${what} at ${minuteText(at)} UTC: its ${kinds} ${again === undefined ? 'was not heard since' : 'came again at '.concat(minuteText(again), ' UTC')}`,
    cause: { alert, evidence },
  };
}

/** The end of the first bin after the event's own that has a record; the event itself is no sign of life. */
function heardAgain(stream: Stream, at: UnixMs, now: UnixMs): UnixMs | undefined {
  if (stream.last <= at) return undefined;
  for (let bin = Math.floor(at / BIN_MS) + 1; bin * BIN_MS <= now; bin++)
    if (stream.bins.at(bin) > 0) return unixMsFrom(Math.min(now, Math.max(at, bin * BIN_MS)));
  return stream.last > at ? stream.last : undefined;
}
