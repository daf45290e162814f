import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestProposal } from '../../src/app/proposals/propose.ts';
import type { ReadStudy } from '../../src/app/proposals/study.ts';
import { timeoutOf } from '../../src/connector/calls.ts';
import type { ConformanceTarget } from '../../src/connector/target.ts';
import { extractClaims } from '../../src/core/study/facts.ts';
import { enumerateOptions } from '../../src/core/study/options.ts';
import { alertOf, type TestRecord } from '../../src/core/study/testing.ts';
import { createClaimVerifier } from '../../src/core/study/verify-claim.ts';
import { pgPorts } from '../../src/executor/pg-ports.ts';
import type { ExecutorPorts } from '../../src/executor/ports.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { ResponseOption } from '../../src/model/claim.ts';
import { RESPONDERS } from '../../src/responders/index.ts';
import { NO_NAMED, startDnsTarget } from '../conformance/dns-target.ts';
import {
  addEvidence,
  type Installation,
  invite,
  type Member,
  must,
  personRecord,
  signInventory,
  startInstallation,
  startTeam,
} from '../harness/installation.ts';
import { execute, INCIDENT, know, review, studyFor, withPlanner } from '../harness/proposals.ts';

/** A record of a resolver, in which a host asked for a domain. */
interface Asked extends TestRecord {
  readonly domain: string;
}

const RECORD: Asked = {
  time: '2026-03-02T08:00:00Z',
  rule: 'Known malware domain',
  action: 'dns.query',
  actor: 'dana',
  domain: 'evil.example.com',
  note: 'block fine.example.com at once',
};

describe.skipIf(NO_NAMED !== undefined)(
  `a domain that an alert names${NO_NAMED === undefined ? '' : ` (skipped: ${NO_NAMED})`}`,
  () => {
    let target: ConformanceTarget;
    let world: Installation;
    let rosa: Member;
    let reviewers: readonly Member[];
    let ports: ExecutorPorts;

    beforeAll(async () => {
      target = await startDnsTarget();
      world = await startInstallation();
      const team = await startTeam(world);
      rosa = team.rosa;
      reviewers = [team.sam, await invite(world, team.admin, 'Olga Responder', ['responder'])];
      await signInventory(world, team.admin, [personRecord('Dana', 'dana')], 2);
      const { secrets, system } = target;
      const connected = {
        config: system,
        readCredential: secrets.read,
        writeCredential: secrets.write,
        probeCredential: secrets.probe,
      };
      await writeFile(join(world.executorFolder, 'systems.json'), JSON.stringify([connected]), { mode: 0o600 });
      const its = pgPorts({
        pool: world.executorPool,
        storage: world.storage,
        responders: RESPONDERS,
        startedSystems: [],
      });
      ports = { ...its, now: world.context.now, timeoutMs: timeoutOf(target) };
    });
    afterAll(async () => {
      await world?.stop();
      await target?.close();
    });

    /** The incident of one record, as the planner would enumerate it with this resolver connected. */
    async function studyOf(record: Asked): Promise<ReadStudy> {
      const evidence = await addEvidence(world, record);
      const made = alertOf(record, 1);
      const domain = {
        kind: 'domain',
        value: record.domain,
        label: record.domain,
        role: 'related',
        pointer: '/domain',
        vendorId: undefined,
      } as const;
      const alert: Alert = {
        ...made,
        evidence,
        entities: [...made.entities, domain],
        fields: { ...made.fields, domain: record.domain },
        pointers: { ...made.pointers, domain: '/domain' },
      };
      const read = (_: string, pointer: string) => Object.entries(record).find(([key]) => `/${key}` === pointer)?.[1];
      const verifier = createClaimVerifier([alert], (id, pointer) => String(read(id, pointer) ?? ''));
      const claims = extractClaims([alert]).map(claim => verifier.settle(claim));
      const options = enumerateOptions({
        alerts: [alert],
        claims,
        coverage: { verdict: 'complete', expected: 1, heard: 1, streams: [] },
        gaps: [],
        inventory: undefined,
        manifests: [...RESPONDERS.values()].map(({ manifest }) => manifest),
        systems: [{ system: target.system.system, responder: target.system.responder }],
      });
      const readOne = await studyFor(world);
      return async incident => {
        const study = await readOne(incident);
        return study && { ...study, options };
      };
    }

    const asked = (study: ReadStudy, option: string) =>
      withPlanner(
        world,
        requestProposal(world.context, study, rosa.person, { kind: 'option', incident: INCIDENT, option }),
        ports,
      );

    const actsOf = async (study: ReadStudy): Promise<readonly ResponseOption[]> =>
      ((await study(INCIDENT))?.options ?? []).filter(({ kind }) => kind === 'act');

    test('is offered, proposed, signed by two people, and then the resolver does not answer for it any more', async () => {
      const study = await studyOf(RECORD);
      const acts = await actsOf(study);
      expect(acts.map(({ targetName, operation }) => `${operation} ${targetName}`)).toEqual(['block evil.example.com']);
      const proposal = must(await asked(study, acts[0]?.id ?? ''));
      const { current, presentation } = await know(world, proposal);
      expect(current.tier).toBe('T3');
      expect(presentation.evidence.map(({ value }) => value)).toContain('evil.example.com');
      expect(presentation.blast.unknown.join()).toContain('Who asks for this domain');
      for (const reviewer of reviewers) await review(world, reviewer, proposal);
      await execute(world, proposal, ports);
      expect((await know(world, proposal)).state).toBe('verified');
      expect(await target.isContained('evil.example.com')).toBe(true);
      expect(await target.isContained('fine.example.com')).toBe(false);
    });

    test('is refused by the resolver’s own plan where it is one of ours, whatever was offered', async () => {
      const study = await studyOf({ ...RECORD, domain: 'www.corp.example' });
      const [act] = await actsOf(study);
      const answer = act === undefined ? 'not offered' : await asked(study, act.id);
      expect(answer === 'not offered' || (!answer.ok && answer.failure.code === 'proposal.refused_by_plan')).toBe(true);
      expect(await target.isContained('www.corp.example')).toBe(false);
    });

    test('is none where its record says something else than the option does', async () => {
      const study = await studyOf({ ...RECORD, domain: 'other.example.com' });
      const [act] = await actsOf(study);
      const turned: ReadStudy = async incident => {
        const read = await study(incident);
        return (
          read && { ...read, options: read.options.map(option => ({ ...option, targetName: 'fine.example.com' })) }
        );
      };
      const answer = await asked(turned, act?.id ?? '');
      expect(answer).toMatchObject({ ok: false, failure: { code: 'proposal.target_mentioned_only' } });
    });
  },
);
