import { digestOf } from '../../src/base/canonical.ts';
import type { LiveEvent, Me, ProposalView } from '../../src/model/api.ts';
import { FAULT_TEXT } from '../../src/model/drill.ts';
import type { SessionStatement } from '../../src/model/review.ts';
import { challengeOf, closed } from '../crypto/review.ts';
import * as data from './data.ts';
import * as incidents from './data-incident.ts';
import { attention } from './data-proposal.ts';
import { powerDetail, powersView } from './powers.ts';
import { relianceView } from './reliance.ts';
import {
  type Answer,
  beginReview,
  change,
  finishReview,
  missing,
  ok,
  proposals,
  propose,
  refused,
  tell,
} from './reviews.ts';

/** `/__mode?rows=10000&fail=incidents&person=none` changes what the fixtures say, until they say otherwise. */
const mode = new Map<string, string>();
let isOn = false;

/** As the server tells of it to somebody who is asked what they think first. */
function askedFirst(view: ProposalView): ProposalView {
  return {
    ...view,
    isWithheld: true,
    reviews: [],
    row: { ...view.row, approvals: undefined },
    quorum: view.quorum.map(({ slot, who }) => ({ slot, who, filledBy: undefined })),
  };
}

function me(): Me {
  return {
    person:
      mode.get('person') === 'none'
        ? null
        : { id: 'usr_dana', name: 'Dana Weiss', roles: ['administrator', 'responder', 'owner'] },
    token: 'fixture',
    installation: 'ins_fixture',
    isDemo: true,
    rpId: 'localhost',
    origin: mode.get('origin') ?? 'http://localhost:5199',
    hasAdministrator: mode.get('admin') !== 'none',
    possibleT3Reviewers: Number(mode.get('t3') ?? 1),
    killSwitch: {
      isOn,
      since: data.rfc(3),
      by: isOn ? 'Dana Weiss' : '',
      reason: isOn ? 'unsure about the executor' : '',
    },
    processesIsolated: false,
    ai: { level: 'L0', because: 'no provider is set: the summary is written by rules' },
    counts: {
      openIncidents: rows().length,
      unownedHigh: rows().filter(row => row.severity === 'high' && row.owner === '').length,
      inReview: proposals.size,
      quarantined: 3,
      silentStreams: 1,
    },
    health: [
      { name: 'database', status: 'ok', text: 'PostgreSQL 18, embedded' },
      {
        name: 'executor',
        status: mode.get('executor') === 'down' ? 'down' : 'ok',
        text:
          mode.get('executor') === 'down' ? 'does not answer since 09:12; nothing is carried out' : 'checked 4 s ago',
      },
      { name: 'log', status: 'ok', text: '10,412 entries, none waiting' },
      { name: 'search_index', status: 'ok', text: 'up to date' },
      { name: 'intake', status: 'ok', text: '12 alerts a minute' },
    ],
  };
}

function rows() {
  return incidents.incidentRows(Number(mode.get('rows') ?? 42));
}

export async function answer(method: string, url: URL, body: unknown): Promise<Answer> {
  const path = url.pathname.replace('/api/v1', '');
  const q = (name: string) => url.searchParams.get(name) ?? '';
  if (path === '/__mode') {
    for (const [name, value] of url.searchParams) mode.set(name, value);
    return ok(Object.fromEntries(mode));
  }
  if (path === '/__tell') {
    tell(JSON.parse(q('event')) as LiveEvent);
    return ok({});
  }
  if (mode.get('slow') !== undefined) await new Promise(resolve => setTimeout(resolve, Number(mode.get('slow'))));
  if (mode.get('fail') !== undefined && mode.get('fail') !== '' && path.startsWith(`/${mode.get('fail')}`))
    return refused(503, 'system.not_ready', 'Something that matters is down. Nothing was changed.');
  if (path === '/me') return ok(me());
  if (method === 'GET') return reading(path, q);
  return changing(path, body as Record<string, unknown>);
}

const PAGE = 200;

