import { useQuery } from '@tanstack/react-query';
import type { Binding, EntityResolution } from '../../src/model/binding.ts';
import type { Claim, EntityInvolved } from '../../src/model/claim.ts';
import { enrichmentQuery } from '../api/queries.ts';
import { FactChips } from '../parts/facts.tsx';
import { Inert } from '../parts/inert.tsx';
import { Empty } from '../parts/states.tsx';
import { Moment } from '../parts/time.tsx';

const ROLES = ['entry', 'actor', 'pivot', 'target', 'infrastructure', 'bystander'] as const;

interface IncidentEntitiesProps {
  readonly id: string;
  readonly entities: readonly EntityInvolved[];
  /** The statements that resolutions rest on. */
  readonly identified: readonly Claim[];
  readonly onEvidence: (evidence: string) => void;
  readonly onStatement: (claim: Claim) => void;
}

/** Who and what is involved, in which role and why, who held it when, with what the inventory knows of it. */
export function IncidentEntities({ id, entities, identified, onEvidence, onStatement }: IncidentEntitiesProps) {
  const known = useQuery(enrichmentQuery(id));
  const factsOf = new Map(known.data?.entities.map(({ key, facts }) => [key, facts]));
  if (entities.length === 0)
    return <Empty title="No entities">No record of this incident maps a user, host or address.</Empty>;
  const sorted = [...entities].sort(
    (a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role) || b.alertCount - a.alertCount,
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label="Entities">
      <table className="table entities">
        <thead>
          <tr>
            <th scope="col">Role</th>
            <th scope="col">Entity</th>
            <th scope="col">Why this role</th>
            <th scope="col">Who had it when</th>
            <th scope="col" className="num">
              Alerts
            </th>
            <th scope="col">First to last seen</th>
            <th scope="col">Inventory</th>
            <th scope="col">Known besides</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map(entity => (
            <tr key={entity.key} data-testid="entity">
              <td>{entity.role}</td>
              <td className="entity-name">
                <Inert text={entity.label} /> <span className="quiet">{kindText(entity)}</span>
              </td>
              <td className="soft">
                <Inert text={entity.because} form="line" />{' '}
                <SaidBy evidence={entity.saidBy.map(one => one.evidence)} onEvidence={onEvidence} />
                {entity.doubt !== undefined && (
                  <p className="entity-doubt">
                    <span aria-hidden="true">≈</span> <Inert text={entity.doubt} form="line" />
                  </p>
                )}
              </td>
              <td>
                {entity.resolution === undefined ? (
                  <span className="quiet">{canBeHeld(entity) ? 'no record says' : '—'}</span>
                ) : (
                  <Resolution resolution={entity.resolution} identified={identified} onStatement={onStatement} />
                )}
              </td>
              <td className="num">{entity.alertCount}</td>
              <td className="nowrap">
                <Moment at={entity.firstSeen} /> – <Moment at={entity.lastSeen} />
              </td>
              <td>{inventoryText(entity)}</td>
              <td>
                {known.isPending && <span className="quiet">…</span>}
                {known.isError && <span className="gap-text">could not be read</span>}
                {known.data !== undefined && <FactChips facts={factsOf.get(entity.key) ?? []} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function kindText({ kind, machine }: EntityInvolved): string {
  if (machine === undefined) return kind;
  return machine === 'unknown' ? `${kind}, a machine` : `${kind}, ${machine.replaceAll('_', ' ')}`;
}

function canBeHeld({ kind }: EntityInvolved): boolean {
  return kind === 'ip' || kind === 'host' || kind === 'domain';
}

function SaidBy({
  evidence,
  onEvidence,
}: {
  readonly evidence: readonly string[];
  readonly onEvidence: (evidence: string) => void;
}) {
  return (
    <span className="citations">
      {evidence.map((id, index) => (
        <button
          key={id}
          type="button"
          className="citation"
          title="the record that says so"
          aria-label={`Evidence ${index + 1} of this role`}
          onClick={() => onEvidence(id)}
        >
          {index + 1}
        </button>
      ))}
    </span>
  );
}

const VERDICTS: { readonly [V in EntityResolution['verdict']]: string } = {
  one: 'one',
  stale: 'perhaps',
  ambiguous: 'ambiguous',
  shared: 'shared',
  none: 'not at its alerts',
};

interface ResolutionProps {
  readonly resolution: EntityResolution;
  readonly identified: readonly Claim[];
  readonly onStatement: (claim: Claim) => void;
}

/** What it resolves to, and on demand the whole list: who had it, from when to when, and how we know. */
function Resolution({ resolution, identified, onStatement }: ResolutionProps) {
  const claims = new Map(identified.map(claim => [claim.id, claim]));
  return (
    <details className="resolution" data-testid="resolution">
      <summary>
        <span className="badge">{VERDICTS[resolution.verdict]}</span>{' '}
        <span className="resolution-text">
          <Inert text={resolution.text} form="line" />
        </span>
      </summary>
      <ol className="holders" aria-label="Who had it when">
        {resolution.bindings.map(binding => (
          <HolderRow
            key={binding.claim}
            binding={binding}
            claim={claims.get(binding.claim)}
            onStatement={onStatement}
          />
        ))}
        {resolution.omitted > 0 && <li className="quiet">and {resolution.omitted} more</li>}
      </ol>
    </details>
  );
}

const HOW: { readonly [K in Binding['kind']]: string } = {
  lease: 'had it by DHCP, the name as it gave it',
  own_address: 'had it, by its own sensor',
  behind: 'was seen from it',
  sign_in: 'signed in from it',
  logon: 'was signed in on it',
  dns: 'was the answer',
};

function HolderRow({
  binding,
  claim,
  onStatement,
}: {
  readonly binding: Binding;
  readonly claim: Claim | undefined;
  readonly onStatement: (claim: Claim) => void;
}) {
  const { from, until, lastSeen, end, count } = binding;
  return (
    <li>
      <Inert text={binding.objectLabel} /> {HOW[binding.kind]}{' '}
      <span className="nowrap">
        <Moment at={from} /> – {until === undefined ? <Moment at={lastSeen} /> : <Moment at={until} />}
      </span>{' '}
      <span className="quiet">
        {until === undefined ? 'last record; no end is known' : ENDS[end]}
        {count > 1 && `, ${count} records`}
      </span>{' '}
      {claim !== undefined && (
        <button type="button" className="btn-link" onClick={() => onStatement(claim)}>
          evidence
        </button>
      )}
    </li>
  );
}

const ENDS: { readonly [E in Binding['end']]: string } = {
  recorded: 'its end is recorded',
  lease: 'as the record states',
  next: 'at the latest: then another had it',
  unknown: 'no end is known',
};

function inventoryText({ inventory }: EntityInvolved): string {
  if (inventory === undefined) return 'not in the inventory';
  const words = [
    inventory.isMachine ? 'machine identity' : '',
    inventory.privileged === 'yes' ? 'privileged' : inventory.privileged === 'unknown' ? 'privilege unknown' : '',
    inventory.criticality === 'unknown' ? 'criticality unknown' : `criticality ${inventory.criticality}`,
    inventory.owner === '' ? 'no owner' : `owner ${inventory.owner}`,
  ];
  return words.filter(word => word !== '').join(' · ');
}
