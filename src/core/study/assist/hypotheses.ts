import { SEVERITY_RANK } from '../../../model/alert.ts';
import type { Hypothesis } from '../../../model/assist.ts';
import type { Predicate } from '../../../model/claim.ts';
import { HYPOTHESES, type HypothesisKind } from '../../../model/packet.ts';
import type { WeighedClaim } from './weigh-facts.ts';

/** What speaks for an explanation and what against it. One of a list is enough. */
interface Sign {
  readonly predicates?: readonly Predicate[];
  readonly tactics?: readonly string[];
  /** Beginnings of ATT&CK ids. */
  readonly techniques?: readonly string[];
  readonly isTampering?: true;
  /** High or critical. */
  readonly isGrave?: true;
  /** Only what somebody did that is neither, and stands for no tactic. That a product raised it is no sign of it. */
  readonly isEveryday?: true;
}

interface Weighing {
  readonly supports: Sign;
  readonly contradicts: Sign;
}

/** Access that somebody got. */
const GAINED: readonly Predicate[] = [
  'auth_succeeded',
  'role_assigned',
  'credential_created',
  'consent_granted',
  'mfa_changed',
];
/** Stages that no administrator goes through. */
const HOSTILE: readonly string[] = ['credential-access', 'command-and-control', 'exfiltration', 'impact'];
const STOPPED: Sign = { predicates: ['blocked'] };

/** By predicate, tactic and technique alone, so that no text of a record moves an explanation. */
const WEIGHINGS: { readonly [K in HypothesisKind]: Weighing } = {
  benign_administration: {
    supports: { isEveryday: true },
    contradicts: { isGrave: true, isTampering: true, tactics: HOSTILE },
  },
  benign_misconfiguration: {
    supports: { predicates: ['auth_failed', 'blocked'] },
    contradicts: { predicates: GAINED, isTampering: true, tactics: HOSTILE },
  },
  authorised_test: {
    supports: { tactics: ['reconnaissance', 'discovery'] },
    contradicts: { isTampering: true, tactics: ['exfiltration', 'impact'] },
  },
  account_takeover: {
    supports: {
      predicates: ['mfa_changed', 'consent_granted', 'forward_rule_set'],
      tactics: ['initial-access'],
      techniques: ['T1078', 'T1110', 'T1621'],
    },
    contradicts: STOPPED,
  },
  credential_theft: {
    supports: { tactics: ['credential-access'], techniques: ['T1003', 'T1528', 'T1552', 'T1555', 'T1558'] },
    contradicts: STOPPED,
  },
  malware_execution: {
    supports: { predicates: ['process_started', 'script_executed'], tactics: ['execution', 'command-and-control'] },
    contradicts: STOPPED,
  },
  lateral_movement: {
    supports: { tactics: ['lateral-movement'], techniques: ['T1021', 'T1550'] },
    contradicts: STOPPED,
  },
  data_theft: {
    supports: {
      predicates: ['storage_accessed', 'database_accessed'],
      tactics: ['collection', 'exfiltration'],
    },
    contradicts: STOPPED,
  },
  persistence: {
    supports: {
      predicates: ['service_installed', 'task_created', 'credential_created', 'forward_rule_set'],
      tactics: ['persistence'],
    },
    contradicts: STOPPED,
  },
  privilege_abuse: {
    supports: { predicates: ['role_assigned'], tactics: ['privilege-escalation'] },
    contradicts: STOPPED,
  },
  phishing: {
    supports: { predicates: ['email_received', 'email_clicked'], techniques: ['T1566', 'T1598'] },
    contradicts: STOPPED,
  },
  denial_of_service: { supports: { techniques: ['T1498', 'T1499'] }, contradicts: STOPPED },
  reconnaissance: {
    supports: { tactics: ['reconnaissance', 'discovery'], techniques: ['T1595', 'T1046'] },
    contradicts: { predicates: GAINED },
  },
};

/** Claims that one explanation names on each side, the most salient. */
export const RELATED_MAX = 24;

/** Explained by everyday work: weighed whether or not anything speaks for it. */
const ALWAYS: HypothesisKind = 'benign_administration';

/**
 * The explanations that something speaks for, with the verified claims for and against each; the benign one is always
 * among them. The same claims give the same, in any order.
 */
export function hypothesesOf(claims: readonly WeighedClaim[]): readonly Hypothesis[] {
  return HYPOTHESES.flatMap((kind): readonly Hypothesis[] => {
    const { supports, contradicts } = WEIGHINGS[kind];
    const idsOf = (sign: Sign): readonly string[] =>
      claims
        .filter(claim => shows(claim, sign))
        .slice(0, RELATED_MAX)
        .map(({ claim }) => claim.id);
    const speaking = idsOf(supports);
    if (speaking.length === 0 && kind !== ALWAYS) return [];
    const against = idsOf(contradicts).filter(id => !speaking.includes(id));
    return [{ kind, supports: speaking, contradicts: against, by: 'rules' }];
  });
}

function shows(weighed: WeighedClaim, sign: Sign): boolean {
  const { claim, tactics, techniques, isTampering } = weighed;
  const isGrave = SEVERITY_RANK[weighed.severity] >= SEVERITY_RANK.high;
  return (
    sign.predicates?.includes(claim.predicate) === true ||
    tactics.some(tactic => sign.tactics?.includes(tactic) === true) ||
    techniques.some(id => sign.techniques?.some(start => id.startsWith(start)) === true) ||
    (sign.isTampering === true && isTampering) ||
    (sign.isGrave === true && isGrave) ||
    (sign.isEveryday === true && !isGrave && isEveryday(weighed))
  );
}

/** What a product raised without saying what was done. */
const RAISED: readonly Predicate[] = ['detection_fired', 'ioc_matched'];

function isEveryday({ claim, tactics, isTampering, isBeside }: WeighedClaim): boolean {
  return !isTampering && !isBeside && tactics.length === 0 && !RAISED.includes(claim.predicate);
}