function reading(path: string, q: (name: string) => string): Answer {
  const [, kind, id = '', part] = path.split('/');
  if (kind === 'incidents' && id === '') {
    const wanted = rows().filter(
      row =>
        (q('severity') === '' || q('severity').split(',').includes(row.severity)) &&
        (q('owner') === '' || row.owner === q('owner').replace('none', '')) &&
        (q('coverage') === '' || row.coverage === q('coverage')) &&
        row.title.toLowerCase().includes(q('q').toLowerCase()),
    );
    const from = Number(q('cursor') || 0);
    const next = from + PAGE < wanted.length ? String(from + PAGE) : undefined;
    return ok({
      rows: wanted.slice(from, from + PAGE),
      next,
      total: wanted.length,
      openTotal: rows().length,
      unownedHigh: 3,
      sources: ['okta', 'wazuh', 'generic'],
      owners: ['dana'],
    });
  }
  if (kind === 'incidents') {
    const alerts = incidents.alerts(Number(mode.get('alerts') ?? 40));
    if (part === 'alerts') return ok({ rows: alerts, next: undefined, total: alerts.length });
    if (part === 'timeline') return ok(incidents.timeline(alerts));
    if (part === 'enrichment') return ok(data.enrichment());
    const found = incidents.incident(id, rows());
    return found === undefined ? missing() : ok(found);
  }
  if (kind === 'enrichment') return ok(data.enrichmentHealth());
  if (kind === 'evidence') {
    const found = data.evidence(id);
    return found === undefined ? missing() : ok(found);
  }
  if (kind === 'proposals' && id === '')
    return ok({
      rows: [...proposals.values()].map(view => view.row).filter(row => q('state') === '' || row.state === q('state')),
      next: undefined,
      total: proposals.size,
    });
  if (kind === 'break-glass' || kind === 'leases') return ok({ rows: [] });
  if (kind === 'tasks') return ok({ ofMe: [], byMe: [] });
  if (kind === 'proposals' && id === 'attention') return ok(attention(mode.get('flood') === 'yes'));
  if (kind === 'proposals' && part === 'comments') return ok({ rows: [], mayWrite: true });
  if (kind === 'proposals') {
    const found = proposals.get(id);
    if (found === undefined) return missing();
    const asked = mode.get('asks') === 'yes' ? askedFirst(found) : found;
    const drill = mode.get('drill') ?? '';
    return ok(drill === '' ? asked : drilled(asked, drill === 'noticed'));
  }
  if (kind === 'search')
    return ok({
      hits: incidents.alerts(3).map(row => ({
        alert: row.id,
        evidence: row.evidence,
        incident: 'inc_ferrante',
        title: row.title,
        excerpt: `… ${q('q')} from 203.0.113.77 …`,
        at: row.activityAt,
      })),
      indexLag: 12,
      isPartial: false,
    });
  if (kind === 'log' && id === '')
    return ok({
      origin: 'countersign.example/demo-1',
      vkey: 'countersign.example/demo-1+0a1b2c3d+AZ',
      size: 60,
      checkpoint: '',
      policy: 'log countersign.example/demo-1+0a1b2c3d+AZ\nquorum none\n',
      pending: 0,
      isWitnessed: false,
    });
  if (kind === 'log' && id === 'entries')
    return ok({ rows: data.logEntries(60).filter(row => q('type') === '' || row.type === q('type')) });
  if (kind === 'coverage') return ok({ streams: data.COVERAGE.streams });
  if (kind === 'people')
    return ok([
      {
        id: 'usr_dana',
        name: 'Dana Weiss',
        roles: ['administrator', 'owner', 'responder'],
        enrolledAt: data.rfc(900),
        credentialKinds: ['passkey'],
        isPending: false,
      },
      {
        id: 'usr_noor',
        name: 'Noor Haddad',
        roles: ['responder'],
        enrolledAt: '',
        credentialKinds: [],
        isPending: true,
      },
    ]);
  if (kind === 'reliance')
    return ok(relianceView(Number(mode.get('people') ?? 7), Number(mode.get('decisions') ?? 120)));
  if (kind === 'sources')
    return ok(
      ['okta', 'wazuh', 'generic'].map((source, i) => ({
        id: source,
        title: source,
        alerts: 4_000 * (i + 1),
        quarantined: i,
        lastHeard: data.rfc(i * 70),
        status: i === 1 ? 'silent' : 'heard',
        deliveries:
          i === 0
            ? [
                {
                  how: 'poll',
                  text: 'read from https://acme.okta.example every 60 s',
                  lastAt: data.rfc(1),
                  reachedAt: data.rfc(40),
                  wholeAt: data.rfc(40),
                  waiting: 0,
                  trouble: {
                    text: 'the product refuses the credential (status 401)',
                    fix: 'make a new credential and run `countersign source key okta`.',
                    since: data.rfc(40),
                    retryAt: data.rfc(-5),
                  },
                  gaps: [
                    {
                      kind: 'missing',
                      from: data.rfc(9_000),
                      to: data.rfc(8_000),
                      why: 'the product keeps its records for 90 days, and this was not read in time',
                    },
                  ],
                },
              ]
            : [],
      })),
    );
  if (kind === 'powers' && part !== undefined) {
    const systems = Number(mode.get('systems') ?? 40);
    const row = powersView(systems, true).systems.find(({ system }) => system === decodeURIComponent(part));
    return row === undefined ? missing() : ok(powerDetail(row.condition));
  }
  if (kind === 'powers') return ok(powersView(Number(mode.get('systems') ?? 40), mode.get('executor') !== 'down'));
  if (kind === 'quarantine')
    return ok([
      {
        id: 'qrn_1',
        source: 'wazuh',
        code: 'source.rejected_input',
        detail: 'rule.level is not a number',
        receivedAt: data.rfc(12),
        excerpt: '{"rule":{"level":"<b>ten\u202E</b>"}}',
        byteLength: 412,
      },
    ]);
  if (kind === 'inventory') return ok({ v: '1', version: '0', records: [] });
  return missing();
}

