import type { AlertRow, IncidentDetail, IncidentTimeline } from '../../src/model/api.ts';
import type { Gap } from '../../src/model/claim.ts';
import type { IncidentRow } from '../../src/model/incident.ts';
import { at, COVERAGE, cite, claim, GAPS, LONG_HOST, PRODUCTS, RECORDS, rfc, SEVERITIES, TITLES } from './data.ts';
import { proposal } from './data-proposal.ts';

const ferrante: IncidentRow = {
  id: 'inc_ferrante',
  title: 'Contractor login c.ferrante used from a new network, then 41,200 rows read from orders',
  severity: 'high',
  alertCount: 14,
  sources: ['okta', 'orders-db audit', 'wazuh', 'suricata'],
  entities: [
    { kind: 'user', label: 'c.ferrante' },
    { kind: 'database', label: 'orders' },
    { kind: 'ip', label: '203.0.113.77' },
    { kind: 'host', label: LONG_HOST },
  ],
  firstSeen: at(70),
  lastSeen: at(12),
  updatedAt: at(12),
  coverage: 'gaps',
  coverageText: 'Wazuh silent on app-07 for 60 min',
  owner: '',
  openProposals: 1,
};

export function incidentRows(count: number): readonly IncidentRow[] {
  const others = Array.from({ length: Math.max(0, count - 1) }, (_, i): IncidentRow => {
    const severity = SEVERITIES[Math.min(5, Math.floor(i / Math.max(1, count / 6)))] ?? 'low';
    return {
      id: `inc_${String(i).padStart(6, '0')}`,
      title:
        i === 3
          ? `Alert on ${LONG_HOST}`
          : i === 4
            ? 'תנועה חריגה \u202Eexe.fdp\u202C בשרת'
            : (TITLES[i % TITLES.length] ?? ''),
      severity,
      alertCount: 1 + ((i * 7) % 41),
      sources: PRODUCTS.slice(0, 1 + (i % 3)),
      entities: [
        { kind: 'user', label: `m.ortiz${i}` },
        ...(i === 3 ? [{ kind: 'host', label: LONG_HOST }] : [{ kind: 'host', label: `ws-${100 + i}` }]),
      ],
      firstSeen: at(90 + i),
      lastSeen: at(20 + i),
      updatedAt: at(20 + i),
      coverage: i % 5 === 1 ? 'gaps' : i % 11 === 2 ? 'unknown' : 'complete',
      coverageText: i % 5 === 1 ? 'Suricata silent on edge-1 for 2 h' : i % 11 === 2 ? 'too sparse to judge' : '',
      owner: i % 3 === 0 ? 'dana' : '',
      openProposals: i === 1 ? 1 : 0,
    };
  });
  return count === 0 ? [] : [ferrante, ...others];
}

