import type { Contract, Schema } from './contract.ts';
import { list, object, oneOf, operation, TEXT, TIME, WHOLE } from './slice-words.ts';

const REFERENCE = object({ id: TEXT, type: TEXT, summary: TEXT }, ['id', 'type']);
const INCIDENT = object(
  {
    id: TEXT,
    type: TEXT,
    incident_number: WHOLE,
    title: TEXT,
    status: oneOf('triggered', 'acknowledged', 'resolved'),
    urgency: oneOf('high', 'low'),
    service: REFERENCE,
    last_status_change_at: TIME,
    alert_counts: object({ all: WHOLE, triggered: WHOLE, resolved: WHOLE }),
    assignments: list(object({ at: TIME, assignee: REFERENCE })),
    acknowledgements: list(object({ at: TIME, acknowledger: REFERENCE })),
    teams: list(REFERENCE),
  },
  ['id', 'type', 'status', 'service'],
);
const ERROR = object({ error: object({ code: WHOLE, message: TEXT, errors: list(TEXT) }) });
const ONE = object({ incident: INCIDENT }, ['incident']);
const UPDATE: Schema = object(
  {
    incident: {
      ...object({ type: oneOf('incident', 'incident_reference'), status: oneOf('resolved', 'acknowledged') }, ['type']),
      additionalProperties: false,
    },
  },
  ['incident'],
);
const NO = { '401': ERROR, '403': ERROR, '404': ERROR, '429': ERROR };

/** What is used of PagerDuty's REST API, by hand. Its scopes are named in its reference for each operation. */
export const PAGERDUTY_CONTRACT: Contract = {
  source: 'PagerDuty/api-schema, reference/REST/openapiv3.json, 2.0.0: getIncident and updateIncident',
  operations: [
    operation('GET /incidents/{id}', ['incidents.read'], { '200': ONE, '400': ERROR, ...NO }),
    operation('PUT /incidents/{id}', ['incidents.write'], { '200': ONE, ...NO }, { body: UPDATE }),
  ],
};
