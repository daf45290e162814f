import type { ClaimKind } from './kind.ts';
import { opposite, saidAs } from './mutations.ts';
import { stated } from './stated.ts';

/** What went over the wire and through the mail, and what a control let through or not. */
export const NETWORK: readonly ClaimKind[] = [
  stated('net_connected', {
    // True of an attempt too: that somebody answered is another record's word.
    template: '[{source_ip}|{process}|a process] sent traffic[ to {destination_ip}][ on {host}]',
    noun: 'traffic',
    mutations: [saidAs('dns_queried', 'http_requested', 'blocked')],
  }),
  stated('dns_queried', {
    template: '[{who}|{source_ip}|{process}|a client] asked DNS[ for {domain}][ on {host}]',
    noun: 'question to DNS',
    own: [['domain', 'domain']],
    mutations: [saidAs('net_connected', 'http_requested')],
  }),
  stated('http_requested', {
    template: '[{source_ip} ]requested[ {url}][ from {host}]',
    noun: 'request of a page',
    own: [['domain', 'domain']],
    mutations: [saidAs('net_connected', 'dns_queried')],
  }),
  stated('email_received', {
    template: '[{who} ]received mail[ from {sender}]',
    noun: 'mail',
    mutations: [saidAs('email_clicked', 'forward_rule_set')],
  }),
  stated('email_clicked', {
    template: '[{who} ]followed a link in a mail[ from {sender}]',
    noun: 'click in a mail',
    mutations: [saidAs('email_received')],
  }),
  stated('forward_rule_set', {
    template: '[{who} ]set a mail rule[ for {object}]',
    noun: 'mail rule',
    isAct: true,
    mutations: [saidAs('email_received', 'role_assigned')],
  }),
  stated('blocked', {
    template: '[{rule} ]was blocked[ on {host}][ for {who}][ from {source_ip}]',
    noun: 'blocked activity',
    mutations: [opposite('allowed'), saidAs('detection_fired')],
  }),
  stated('allowed', {
    template:
      '"[{rule}|an unnamed rule]" fired and let it through[ on {host}][ for {who}][, target {object}][, from {source_ip}]',
    noun: 'activity that was let through',
    mutations: [opposite('blocked'), saidAs('detection_fired')],
  }),
  stated('ioc_matched', {
    template: '"[{rule}|an unnamed rule]" matched a known indicator[ on {host}][ for {who}][, from {source_ip}]',
    noun: 'match with an indicator',
    mutations: [saidAs('detection_fired', 'blocked')],
  }),
];
