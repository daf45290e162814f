import { parseTime } from '../base/time.ts';
import { authorise, principalOf } from '../core/decide/authorise.ts';
import { readInventory, readKillSwitch, sealed } from '../core/decide/closed.ts';
import { standingDelegations } from '../core/decide/delegation.ts';
import type { StandIn } from '../core/decide/quorum.ts';
import { checkPersonSignature } from '../core/decide/signatures.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Person } from '../model/review.ts';
import type { ExecutorPorts } from './ports.ts';

interface ReadVersion {
  readonly version: number;
  readonly inventory: Inventory;
  /** Computed here from the records, never taken from the database. */
  readonly digest: string;
}

/**
 * The version that was accepted last, by each executor. An inventory may hold 100,000 records and stands behind every act,
 * so its text is read once. Whose signature it bears is asked each time, of those who are administrators then.
 */
const acceptedLast = new WeakMap<ExecutorPorts, ReadVersion>();

async function readVersion(ports: ExecutorPorts, version: number): Promise<ReadVersion | undefined> {
  const last = acceptedLast.get(ports);
  if (last?.version === version) return last;
  const read = readInventory((await ports.readInventoryText(version)) ?? '');
  if (!read.ok || read.value.version !== String(version)) return undefined;
  return { version, inventory: read.value, digest: sealed('countersign/inventory/v1', read.value).digest };
}

/**
 * The newest inventory that an administrator signed (or the demo's own, whose digest genesis pins). Never one that is
 * older than what was accepted before: then there is none, and every target's class is unknown.
 */
export async function standingInventory(
  ports: ExecutorPorts,
  people: ReadonlyMap<Person['id'], Person>,
): Promise<Inventory | undefined> {
  for (const stored of await ports.readInventories()) {
    const read = await readVersion(ports, stored.version);
    if (read === undefined) continue;
    const { digest } = read;
    const isPinned = ports.genesis.inventoryDigest !== '' && digest === ports.genesis.inventoryDigest;
    if (!isPinned && !(await isSignedByAdministrator(ports, people, stored.signature, digest))) continue;
    if (stored.version < ports.inventoryVersion()) return undefined;
    if (stored.version > ports.inventoryVersion()) ports.keepInventoryVersion(stored.version);
    acceptedLast.set(ports, read);
    return read.inventory;
  }
  return undefined;
}

type Signature = Parameters<typeof checkPersonSignature>[0];

async function isSignedByAdministrator(
  ports: ExecutorPorts,
  people: ReadonlyMap<Person['id'], Person>,
  signature: Signature | null,
  digest: string,
): Promise<boolean> {
  if (signature === null) return false;
  // Signed by an administrator of that day: that they left or have another passkey now takes nothing back.
  if (ports.wasAccepted(digest)) return true;
  const rules = { rpId: ports.genesis.rpId, origin: ports.genesis.origin, isDemo: ports.genesis.demo };
  for (const person of people.values()) {
    const may = authorise(ports.housePolicy().set, principalOf(person), 'sign_inventory', {
      signedWith: signature.kind,
    });
    if (!may.isAllowed) continue;
    const checked = await checkPersonSignature(signature, digest, person.credentials, rules, ports.verify);
    if (!checked.ok) continue;
    ports.noteAccepted(digest);
    return true;
  }
  return false;
}

/** Who signs in whose stead now, by the signatures of those in whose stead it is. */
export async function standingStandIns(
  ports: ExecutorPorts,
  people: ReadonlyMap<Person['id'], Person>,
): Promise<readonly StandIn[]> {
  const { installation, rpId, origin, demo } = ports.genesis;
  const rules = { rpId, origin, isDemo: demo };
  return standingDelegations(installation, await ports.readDelegations(), people, ports.now(), rules, ports.verify);
}

/**
 * Whether the kill switch is on. Anybody's `on` counts, signed or not, because stopping is always safe; an `off` counts
 * only with an administrator's signature over exactly that step, so the server alone cannot lift it.
 */
export async function isStopped(ports: ExecutorPorts, people: ReadonlyMap<Person['id'], Person>): Promise<boolean> {
  const settings = await ports.readKillSwitch();
  for (const setting of settings) {
    if (setting.isOn) return true;
    const read = readKillSwitch(setting.statement);
    if (!read.ok || setting.signature.kind === 'none') continue;
    const { isOn, seq, installation, expiresAt } = read.value;
    const isAboutThis = isOn === 'no' && seq === String(setting.seq) && installation === ports.genesis.installation;
    const until = parseTime(expiresAt);
    if (!isAboutThis || until === undefined || setting.at > until) continue;
    if (
      await isSignedByAdministrator(
        ports,
        people,
        setting.signature,
        sealed('countersign/kill-switch/v1', read.value).digest,
      )
    )
      return false;
  }
  // Only so many are read. Where none of them counts, the `on` that they may hide is taken to be there.
  return settings.length > 0;
}