/** As it is after somebody decided on a drill. */
function drilled(view: ProposalView, wasNoticed: boolean): ProposalView {
  const places = view.presentation.evidence.slice(0, 2).map(({ id, pointer }) => ({ evidence: id, pointer }));
  return {
    ...view,
    row: { ...view.row, state: wasNoticed ? 'rejected' : 'refused' },
    drill: { wasNoticed, ...FAULT_TEXT.evidence_swapped, places },
  };
}

function changing(path: string, body: Record<string, unknown>): Answer {
  const [, kind, id = '', part, step] = path.split('/');
  if (kind === 'reliance') return ok({ preJudgement: mode.get('asks') === 'yes' ? 'asked' : 'not_asked' });
  if (kind === 'proposals' && id === '') return propose(body);
  if (kind === 'proposals' && part === 'evidence-opened')
    return change(id, view => ({
      ...view,
      evidenceOpened: [...new Set([...view.evidenceOpened, body['evidence'] as `evd_${string}`])],
    }));
  if (kind === 'proposals' && part === 'withdraw')
    return change(id, view => ({ ...view, row: { ...view.row, state: 'withdrawn' } }));
  if (kind === 'proposals' && part === 'reviews') return step === 'begin' ? beginReview(id, body) : finishReview(body);
  if (kind === 'kill-switch') {
    isOn = id === 'stop';
    tell({ kind: 'kill_switch', isOn });
    return ok({});
  }
  if (kind === 'session' && id === 'begin') {
    const statement: SessionStatement = {
      v: '1',
      installation: 'ins_fixture',
      session: 'ses_1',
      sessionPublicKey: String(body['sessionPublicKey']),
      nonce: '1'.repeat(32),
      issuedAt: data.rfc(0),
      expiresAt: data.rfc(-480),
    };
    return ok({
      statement,
      challenge: challengeOf(digestOf('countersign/session/v1', closed(statement))),
      rpId: 'localhost',
    });
  }
  if (kind === 'session' && id === 'finish') mode.set('person', 'dana');
  if (kind === 'session' && id === 'end') mode.set('person', 'none');
  if (kind === 'enrol' && id === 'begin')
    return ok({
      invitation: 'genesis',
      installation: 'ins_fixture',
      person: 'usr_dana',
      name: '',
      roles: ['administrator', 'owner', 'responder'],
      rpId: 'localhost',
      origin: me().origin,
      creationOptions: {},
      browserKeyAllowed: true,
      isReset: false,
    });
  if (kind === 'invitations' && id === 'begin') {
    const invitation = {
      v: '1',
      installation: 'ins_fixture',
      id: 'inv_1',
      person: 'usr_new',
      roles: body['roles'],
      linkPublicKey: body['linkPublicKey'],
      invitedBy: 'usr_dana',
      nonce: '2'.repeat(32),
      expiresAt: data.rfc(-60),
    };
    return ok({
      invitation,
      challenge: challengeOf(digestOf('countersign/invitation/v1', closed(invitation))),
      credentialIds: [],
    });
  }
  return ok({});
}
