import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText } from '../shared/http/vendor-http.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import { PAGERDUTY_ID, type PagerdutySettings } from './config.ts';
import { RESOLVE } from './manifest.ts';

export function incidentOperations(settings: PagerdutySettings): readonly VendorOperation[] {
  return [
    {
      operation: RESOLVE,
      to: { 'incident.status': 'resolved' },
      rests: ['incident.alerts', 'incident.service', 'incident.statusChanged', 'incident.title'],
      isSeen: 'afterwards',
      unknown: [
        'Which webhooks, extensions and workflows start when it is resolved.',
        'Whether what it was opened for has ended: PagerDuty believes whoever resolves it.',
      ],
      sideEffects: ['All its alerts are resolved with it.', 'Nobody is paged about it any more.'],
      unproven: 'Whether people and automation elsewhere take it for done, PagerDuty does not tell.',
      canBeId: id => PAGERDUTY_ID.test(id),
      look: (client, target) => lookAt(settings, client, target),
      async write(client, { immutableId }) {
        const incident = { type: 'incident_reference', status: 'resolved' };
        await client.change('PUT', `/incidents/${immutableId}`, { incident });
      },
    },
  ];
}

async function lookAt(
  { services }: PagerdutySettings,
  client: VendorClient,
  target: Parameters<VendorOperation['look']>[1],
): Promise<Seen | undefined> {
  const id = 'name' in target ? target.name : target.immutableId;
  if (!PAGERDUTY_ID.test(id)) return undefined;
  const incident = asMembers(asMembers(await client.get(`/incidents/${id}`)).get('incident'));
  if (asText(incident.get('id')) !== id) return undefined;
  const text = (member: string) => asText(incident.get(member));
  const [status, service] = [text('status'), asText(asMembers(incident.get('service')).get('id'))];
  if (status === '' || service === '') throw new NoAnswer('the answer is not in the form that was asked for');
  const alerts = asMembers(incident.get('alert_counts'));
  return {
    immutableId: id,
    facts: {
      displayName: id,
      title: text('title'),
      isPrivileged: 'no',
      isMachine: 'no',
      isLastAdministrator: false,
      isOwnIdentity: false,
      // An urgency that is not told ranks with the worst.
      marks: text('urgency') === 'low' ? [] : ['severe_incident'],
    },
    values: {
      'incident.status': status,
      'incident.title': text('title'),
      'incident.service': service,
      'incident.statusChanged': text('last_status_change_at'),
      'incident.alerts': asText(alerts.get('all')) || 'not told',
    },
    direct: [
      ...named(incident.get('assignments'), 'assignee').map(name => `assigned to ${name}`),
      ...named(incident.get('acknowledgements'), 'acknowledger').map(name => `taken on by ${name}`),
    ],
    dependents: [
      `service ${asText(asMembers(incident.get('service')).get('summary')) || service}`,
      `alerts that are open: ${asText(alerts.get('triggered')) || 'not told'}`,
      ...listed(incident.get('teams')).map(team => `team ${asText(team.get('summary'))}`),
    ],
    refusals: services.includes(service)
      ? []
      : [{ reason: 'not_expressible', text: 'It is of a service that was not named when the system was connected.' }],
  };
}

function listed(value: unknown): readonly ReadonlyMap<string, unknown>[] {
  return (Array.isArray(value) ? value : []).map(asMembers);
}

function named(value: unknown, who: string): readonly string[] {
  return listed(value).map(one => asText(asMembers(one.get(who)).get('summary')));
}
