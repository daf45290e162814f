import assert from 'node:assert/strict';
import { z } from 'zod';
import { D3FEND_TACTICS } from '../core/act/d3fend.ts';
import { remediationActivity } from '../core/act/remediation.ts';
import { type Check, executed, planned } from './calls.ts';

const TACTICS = Object.keys(D3FEND_TACTICS) as readonly (keyof typeof D3FEND_TACTICS)[];
const CLASS_UID = 7_001;
const TEXT = z.string().min(1);
const TIME = z.int().min(0);

/**
 * The part of OCSF 1.6 that an act of ours fills: class Remediation Activity (7001), with what the schema requires required,
 * its enumerations closed, and no member that it does not have. https://schema.ocsf.io/1.6.0/classes/remediation_activity
 */
export const REMEDIATION_ACTIVITY = z
  .strictObject({
    activity_id: z.literal([1, 2, 3, 4, 99]),
    activity_name: z.enum([...TACTICS, 'Other']),
    category_uid: z.literal(7),
    category_name: z.literal('Remediation'),
    class_uid: z.literal(CLASS_UID),
    class_name: z.literal('Remediation Activity'),
    type_uid: z.int(),
    type_name: TEXT,
    time: TIME,
    start_time: TIME.optional(),
    end_time: TIME.optional(),
    duration: TIME.optional(),
    severity_id: z.literal([1, 3]),
    severity: z.enum(['Informational', 'Medium']),
    status_id: z.literal([0, 1, 2, 4]),
    status: z.enum(['Unknown', 'Success', 'Failure', 'Partial']),
    status_code: TEXT,
    status_detail: z.string(),
    message: TEXT,
    command_uid: TEXT,
    countermeasures: z
      .tuple([
        z.strictObject({
          d3f_tactic: z.strictObject({ name: z.enum(TACTICS) }),
          d3f_technique: z.strictObject({ uid: z.string().regex(/^D3-[A-Z0-9]+$/), name: TEXT }),
          version: TEXT,
        }),
      ])
      .optional(),
    remediation: z.strictObject({ desc: TEXT }),
    metadata: z.strictObject({
      version: z.literal('1.6.0'),
      product: z.strictObject({ name: z.literal('Countersign'), version: TEXT }),
      log_name: TEXT,
      uid: TEXT,
      correlation_uid: TEXT,
      sequence: z.int().min(0),
    }),
    observables: z.tuple([
      z.strictObject({ name: TEXT, type_id: z.literal(10), type: z.literal('Resource UID'), value: TEXT }),
    ]),
    unmapped: z.record(TEXT, z.string()),
  })
  .refine(event => event.type_uid === CLASS_UID * 100 + event.activity_id, 'the type is that of class and activity')
  .refine(
    ({ activity_id, countermeasures }) => (activity_id === 99) === (countermeasures === undefined),
    'an activity is told with its technique',
  );

export const A18: Check = {
  title: 'A18 what was done is told as a valid OCSF Remediation Activity',
  async run(target, responder) {
    const from = Date.now();
    const plan = await planned(target, responder);
    const receipt = await executed(target, responder, plan);
    const operation = responder.manifest.operations.find(({ name }) => name === plan.operation);
    assert.ok(operation !== undefined, 'what was planned is an operation of the manifest');
    const event = remediationActivity({
      execution: 'exe_kit',
      proposal: 'prp_kit',
      actDigest: plan.digest,
      idempotencyKey: 'kit',
      operation,
      plan,
      receipt,
      conclusion: 'succeeded',
      because: '',
      concludedAt: receipt.endedAt,
      logIndex: 0,
      productVersion: '0.0.0',
    });
    const read = REMEDIATION_ACTIVITY.safeParse(JSON.parse(JSON.stringify(event)));
    assert.ok(read.success, `it is valid: ${read.success ? '' : z.prettifyError(read.error)}`);
    assert.ok(
      from <= receipt.startedAt && receipt.startedAt <= receipt.endedAt && receipt.endedAt <= Date.now(),
      'the times of the receipt are those of the act',
    );
    const isTold = read.data.countermeasures?.[0].d3f_technique.uid === operation.d3fend;
    assert.ok(isTold || operation.d3fend === 'none', `${operation.d3fend} is a technique of D3FEND that is known`);
  },
};
