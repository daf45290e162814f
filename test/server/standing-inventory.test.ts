import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { carryOut } from '../../src/executor/carry-out.ts';
import {
  type Installation,
  KNOWN_RECORDS,
  personRecord,
  signInventory,
  startInstallation,
  startTeam,
} from '../harness/installation.ts';
import { propose, review } from '../harness/proposals.ts';

describe('the inventory behind an act', () => {
  let world: Installation;
  let team: Awaited<ReturnType<typeof startTeam>>;
  /** Versions whose text the executor asked for. */
  const asked: number[] = [];

  beforeAll(async () => {
    world = await startInstallation();
    team = await startTeam(world);
  });
  afterAll(() => world.stop());

  const ports = () => ({
    ...world.ports,
    readInventoryText: (version: number) => {
      asked.push(version);
      return world.ports.readInventoryText(version);
    },
  });
  const approved = async (name: string) => {
    world.target.add({ id: `id-${name}`, name });
    const proposal = await propose(world, team.admin, { targetName: name });
    await review(world, team.rosa, proposal);
    return proposal;
  };

  test('is read once for each version, and a newer one is read before the next act', async () => {
    const executor = ports();
    const records = [...KNOWN_RECORDS, ...['app_a', 'app_b', 'app_c', 'app_d'].map(name => personRecord(name, name))];
    await signInventory(world, team.admin, records, 2);
    expect((await carryOut(await approved('app_a'), executor)).kind).toBe('concluded');
    expect((await carryOut(await approved('app_b'), executor)).kind).toBe('concluded');
    expect(asked).toEqual([2]);
    await signInventory(world, team.admin, records, 3);
    expect((await carryOut(await approved('app_c'), executor)).kind).toBe('concluded');
    expect(asked).toEqual([2, 3]);
  });

  test('that nobody signed is read and passed over, however often, and what was signed last stands', async () => {
    const executor = ports();
    asked.length = 0;
    await world.serverPool.query(
      `INSERT INTO inventory_version (tenant_id, version, body, digest, signature, by, at)
       SELECT tenant_id, 4, replace(body, '"version":"3"', '"version":"4"'), digest, signature, by, at FROM inventory_version WHERE version = 3`,
    );
    expect((await carryOut(await approved('app_d'), executor)).kind).toBe('concluded');
    expect(asked).toContain(4);
    expect(asked).toContain(3);
    expect(world.ports.inventoryVersion()).toBe(3);
  });
});
