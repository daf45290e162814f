import { type Action, authorise, principalOf } from '../core/decide/authorise.ts';
import { readFinding, sealed } from '../core/decide/closed.ts';
import { checkPersonSignature } from '../core/decide/signatures.ts';
import type { FindingStatement } from '../model/audit-entry.ts';
import type { Person } from '../model/review.ts';
import { coolingCredentials } from './cooling.ts';
import type { ExecutorPorts } from './ports.ts';

/** What people who may found of one execution, each with a signature that holds. */
export async function standingFindings(
  execution: string,
  proposal: string,
  people: ReadonlyMap<Person['id'], Person>,
  right: Extract<Action, 'review_t2' | 'review_t3'>,
  ports: ExecutorPorts,
): Promise<readonly FindingStatement[]> {
  const { genesis } = ports;
  const found: FindingStatement[] = [];
  const cooling = coolingCredentials(people, ports);
  for (const stored of await ports.readFindings(execution)) {
    const read = readFinding(stored.statement);
    if (
      !read.ok ||
      read.value.execution !== execution ||
      read.value.proposal !== proposal ||
      read.value.installation !== genesis.installation
    )
      continue;
    const { digest } = sealed('countersign/finding/v1', read.value);
    // What somebody found while they could stays found when they leave; for what takes more it is asked anew.
    const accepted = `${right}/${digest}`;
    if (ports.wasAccepted(accepted)) {
      found.push(read.value);
      continue;
    }
    const person = people.get(read.value.by);
    if (person === undefined || !mayFind(person, right, stored.signature.kind, ports)) continue;
    const rules = { rpId: genesis.rpId, origin: genesis.origin, isDemo: genesis.demo };
    const signed = await checkPersonSignature(stored.signature, digest, person.credentials, rules, ports.verify);
    const isCooling = right === 'review_t3' && signed.ok && cooling.has(signed.value.id);
    if (!signed.ok || isCooling) continue;
    ports.noteAccepted(accepted);
    found.push(read.value);
  }
  return found;
}

function mayFind(
  person: Person,
  right: 'review_t2' | 'review_t3',
  signedWith: 'passkey' | 'browser_key',
  ports: ExecutorPorts,
): boolean {
  return authorise(ports.housePolicy().set, principalOf(person), right, { isContributor: false, signedWith }).isAllowed;
}
