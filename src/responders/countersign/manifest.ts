import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const CHOOSE_PROMPT: Operation = {
  name: 'choose-prompt',
  version: '1',
  title: 'Ask models with another version of a prompt',
  kind: 'choose_prompt',
  touches: 'own',
  targetType: 'prompt',
  reversibility: 'compensating',
  undo: 'return-to-prompt',
  residue: ['What was answered with this version stays in the records, under its name.'],
  d3fend: 'none',
  concurrencyControl: 'server-assertion',
  settleMs: 0,
};

const RETURN_TO_PROMPT: Operation = {
  ...CHOOSE_PROMPT,
  name: 'return-to-prompt',
  title: 'Ask models with the version of a prompt that was used before',
  undo: 'choose-prompt',
};

const CLOSE_INCIDENT: Operation = {
  name: 'close-incident',
  version: '1',
  title: 'Close an incident',
  kind: 'close_incident',
  touches: 'own',
  targetType: 'incident',
  reversibility: 'compensating',
  undo: 'reopen-incident',
  residue: ['Nobody looks at it in the queue while it is closed.'],
  d3fend: 'none',
  concurrencyControl: 'server-assertion',
  settleMs: 0,
};

const REOPEN_INCIDENT: Operation = {
  ...CLOSE_INCIDENT,
  name: 'reopen-incident',
  title: 'Open a closed incident again',
  kind: 'reopen_incident',
  undo: 'close-incident',
  residue: ['What was not looked at while it was closed was not looked at in time.'],
};

const ADOPT_POLICY: Operation = {
  name: 'adopt-policy',
  version: '1',
  title: 'Go by another policy',
  kind: 'change_policy',
  touches: 'own',
  targetType: 'policy',
  reversibility: 'compensating',
  undo: 'return-to-policy',
  residue: ['What was decided under it stays decided.', 'Whatever waits for signatures has to be signed again.'],
  d3fend: 'none',
  concurrencyControl: 'server-assertion',
  settleMs: 0,
};

const RETURN_TO_POLICY: Operation = {
  ...ADOPT_POLICY,
  name: 'return-to-policy',
  title: 'Go by the policy that was in force before',
  undo: 'adopt-policy',
};

const SUPPRESS_RULE: Operation = {
  name: 'suppress-rule',
  version: '1',
  title: 'Set aside the alerts of a rule for a while, where they name one entity',
  kind: 'suppress_rule',
  touches: 'own',
  targetType: 'rule',
  reversibility: 'compensating',
  undo: 'unsuppress-rule',
  residue: ['What was set aside meanwhile was not seen in time.'],
  d3fend: 'none',
  concurrencyControl: 'server-assertion',
  settleMs: 0,
};

const UNSUPPRESS_RULE: Operation = {
  ...SUPPRESS_RULE,
  name: 'unsuppress-rule',
  title: 'Let the alerts of a suppressed rule count again',
  kind: 'unsuppress_rule',
  undo: 'suppress-rule',
  residue: ['What was set aside stays set aside: it stands in a list of its own.'],
};

const ADOPT_TOOLS: Operation = {
  name: 'adopt-tools',
  version: '1',
  title: 'Let agents use these tools of a server',
  kind: 'adopt_tools',
  touches: 'own',
  targetType: 'upstream',
  reversibility: 'compensating',
  undo: 'return-to-tools',
  residue: ['What was called meanwhile stays called.'],
  d3fend: 'none',
  concurrencyControl: 'server-assertion',
  settleMs: 0,
};

const ADOPT_PLAYBOOK: Operation = {
  name: 'adopt-playbook',
  version: '1',
  title: 'Let a version of a playbook be run',
  kind: 'adopt_playbook',
  touches: 'own',
  targetType: 'playbook',
  reversibility: 'compensating',
  undo: 'return-to-playbook',
  residue: ['Runs that were started with it keep to it.'],
  d3fend: 'none',
  concurrencyControl: 'server-assertion',
  settleMs: 0,
};

const RETURN_TO_TOOLS: Operation = {
  ...ADOPT_TOOLS,
  name: 'return-to-tools',
  title: 'Let agents use the tools of a server that they could use before',
  undo: 'adopt-tools',
};

const RETURN_TO_PLAYBOOK: Operation = {
  ...ADOPT_PLAYBOOK,
  name: 'return-to-playbook',
  title: 'Let the version of a playbook be run that stood before, or none',
  undo: 'adopt-playbook',
};

/** What can be done to this installation itself. */
export const countersignManifest: ResponderManifest = {
  name: 'countersign',
  title: 'This installation',
  operations: [
    CHOOSE_PROMPT,
    RETURN_TO_PROMPT,
    CLOSE_INCIDENT,
    REOPEN_INCIDENT,
    ADOPT_POLICY,
    RETURN_TO_POLICY,
    SUPPRESS_RULE,
    UNSUPPRESS_RULE,
    ADOPT_TOOLS,
    RETURN_TO_TOOLS,
    ADOPT_PLAYBOOK,
    RETURN_TO_PLAYBOOK,
  ],
  scopes: {
    read: [
      'SELECT on own_effect, incident, alert, proposal, execution, execution_fact, policy_file, gateway_manifest and playbook_file',
    ],
    write: [
      'INSERT on own_effect',
      'SELECT on own_effect, incident, alert, proposal, execution, execution_fact, policy_file, gateway_manifest and playbook_file',
    ],
    forbidden: [
      'UPDATE, DELETE or TRUNCATE on own_effect',
      'INSERT on review, enrolment, inventory_version, revision or execution_fact',
      'membership in any other role',
    ],
  },
};

/** The operation of that name; undefined for one that is not ours. */
export function operationNamed(name: string): Operation | undefined {
  return countersignManifest.operations.find(operation => operation.name === name);
}