export function incident(id: string, rows: readonly IncidentRow[]): IncidentDetail | undefined {
  const row = rows.find(other => other.id === id);
  if (row === undefined) return undefined;
  const story = [
    claim(
      'c1',
      70,
      'password logins for c.ferrante failed on the host with the long name, from 203.0.113.77',
      [cite('evd_edr', '/data/srcip', '203.0.113.77'), cite('evd_edr', '/data/srcuser', 'c.ferrante')],
      { count: 31, predicate: 'auth_failed' },
    ),
    claim('c2', 61, 'c.ferrante@contractor.example signed in through Okta from 203.0.113.77 (Moldova)', [
      cite('evd_okta1', '/actor/alternateId', 'c.ferrante@contractor.example'),
      cite('evd_okta1', '/client/ipAddress', '203.0.113.77'),
      cite('evd_okta1', '/client/geographicalContext/country', 'Moldova'),
    ]),
    claim('c3', 55, 'c.ferrante logged in to database orders from 203.0.113.77 with psql', [
      cite('evd_pg1', '/user', 'c.ferrante'),
      cite('evd_pg1', '/client_addr', '203.0.113.77'),
      cite('evd_pg1', '/application_name', 'psql'),
    ]),
    claim(
      'c4',
      41,
      'c.ferrante read 41,200 rows from public.orders',
      [cite('evd_pg2', '/rows', '41200'), cite('evd_pg2', '/object', 'public.orders')],
      { predicate: 'database_accessed' },
    ),
    claim('c5', 39, '10.20.30.40 connected to 203.0.113.77:443', [cite('evd_text', 'line', 'dst=203.0.113.77')], {
      predicate: 'net_connected',
    }),
    claim('c6', 38, 'a process was started on app-07 by c.ferrante', [cite('evd_edr', '/data/process', 'nc')], {
      verdict: { kind: 'failed', because: 'the record has no field /data/process' },
    }),
  ];
  return {
    row,
    summary: {
      v: '1',
      coverage: COVERAGE,
      gaps: GAPS,
      headline: claim('c0', 61, row.title, [
        cite('evd_okta1', '/client/ipAddress', '203.0.113.77'),
        cite('evd_pg2', '/rows', '41200'),
      ]),
      story,
      entities: [],
      identified: [],
      window: { from: at(70), to: at(12) },
      alertCount: row.alertCount,
      missing: [
        'what ran on app-07 after 09:05: Wazuh has been silent since',
        'whether the VPN was used: its records arrive late',
      ],
      wouldChange: ['endpoint records of app-07 for the hour', "the contractor's own word about where they are"],
      digest: 'f'.repeat(64),
    },
    coverage: COVERAGE,
    gaps: GAPS,
    entities: [
      {
        key: 'user:c.ferrante',
        kind: 'user',
        label: 'c.ferrante',
        role: 'actor',
        because: 'logged in before and after the change of network; named in 9 of 14 alerts',
        alertCount: 9,
        firstSeen: at(70),
        lastSeen: at(12),
        saidBy: [],
        inventory: {
          name: 'Carla Ferrante',
          privileged: 'no',
          criticality: 'medium',
          isMachine: false,
          owner: 'Vendor desk',
        },
      },
      {
        key: 'ip:203.0.113.77',
        kind: 'ip',
        label: '203.0.113.77',
        role: 'entry',
        because: 'source of the first alert and of every login',
        alertCount: 12,
        firstSeen: at(70),
        lastSeen: at(12),
        saidBy: [],
        inventory: undefined,
      },
      {
        key: 'db:orders',
        kind: 'database',
        label: 'orders',
        role: 'target',
        because: 'rows were read from it after the login',
        alertCount: 4,
        firstSeen: at(55),
        lastSeen: at(12),
        saidBy: [],
        inventory: { name: 'orders', privileged: 'unknown', criticality: 'critical', isMachine: true, owner: 'dana' },
      },
      {
        key: 'host:long',
        kind: 'host',
        label: LONG_HOST,
        role: 'pivot',
        because: 'failed logins before the one that worked',
        alertCount: 3,
        firstSeen: at(70),
        lastSeen: at(39),
        saidBy: [],
        inventory: undefined,
      },
    ],
    options: [
      {
        id: 'lock:c.ferrante',
        kind: 'act',
        title: 'Lock role c_ferrante on orders-db and end its sessions',
        responder: 'postgres-role',
        operation: 'lock_role',
        system: 'orders-db',
        targetName: 'c_ferrante',
        effect: 'The login stops working and open sessions end at once, also the one that is reading now.',
        blastUnknown: ['whether a scheduled report uses this login'],
        blastKnown: ['2 open sessions'],
        undo: 'Unlock the role; it is planned with the act',
        residue: ['transactions that were open are lost'],
        costOfWaiting: 'about 750 rows a minute are being read from orders',
        claims: ['c3', 'c4'],
        citations: [],
      },
      {
        id: 'disable:ldap',
        kind: 'act',
        title: 'Lock account cferrante in the directory',
        responder: 'ldap-account',
        operation: 'lock_account',
        system: 'corp-ldap',
        targetName: 'cferrante',
        effect: 'New logins through the directory are refused.',
        blastUnknown: [],
        blastKnown: ['mail and VPN of the same person'],
        undo: 'Unlock the account',
        residue: [],
        costOfWaiting: 'new logins stay possible',
        claims: ['c2'],
        citations: [],
      },
      {
        id: 'wait',
        kind: 'wait_and_collect',
        title: 'Wait and collect the endpoint records of app-07',
        responder: undefined,
        operation: undefined,
        system: undefined,
        targetName: undefined,
        effect: 'Nothing changes. Ask the endpoint team why Wazuh on app-07 is silent, and read the hour.',
        blastUnknown: [],
        blastKnown: [],
        undo: 'nothing to undo',
        residue: [],
        costOfWaiting: 'the open session keeps reading',
        claims: [],
        citations: [],
      },
    ],
    proposals: [proposal().row],
    events: [
      { seq: 1, at: rfc(70), by: 'intake', kind: 'opened', text: 'with the alert on failed logins', canUndo: false },
      {
        seq: 2,
        at: rfc(61),
        by: 'intake',
        kind: 'joined',
        text: 'same address 203.0.113.77, seen in 2 of 12,000 alerts',
        canUndo: false,
      },
      { seq: 3, at: rfc(30), by: 'dana', kind: 'merged', text: 'inc_000017: same session', canUndo: true },
      {
        seq: 4,
        at: rfc(20),
        by: 'dana',
        kind: 'noted',
        text: 'Called the vendor desk, no answer yet.',
        canUndo: false,
      },
    ],
    instructionBadges: [
      {
        evidence: 'evd_okta1',
        pointer: '/client/userAgent/rawUserAgent',
        why: 'asks its reader to ignore earlier instructions',
      },
    ],
    lateNews: [],
    mergedInto: undefined,
  };
}

