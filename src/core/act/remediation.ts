import type { UnixMs } from '../../base/time.ts';
import type { Operation, Plan, Receipt } from '../../ports/responder.ts';
import { D3FEND_TACTICS, D3FEND_TECHNIQUES, D3FEND_VERSION } from './d3fend.ts';
import type { Conclusion } from './judge.ts';

/** The OCSF version whose names we write. */
const OCSF_VERSION = '1.6.0';

const CLASS_UID = 7_001;
const OTHER = 99;

/** What is to be told of one conclusion about one act. */
export interface ActTold {
  /** The execution's id. */
  readonly execution: string;
  readonly proposal: string;
  /** The digest that people signed. */
  readonly actDigest: string;
  readonly idempotencyKey: string;
  /** Undefined where this version no longer has the operation. */
  readonly operation: Pick<Operation, 'title' | 'd3fend'> | undefined;
  readonly plan: Pick<Plan, 'operation' | 'target' | 'facts'>;
  /** Undefined where the executor stopped between the intent and the answer. */
  readonly receipt: Pick<Receipt, 'outcome' | 'detail' | 'startedAt' | 'endedAt'> | undefined;
  readonly conclusion: Conclusion;
  readonly because: string;
  readonly concludedAt: UnixMs;
  /** Where the conclusion stands in the log: whoever has the log can check it there. */
  readonly logIndex: number;
  readonly productVersion: string;
}

/** `status_id` of class 7001 and its caption, and whether people should look: not every act that was done had its effect. */
const STATUS: {
  readonly [C in Conclusion]: { readonly id: number; readonly caption: string; readonly isGood: boolean };
} = {
  succeeded: { id: 1, caption: 'Success', isGood: true },
  verified: { id: 1, caption: 'Success', isGood: true },
  not_in_effect: { id: 4, caption: 'Partial', isGood: false },
  failed: { id: 2, caption: 'Failure', isGood: false },
  in_doubt: { id: 0, caption: 'Unknown', isGood: false },
};

const INFORMATIONAL = { id: 1, caption: 'Informational' };
const MEDIUM = { id: 3, caption: 'Medium' };

/** OCSF observable type ids (`observable.type_id`): a resource's id. */
const RESOURCE_UID = { id: 10, caption: 'Resource UID' };

/**
 * One conclusion about an act as OCSF Remediation Activity (class 7001, schema 1.6): what was done to what, as which technique of
 * D3FEND, and how it came out. `succeeded` says that the target shows the change, `verified` that whoever held the
 * access was seen to have lost it; both are `Success`, and `status_code` tells them apart.
 */
export function remediationActivity(act: ActTold) {
  const { operation, plan, receipt, conclusion } = act;
  const technique = D3FEND_TECHNIQUES.get(operation?.d3fend ?? '');
  const activity = technique === undefined ? OTHER : D3FEND_TACTICS[technique.tactic];
  const activityName = technique?.tactic ?? 'Other';
  const status = STATUS[conclusion];
  const severity = status.isGood ? INFORMATIONAL : MEDIUM;
  const title = operation?.title ?? plan.operation;
  return {
    activity_id: activity,
    activity_name: activityName,
    category_uid: 7,
    category_name: 'Remediation',
    class_uid: CLASS_UID,
    class_name: 'Remediation Activity',
    type_uid: CLASS_UID * 100 + activity,
    type_name: `Remediation Activity: ${activityName}`,
    time: act.concludedAt,
    ...(receipt === undefined
      ? {}
      : {
          start_time: receipt.startedAt,
          end_time: receipt.endedAt,
          duration: receipt.endedAt - receipt.startedAt,
        }),
    severity_id: severity.id,
    severity: severity.caption,
    status_id: status.id,
    status: status.caption,
    status_code: conclusion,
    status_detail: act.because === '' ? (receipt?.detail ?? '') : act.because,
    message: `${title}: ${plan.facts.displayName} at ${plan.target.system}`,
    command_uid: act.idempotencyKey,
    ...(technique === undefined || operation === undefined
      ? {}
      : {
          countermeasures: [
            {
              d3f_tactic: { name: technique.tactic },
              d3f_technique: { uid: operation.d3fend, name: technique.name },
              version: D3FEND_VERSION,
            },
          ],
        }),
    remediation: { desc: title },
    metadata: {
      version: OCSF_VERSION,
      product: { name: 'Countersign', version: act.productVersion },
      log_name: 'acts',
      uid: `${act.execution}/${act.logIndex}`,
      correlation_uid: act.execution,
      sequence: act.logIndex,
    },
    observables: [
      {
        name: 'unmapped.target',
        type_id: RESOURCE_UID.id,
        type: RESOURCE_UID.caption,
        value: plan.target.immutableId,
      },
    ],
    unmapped: {
      proposal: act.proposal,
      act_digest: act.actDigest,
      system: plan.target.system,
      target: plan.target.immutableId,
      target_type: plan.target.type,
      target_name: plan.facts.displayName,
      answered: receipt?.outcome ?? 'not_known',
    },
  };
}

export type RemediationActivity = ReturnType<typeof remediationActivity>;
