import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { googleWorkspace } from './index.ts';

function alertOf(value: object) {
  const result = googleWorkspace.normalise(recordOfValue(value));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

const activity = (value: object, ...parameters: readonly object[]) =>
  alertOf({
    kind: 'admin#reports#activity',
    id: { time: '2026-03-02T00:00:00Z', uniqueQualifier: '1', applicationName: 'login', customerId: 'C1' },
    actor: { email: 'kim@example.com' },
    events: [{ type: 'login', name: 'login_success', parameters }],
    ...value,
  });

describe('googleWorkspace', () => {
  it('reads the same from parameters that are a list and from such as are an object', () => {
    const of = (parameters: unknown) =>
      activity({ events: [{ name: 'x', parameters }] }).entities.map(one => `${one.kind}:${one.role}:${one.value}`);
    const listed = of([
      { name: 'doc_id', value: 'd-1' },
      { name: 'target_user', value: 'lee@example.net' },
    ]);
    expect(listed).toEqual(['user:actor:kim@example.com', 'cloud_resource:target:d-1', 'user:target:lee@example.net']);
    expect(of({ doc_id: 'd-1', target_user: 'lee@example.net' })).toEqual(listed);
  });

  it('has no id where the qualifier or the time is missing, and another for another application', () => {
    const of = (id: object) => activity({ id }).vendorId;
    const id = { time: '2026-03-02T00:00:00Z', uniqueQualifier: '1', customerId: 'C1' };
    expect(of({ ...id, applicationName: 'login' })).toBe('login/C1/2026-03-02T00:00:00Z/1');
    expect(of({ ...id, applicationName: 'drive' })).not.toBe(of({ ...id, applicationName: 'login' }));
    expect(of({ ...id, uniqueQualifier: undefined, applicationName: 'login' })).toBeUndefined();
  });

  it.each([
    [{ email: 'kim@example.com' }, { kind: 'user' }],
    [{ email: 'a@b.iam.gserviceaccount.com' }, { kind: 'nhi', machine: 'service_account' }],
    [
      { callerType: 'KEY', key: 'consumer-1' },
      { kind: 'access_key', machine: 'key', value: 'consumer-1' },
    ],
  ])('names who called: %j', (actor, expected) => {
    expect(activity({ actor }).entities[0]).toMatchObject({ role: 'actor', ...expected });
  });

  it.each([
    ['login_success', 'success'],
    ['login_failure', 'failure'],
    ['saml_login_failure', 'failure'],
    ['logout', undefined],
  ])('takes the event %s for the outcome %s', (name, outcome) => {
    expect(activity({ events: [{ name }] }).fields.outcome).toBe(outcome);
  });

  it('takes no title of a document and no parameter that is not known to name something', () => {
    const alert = activity(
      {},
      { name: 'doc_title', value: 'lee@example.net' },
      { name: 'note', value: 'a@example.org' },
    );
    expect(alert.entities.map(one => one.value)).toEqual(['kim@example.com']);
  });

  it('says the kind of an app that is given access, and keeps its client id', () => {
    const alert = activity({}, { name: 'app_name', value: 'Sorter' }, { name: 'client_id', value: 'c-1' });
    expect(alert.entities[1]).toMatchObject({ kind: 'nhi', machine: 'service_principal', vendorId: 'c-1' });
  });

  it('has the account that an alert is about for the target, and the one that broke a rule for the actor', () => {
    const of = (data: object) =>
      alertOf({ alertId: 'a', source: 's', type: 't', createTime: '2026-03-02T00:00:00Z', data }).entities.map(
        one => one.role,
      );
    expect(of({ email: 'kim@example.com' })).toEqual(['target']);
    expect(of({ ruleViolationInfo: { triggeringUserEmail: 'kim@example.com' } })).toEqual(['actor']);
  });
});
