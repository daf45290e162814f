/**
 * The kinds of response that there are. A closed list: what is of no kind is never done. Each has its least tier in
 * `src/core/decide/kinds.ts` and its words in `src/core/study/catalogue`.
 */
export const KIND_IDS = [
  'disable_account',
  'enable_account',
  'revoke_sessions',
  'reset_mfa',
  'reset_password',
  'grant_role',
  'revoke_role',
  'rotate_key',
  'delete_key',
  'isolate_host',
  'release_host',
  'block_indicator',
  'unblock_indicator',
  'stop_workload',
  'start_workload',
  'change_firewall_rule',
  'quarantine_mail',
  'restore_mail',
  'close_incident',
  'reopen_incident',
  'close_ticket',
  'reopen_ticket',
  'suppress_rule',
  'unsuppress_rule',
  'ticket',
  'comment',
  'tag',
  'notify',
  'choose_prompt',
  'change_policy',
  'call_tool',
  'adopt_tools',
  'adopt_playbook',
] as const;

/** One kind of response. */
export type KindId = (typeof KIND_IDS)[number];