export function alerts(count: number): readonly AlertRow[] {
  return Array.from({ length: count }, (_, i): AlertRow => {
    const record = RECORDS[i % RECORDS.length];
    const minutes = (record?.minutes ?? 10) - i * 0.4;
    return {
      id: `alr_${i}`,
      evidence: record?.id ?? 'evd_pg1',
      title: i % 5 === 3 ? `sshd: brute force on ${LONG_HOST}` : (TITLES[i % TITLES.length] ?? ''),
      product: PRODUCTS[i % PRODUCTS.length] ?? '',
      source: record?.source ?? 'generic',
      severity: SEVERITIES[i % 4] ?? 'low',
      activityAt: at(minutes),
      receivedAt: at(minutes - (i % 4 === 2 ? 15 : 0.2)),
      entities: [],
      because:
        i === 0
          ? [{ kind: 'first', text: 'opened the incident', to: undefined }]
          : [{ kind: 'shared_entity', text: 'same address 203.0.113.77, seen in 2 of 12,000 alerts', to: 'alr_0' }],
      techniques: [],
      duplicates: i % 6 === 2 ? 30 : 0,
    };
  });
}

export function timeline(rows: readonly AlertRow[]): IncidentTimeline {
  return {
    from: at(72),
    to: at(6),
    clocks: [],
    lanes: ['okta', 'wazuh', 'orders-db audit', 'suricata', 'cloudtrail', 'defender'],
    entries: rows.map(row => ({
      alert: row.id,
      evidence: row.evidence,
      time: row.activityAt,
      heard: row.receivedAt,
      isTimeAssumed: false,
      source: row.product,
      product: row.product,
      severity: row.severity,
      text: row.title,
    })),
    gaps: [{ ...(GAPS[0] as Gap), stream: 'app-07|wazuh' }, GAPS[1] as Gap],
    omitted: 0,
  };
}
