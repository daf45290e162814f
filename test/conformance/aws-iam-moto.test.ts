import { randomUUID } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeNow } from '../../src/app/context.ts';
import { createCapability, secretOf } from '../../src/executor/capability.ts';
import type { Plan, ResponderContext, SystemConfig } from '../../src/ports/responder.ts';
import { action, textOf } from '../../src/responders/aws-iam/iam.ts';
import { awsIam } from '../../src/responders/aws-iam/responder.ts';
import { freePort } from './free-port.ts';
import { NOT_IN_THIS_LANE, notHere, startServer } from './server-process.ts';

/*
 * moto is somebody else's simulation of AWS: it shows that requests are of the form that another reader of IAM's model takes,
 * and the state that they leave. That anything is denied by it, it does not show: a key that is inactive goes on
 * signing there. So nothing here is about containment.
 */
const NO_MOTO = NOT_IN_THIS_LANE ?? notHere('moto_server', 'none; from PyPI: moto[server]');

const CREDENTIAL = 'AKIAADMINADMINADMIN1:canary-of-the-administrator';
const VICTIM = 'c.victim';
const ROLE = 'deployer';

interface Case {
  readonly title: string;
  readonly for: string;
  readonly contain: string;
  readonly release: string;
  readonly targetName: () => string;
  /** What an administrator reads: of what is contained, and of what is let go. */
  readonly state: () => Promise<string>;
  readonly states: readonly [contained: string, free: string];
}

describe.skipIf(NO_MOTO !== undefined)(
  `aws-iam against moto, form and state alone${NO_MOTO === undefined ? '' : ` (skipped: ${NO_MOTO})`}`,
  () => {
    let url: string;
    let server: { stop(): Promise<void> };
    let keyId: string;

    beforeAll(async () => {
      const port = await freePort();
      url = `http://127.0.0.1:${port}`;
      server = await startServer('moto_server', ['-H', '127.0.0.1', '-p', String(port)], port);
      for (const name of [VICTIM, 'countersign-read', 'countersign-write']) await ask('CreateUser', { UserName: name });
      keyId = textOf(await ask('CreateAccessKey', { UserName: VICTIM }), 'AccessKeyId');
      await ask('CreateRole', {
        RoleName: ROLE,
        AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [] }),
      });
    }, 60_000);
    afterAll(() => server?.stop());

    async function ask(name: string, parameters: { readonly [name: string]: string } = {}): Promise<string> {
      const [accessKeyId = '', secretAccessKey = ''] = CREDENTIAL.split(':');
      const request = { method: 'POST', url: `${url}/`, body: action(name, parameters).slice('/?'.length) };
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
      const signer = new AwsV4Signer({
        ...request,
        headers,
        accessKeyId,
        secretAccessKey,
        service: 'iam',
        region: 'us-east-1',
      });
      const signed = await signer.sign();
      const answer = await fetch(request.url, { method: 'POST', headers: signed.headers, body: request.body });
      return await answer.text();
    }

    const policyOf = async (word: 'User' | 'Role', name: string) => {
      const text = await ask(`Get${word}Policy`, { [`${word}Name`]: name, PolicyName: 'CountersignDenyAll' });
      return /"?Effect"?[^a-zA-Z]+Deny/.test(decodeURIComponent(textOf(text, 'PolicyDocument'))) ? 'denied' : 'none';
    };

    const cases: readonly Case[] = [
      {
        title: 'an access key',
        for: 'access-keys',
        contain: 'deactivate-key',
        release: 'activate-key',
        targetName: () => keyId,
        state: async () => textOf(await ask('ListAccessKeys', { UserName: VICTIM }), 'Status'),
        states: ['Inactive', 'Active'],
      },
      {
        title: 'a user',
        for: 'users',
        contain: 'deny-user',
        release: 'allow-user',
        targetName: () => VICTIM,
        state: () => policyOf('User', VICTIM),
        states: ['denied', 'none'],
      },
      {
        title: 'a role',
        for: 'roles',
        contain: 'deny-role',
        release: 'allow-role',
        targetName: () => ROLE,
        state: () => policyOf('Role', ROLE),
        states: ['denied', 'none'],
      },
    ];

    const context: ResponderContext = {
      now: nodeNow,
      readCredential: async () => secretOf(CREDENTIAL),
      probeCredential: undefined,
      timeoutMs: 5_000,
    };
    const act = (plan: Plan, system: SystemConfig) =>
      awsIam.execute(
        plan,
        system,
        createCapability({
          actDigest: '0'.repeat(64),
          idempotencyKey: randomUUID(),
          open: async () => secretOf(CREDENTIAL),
          stillAllowed: async () => true,
        }),
        context,
      );

    test.each(cases)(
      '$title is contained and let go again, as an administrator sees, and no effect is claimed',
      async one => {
        const system: SystemConfig = {
          responder: 'aws-iam',
          system: 'moto',
          settings: { url, for: one.for, readUser: 'countersign-read', writeUser: 'countersign-write' },
        };
        const plan = await awsIam.plan(
          { operation: one.contain, target: { name: one.targetName() }, before: undefined },
          system,
          context,
        );
        if (!plan.ok) throw new Error(plan.failure.detail);
        expect(plan.value.refusals).toEqual([]);
        const done = await act(plan.value, system);
        expect(done).toMatchObject({ outcome: 'applied' });
        expect(await one.state()).toBe(one.states[0]);
        expect(await awsIam.observe(plan.value, system, context)).toMatchObject({
          value: { state: 'in_effect', effect: 'unproven' },
        });
        const { immutableId } = plan.value.target;
        const undo = await awsIam.plan(
          { operation: one.release, target: { immutableId }, before: done.before },
          system,
          context,
        );
        if (!undo.ok) throw new Error(undo.failure.detail);
        expect(undo.value.refusals).toEqual([]);
        expect(await act(undo.value, system)).toMatchObject({ outcome: 'applied' });
        expect(await one.state()).toBe(one.states[1]);
      },
    );
  },
);
