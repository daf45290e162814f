import type { Expectation, StreamStatus } from '../../src/model/coverage.ts';
import { TELEMETRY_KINDS, TELEMETRY_TEXT, type TelemetryKind } from '../../src/model/telemetry.ts';
import { Inert } from './inert.tsx';
import { drawn } from './inert-text.ts';

const MARKS: { readonly [S in StreamStatus]: readonly [icon: string, word: string] } = {
  heard: ['✓', 'heard'],
  degraded: ['◐', 'fewer'],
  late: ['◷', 'late'],
  silent: ['▨', 'silent'],
  cannot_tell: ['?', 'too sparse'],
  never: ['∅', 'never onboarded'],
};

/** What each entity of the incident should have by its class, and how it stands: by icon and word, not by colour alone. */
export function CoverageMatrix({ expectations }: { readonly expectations: readonly Expectation[] }) {
  const kinds = TELEMETRY_KINDS.filter(kind => expectations.some(one => one.kind === kind));
  const entities = new Map<string, Map<TelemetryKind, Expectation>>();
  for (const one of expectations) {
    const known = entities.get(one.entity) ?? new Map<TelemetryKind, Expectation>();
    entities.set(one.entity, known.set(one.kind, one));
  }
  const amiss = expectations.filter(one => one.status !== 'heard').length;
  return (
    <details className="coverage-details coverage-matrix" data-testid="coverage-matrix">
      <summary>
        {expectations.length - amiss} of {expectations.length} kinds of telemetry that were due
      </summary>
      <div className="table-scroll">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Entity</th>
              {kinds.map(kind => (
                <th key={kind} scope="col">
                  {TELEMETRY_TEXT[kind]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...entities].map(([entity, row]) => (
              <tr key={entity}>
                <th scope="row">
                  <Inert text={entity} />
                </th>
                {kinds.map(kind => (
                  <td key={kind}>
                    <Cell expectation={row.get(kind)} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Cell({ expectation }: { readonly expectation: Expectation | undefined }) {
  if (expectation === undefined) return <span className="quiet">not due</span>;
  const [icon, word] = MARKS[expectation.status];
  return (
    <span className={expectation.status === 'heard' ? 'nowrap' : 'nowrap gap-text'} title={drawn(expectation.because)}>
      <span aria-hidden="true">{icon}</span> {word}
    </span>
  );
}
