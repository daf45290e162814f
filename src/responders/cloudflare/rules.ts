import { isIP, isIPv4 } from 'node:net';
import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import type { CloudflareSettings } from './config.ts';
import { BLOCK, UNBLOCK } from './manifest.ts';

/** By which people at Cloudflare's own pages see whose rule it is. */
const NOTES = 'Blocked by Countersign, by a signed proposal.';

/** An address has one way to be written, and that alone is taken: two texts never mean the same target. */
function isAddress(text: string): boolean {
  const family = isIP(text);
  if (family === 0 || text.includes('%') || text.startsWith('::ffff:')) return false;
  const written = family === 4 ? text : new URL(`http://[${text}]`).hostname.slice(1, -1);
  return written === text;
}

export function ruleOperations(settings: CloudflareSettings): readonly VendorOperation[] {
  const rules = `/accounts/${settings.account}/firewall/access_rules/rules`;
  const row = {
    rests: ['rule.mode'],
    isSeen: 'afterwards',
    unknown: ['Who else comes from this address.', 'Whether whoever came from it comes from another one by now.'],
    canBeId: isAddress,
    look: (client, target) => lookAt(settings, rules, client, target),
  } as const satisfies Partial<VendorOperation>;
  return [
    {
      ...row,
      operation: BLOCK,
      to: { 'rule.blocks': 'yes' },
      sideEffects: ['Everybody who comes from this address is blocked from all zones of the account.'],
      unproven: 'Whether requests from there are refused by now, Cloudflare does not tell.',
      async write(client, { immutableId }) {
        const configuration = { target: isIPv4(immutableId) ? 'ip' : 'ip6', value: immutableId };
        await client.change('POST', rules, { mode: 'block', configuration, notes: NOTES });
      },
    },
    {
      ...row,
      operation: UNBLOCK,
      to: { 'rule.blocks': 'no' },
      undoneIf: { path: 'rule.id' },
      sideEffects: [],
      unproven: 'Whether requests from there get through again, Cloudflare does not tell.',
      write: async (client, { values }) => void (await client.change('DELETE', `${rules}/${values['rule.id'] ?? ''}`)),
    },
  ];
}

const RULE_ID = /^[0-9a-f]{32}$/;

async function lookAt(
  { never }: CloudflareSettings,
  rules: string,
  client: VendorClient,
  target: Parameters<VendorOperation['look']>[1],
): Promise<Seen | undefined> {
  const address = 'name' in target ? target.name : target.immutableId;
  if (!isAddress(address)) return undefined;
  const family = isIPv4(address) ? 'ip' : 'ip6';
  const query = new URLSearchParams({ 'configuration.target': family, 'configuration.value': address, match: 'all' });
  const listed = listOf(asMembers(await client.get(`${rules}?${query}`)).get('result')).map(asMembers);
  const rule = listed.find(one => asText(asMembers(one.get('configuration')).get('value')) === address);
  const [id, mode] = [asText(rule?.get('id')), rule === undefined ? 'none' : asText(rule.get('mode'))];
  if (rule !== undefined && !RULE_ID.test(id)) return undefined;
  const isOurs = never.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  return {
    immutableId: address,
    facts: {
      displayName: address,
      isPrivileged: 'no',
      isMachine: 'unknown',
      isLastAdministrator: false,
      isOwnIdentity: isOurs,
    },
    values: {
      'rule.blocks': mode === 'block' ? 'yes' : 'no',
      'rule.id': id === '' ? 'none' : id,
      'rule.mode': mode,
    },
    dependents: ['every zone of the account', ...(rule === undefined ? [] : [`a rule for it: ${mode}`])],
    refusals: ['none', 'block'].includes(mode)
      ? []
      : [{ reason: 'not_settled', text: `Somebody made another rule for it, which stays: ${mode}.` }],
  };
}
