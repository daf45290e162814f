import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND, type UnixMs } from '../../../base/time.ts';

/** `T+0d01:00:00`: a time from an incident's first activity. With names withheld, since a moment can name an event elsewhere. */
export function fromBegun(time: UnixMs, begun: UnixMs): string {
  const away = Math.abs(time - begun);
  const parts = [
    (away % MS_PER_DAY) / MS_PER_HOUR,
    (away % MS_PER_HOUR) / MS_PER_MINUTE,
    (away % MS_PER_MINUTE) / MS_PER_SECOND,
  ];
  const clock = parts.map(part => String(Math.floor(part)).padStart(2, '0')).join(':');
  return `T${time < begun ? '-' : '+'}${Math.floor(away / MS_PER_DAY)}d${clock}`;
}
