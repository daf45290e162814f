import type { Contract, Schema } from './contract.ts';
import { list, object, oneOf, operation, orNull, TEXT, TIME, WHOLE } from './slice-words.ts';

const MODE = oneOf('block', 'challenge', 'whitelist', 'js_challenge', 'managed_challenge');
const TARGET = oneOf('ip', 'ip6', 'ip_range', 'asn', 'country');
const CONFIGURATION = object({ target: TARGET, value: TEXT }, ['target', 'value']);
const RULE = object(
  { id: { type: 'string', maxLength: 32 }, mode: MODE, configuration: CONFIGURATION, notes: TEXT, created_on: TIME },
  ['id', 'mode', 'configuration'],
);
const NOTES = list(object({ code: WHOLE, message: TEXT }, ['code', 'message']));
const envelope = (result: Schema, success: boolean) =>
  object({ result, success: { enum: [success] }, errors: NOTES, messages: NOTES }, ['success', 'errors', 'messages']);
const NO = envelope(orNull(object({})), false);
const RULES = '/accounts/{account_id}/firewall/access_rules/rules';
const READ = ['Account Firewall Access Rules Read', 'Account Firewall Access Rules Write'];
const ERRORS = { '400': NO, '403': NO, '404': NO, '429': NO };

/** What is used of Cloudflare's API, by hand. The document names by `x-api-token-group` which permissions suffice. */
export const CLOUDFLARE_CONTRACT: Contract = {
  source: 'cloudflare/api-schemas, openapi.json: IP Access rules for an account',
  operations: [
    operation(
      `GET ${RULES}`,
      READ,
      { '200': envelope(list(RULE), true), ...ERRORS },
      {
        query: {
          'configuration.target': TARGET,
          'configuration.value': TEXT,
          match: oneOf('any', 'all'),
          mode: MODE,
          page: WHOLE,
          per_page: WHOLE,
        },
      },
    ),
    operation(
      `POST ${RULES}`,
      READ.slice(1),
      { '200': envelope(RULE, true), ...ERRORS },
      {
        body: object({ mode: MODE, configuration: CONFIGURATION, notes: TEXT }, ['mode', 'configuration']),
      },
    ),
    operation(`DELETE ${RULES}/{rule_id}`, READ.slice(1), { '200': envelope(object({ id: TEXT }), true), ...ERRORS }),
  ],
};
