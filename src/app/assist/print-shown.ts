import { type Closed, canonical } from '../../base/canonical.ts';

/** The bytes of what was shown. Numbers stand as decimals; what is undefined is left out. */
export function printShown(shown: object): string {
  return canonical(closed(shown));
}

function closed(value: unknown): Closed {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number') return `#${value}`;
  if (typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return '';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, closed(member)]));
}
