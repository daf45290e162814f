import { z } from 'zod';
import { bytesToHex, sha256, utf8 } from '../../../../base/bytes.ts';
import type { KindId } from '../../../../model/kind.ts';
import type { INCIDENT_PARTS } from '../../../../model/playbook.ts';

/** Under this name our own members stand in a CACAO document, as its section on extensions provides. */
export const EXTENSION = 'extension-definition--c0e7e4f5-3a0c-4f0e-9d3b-6b1f2a7c9e10';
/** The type of a command that names a kind of response of ours. */
export const OWN_COMMAND = 'countersign';
export const SPEC_VERSION = 'cacao-2.0';

/** Longer documents, and ones of more steps, are refused. */
export const CACAO_CHARS_MAX = 1_000_000;
const STEPS_MAX = 2_000;

const ID = z.string().min(1).max(200);
const COMMAND = z.looseObject({
  type: z.string().max(100),
  command: z.string().max(10_000).optional(),
  content: z.string().max(100_000).optional(),
});

/** One step of a workflow. Members that we do not know say nothing about where it goes on, and are left out. */
const STEP = z.looseObject({
  type: z.enum([
    'start',
    'end',
    'action',
    'playbook-action',
    'parallel',
    'if-condition',
    'while-condition',
    'switch-condition',
  ]),
  name: z.string().max(300).optional(),
  on_completion: ID.optional(),
  on_success: ID.optional(),
  on_failure: ID.optional(),
  commands: z.array(COMMAND).max(50).optional(),
  playbook_id: ID.optional(),
  next_steps: z.array(ID).max(16).optional(),
  condition: z.string().max(2_000).optional(),
  on_true: ID.optional(),
  on_false: ID.optional(),
  step_extensions: z.record(z.string(), z.unknown()).optional(),
});
export type CacaoStep = z.infer<typeof STEP>;

const SIGNATURE = z.looseObject({
  related_to: ID.optional(),
  related_version: z.string().optional(),
  revoked: z.boolean().optional(),
  valid_from: z.string().optional(),
  valid_until: z.string().optional(),
});

/** A CACAO 2.0 playbook, as far as it is read. */
export const CACAO = z.looseObject({
  type: z.literal('playbook'),
  spec_version: z.literal(SPEC_VERSION),
  id: ID,
  name: z.string().min(1).max(300),
  modified: z.string(),
  revoked: z.boolean().optional(),
  valid_from: z.string().optional(),
  valid_until: z.string().optional(),
  workflow_start: ID,
  workflow_exception: ID.optional(),
  workflow: z
    .record(ID, STEP)
    .refine(workflow => Object.keys(workflow).length <= STEPS_MAX, `has more than ${STEPS_MAX} steps`),
  signatures: z.array(SIGNATURE).max(20).optional(),
  playbook_extensions: z.record(z.string(), z.unknown()).optional(),
});
export type Cacao = z.infer<typeof CACAO>;

/** What an OpenC2 command asks for, as a kind of response. What is not here is unknown, and an unknown command is blocked. */
export const OPENC2_KINDS: readonly {
  readonly action: string;
  readonly target: string;
  readonly kind: KindId;
  readonly part: (typeof INCIDENT_PARTS)[number];
}[] = [
  { action: 'contain', target: 'device', kind: 'isolate_host', part: 'host' },
  { action: 'deny', target: 'ipv4_net', kind: 'block_indicator', part: 'address' },
  { action: 'deny', target: 'ipv6_net', kind: 'block_indicator', part: 'address' },
  { action: 'deny', target: 'domain_name', kind: 'block_indicator', part: 'domain' },
  { action: 'contain', target: 'email_addr', kind: 'quarantine_mail', part: 'mail' },
];

/** An id of the form that CACAO wants, the same for the same words. */
export function idOf(type: string, words: string): string {
  const hex = bytesToHex(sha256(utf8(`${type}\n${words}`)));
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return `${type}--${uuid}`;
}
