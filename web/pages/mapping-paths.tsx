import { useState } from 'react';
import type { PreviewPath, SourcePreview } from '../../src/model/api.ts';
import { Inert } from '../parts/inert.tsx';
import { drawn } from '../parts/inert-text.ts';
import { Sureness } from '../parts/sureness.tsx';
import type { ChosenMap } from './health-mapping.tsx';

/** What a path can be mapped to: our fields, and what an alert has besides. */
export const MAPPABLE: readonly string[] = [
  'time',
  'user',
  'host',
  'src_ip',
  'src_port',
  'dst_ip',
  'dst_port',
  'action',
  'outcome',
  'rule_name',
  'severity',
  'process',
  'command_line',
  'file_path',
  'hash_sha256',
  'url',
  'domain',
  'email_from',
  'email_to',
  'title',
  'id',
  'product',
];

/** Rows that are drawn at once. */
const ROWS_STEP = 60;
/** A guess as sure as this is right in 97 of 100. */
const SURE = 0.9;

interface MappingPathsProps {
  readonly preview: SourcePreview;
  readonly map: ChosenMap;
  readonly onMap: (map: ChosenMap) => void;
}

/** Every path of the samples with the field that it is taken for; a person's choice wins over the guess. */
export function MappingPaths({ preview, map, onMap }: MappingPathsProps) {
  const [filter, setFilter] = useState('');
  const [rowsMax, setRowsMax] = useState(ROWS_STEP);
  const needle = filter.trim().toLowerCase();
  const paths = preview.paths.filter(
    ({ path, examples }) => needle === '' || [path, ...examples].some(text => text.toLowerCase().includes(needle)),
  );
  const sure = preview.paths.filter(one => !one.isInText && (one.proposed?.confidence ?? 0) >= SURE);
  return (
    <section className="mapping-section" aria-label="Paths and fields">
      <div className="mapping-head">
        <h3>
          Paths{' '}
          <span className="quiet section-count">
            {paths.length.toLocaleString('en')}
            {preview.omittedPaths > 0 && ` listed, ${preview.omittedPaths.toLocaleString('en')} more are not`}
          </span>
        </h3>
        <input
          className="input mapping-filter"
          type="search"
          placeholder="Find a path or a value"
          aria-label="Find a path or a value"
          value={filter}
          onChange={event => setFilter(event.target.value)}
        />
        <span className="spacer" />
        <button
          type="button"
          className="btn"
          disabled={sure.length === 0}
          onClick={() => onMap({ ...map, ...Object.fromEntries(sure.map(one => [one.proposed?.field, one.path])) })}
          title="The guess becomes your mapping, so that what it names may be acted on"
        >
          Confirm {sure.length} {sure.length === 1 ? 'guess' : 'guesses'} of {SURE} and more
        </button>
        <button type="button" className="btn" disabled={Object.keys(map).length === 0} onClick={() => onMap({})}>
          Clear
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-scroll is-tall mapping-table" tabIndex={0} aria-label="Table of paths">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Path</th>
              <th scope="col" className="num">
                In
              </th>
              <th scope="col">Examples</th>
              <th scope="col">Field</th>
              <th scope="col">How sure, and why</th>
            </tr>
          </thead>
          <tbody>
            {paths.slice(0, rowsMax).map(one => (
              <PathRow key={one.path} one={one} map={map} onMap={onMap} />
            ))}
          </tbody>
        </table>
        {paths.length === 0 && <p className="quiet mapping-none">No path and no example holds this text.</p>}
        {paths.length > rowsMax && (
          <button type="button" className="btn-link" onClick={() => setRowsMax(rowsMax + ROWS_STEP)}>
            {(paths.length - rowsMax).toLocaleString('en')} more: show the next {ROWS_STEP}
          </button>
        )}
      </section>
    </section>
  );
}

function PathRow({
  one,
  map,
  onMap,
}: {
  readonly one: PreviewPath;
  readonly map: ChosenMap;
  readonly onMap: (map: ChosenMap) => void;
}) {
  const { path, isInText, presence, distinct, examples, proposed, types } = one;
  const chosen = Object.keys(map).find(field => map[field] === path);
  // Where a person gave the field to another path, the guess no longer counts.
  const guess = proposed !== undefined && map[proposed.field] === undefined ? proposed : undefined;
  return (
    <tr
      className={chosen !== undefined ? 'is-mapped' : guess === undefined ? undefined : 'is-guessed'}
      data-testid="mapping-path"
    >
      <td className="mono mapping-name">
        <Inert text={path} form="line" />
      </td>
      <td className="num" title={`${types.join(', ')}; ${distinct} different ${distinct === 1 ? 'value' : 'values'}`}>
        {Math.round(presence * 100)} %
      </td>
      <td className="mapping-examples">
        {examples.map(text => (
          <Inert key={text} text={text} />
        ))}
      </td>
      <td>
        {isInText ? (
          <span className="quiet" title="It stands inside a text: a mapping names whole values only">
            {guess?.field ?? 'inside a text'}
          </span>
        ) : (
          <select
            className="input mapping-field"
            aria-label={drawn(`Field of ${path}`)}
            value={chosen ?? ''}
            onChange={event => onMap(withChoice(map, path, event.target.value))}
          >
            <option value="">{guess === undefined ? '–' : `${guess.field} (guessed)`}</option>
            {MAPPABLE.map(field => (
              <option key={field} value={field}>
                {field}
              </option>
            ))}
          </select>
        )}
      </td>
      <td className="mapping-why">
        {chosen !== undefined ? (
          <span className="soft">you say so</span>
        ) : (
          guess !== undefined && (
            <>
              <Sureness value={guess.confidence} /> <span className="soft">{guess.because.join('; ')}</span>
            </>
          )
        )}
      </td>
    </tr>
  );
}

/** A path has one field, and a field one path. */
function withChoice(map: ChosenMap, path: string, field: string): ChosenMap {
  const rest = Object.entries(map).filter(([name, at]) => at !== path && name !== field);
  return Object.fromEntries(field === '' ? rest : [...rest, [field, path]]);
}
