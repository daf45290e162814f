import { MS_PER_HOUR, MS_PER_MINUTE } from '../../base/time.ts';
import { pick } from './random.ts';
import {
  cloudTrailEvent,
  databaseFinding,
  defenderAlert,
  guardDutyFinding,
  type Made,
  type Maker,
  oktaEvent,
  suricataAlert,
  wazuhAlert,
} from './records.ts';

/** A day in which nothing much happens. */
export const BACKGROUND_MS = 24 * MS_PER_HOUR;

/** The key of the build server, and the network that it is used from. */
export const CI_KEY = 'AKIAEXAMPLECI0DEPLOY';
export const CI_USER = 'ci-deployer';
export const CI_NETWORK = '192.0.2.40';
const CI_AGENT = 'aws-cli/2.22.4 md/awscrt#0.23 ua/2.0 os/linux lang/python#3.12';

const PEOPLE = [
  ['lena.koch@northwind.example', 'Lena Koch'],
  ['omar.haddad@northwind.example', 'Omar Haddad'],
  ['ines.duarte@northwind.example', 'Inês Duarte'],
  ['tom.nakamura@northwind.example', 'Tom Nakamura'],
  ['priya.raman@northwind.example', 'Priya Raman'],
  ['jonas.weil@northwind.example', 'Jonas Weil'],
] as const;

/** Hosts with an endpoint sensor, and how often it reports itself. */
const SENSORS = [
  ['app-07', 10 * MS_PER_MINUTE],
  ['app-08', 20 * MS_PER_MINUTE],
  ['db-orders-01', 20 * MS_PER_MINUTE],
  ['ci-runner-02', 20 * MS_PER_MINUTE],
] as const;

const SIGNATURES = [
  ['ET POLICY GNU/Linux APT User-Agent Outbound likely related to package management', 2013504, 3],
  ['ET INFO Observed DNS Query to .biz TLD', 2027758, 3],
  ['ET SCAN Potential SSH Scan OUTBOUND', 2003068, 2],
  ['ET DROP Dshield Block Listed Source group 1', 2402000, 2],
] as const;

/** True while the sensor of a host says nothing. */
export type IsSilent = (host: string, at: number) => boolean;

/** Several hundred records of six products over the day before `end`. */
export function background(maker: Maker, end: number, isSilent: IsSilent): readonly Made[] {
  const start = end - BACKGROUND_MS;
  const jitter = (ms: number) => (maker.random() - 0.5) * ms;
  const every = (periodMs: number, make: (at: number) => Made): Made[] =>
    Array.from({ length: Math.floor(BACKGROUND_MS / periodMs) }, (_, i) =>
      make(Math.round(start + (i + 0.5) * periodMs + jitter(periodMs / 12))),
    );
  const atRandom = (count: number, make: (at: number) => Made): Made[] =>
    Array.from({ length: count }, () => make(Math.round(start + maker.random() * BACKGROUND_MS)));
  return [
    ...SENSORS.flatMap(([host, periodMs]) =>
      every(periodMs, at => sensorReport(maker, at, host)).filter(made => !isSilent(host, made.at)),
    ),
    ...['db-orders-01', 'vpn-gw-01'].flatMap(host => every(30 * MS_PER_MINUTE, at => agentReport(maker, at, host))),
    ...every(MS_PER_HOUR, at => scheduledExport(maker, at)),
    ...every(30 * MS_PER_MINUTE, at => ciCall(maker, at)),
    ...every(12 * MS_PER_MINUTE, at => networkNoise(maker, at)),
    ...every(15 * MS_PER_MINUTE, at => signIn(maker, at)),
    ...atRandom(40, at => sshNoise(maker, at)),
    ...atRandom(5, at =>
      guardDutyFinding(maker, at, {
        type: 'Recon:EC2/PortProbeUnprotectedPort',
        title: 'Unprotected port on an instance is being probed.',
        severity: 2,
        ip: address(maker),
      }),
    ),
  ];
}

function address({ random }: Maker): string {
  return `198.51.100.${100 + Math.floor(random() * 150)}`;
}

function sensorReport(maker: Maker, at: number, host: string): Made {
  return defenderAlert(maker, at, {
    title: 'Sensor health report',
    severity: 'Informational',
    host,
    description: 'The sensor is up to date and reporting.',
  });
}

function agentReport(maker: Maker, at: number, host: string): Made {
  return wazuhAlert(maker, at, {
    rule: '510',
    level: 3,
    description: 'Host integrity check ended.',
    host,
    groups: ['ossec', 'rootcheck'],
    log: `ossec: rootcheck ended on ${host}.`,
  });
}

function scheduledExport(maker: Maker, at: number): Made {
  return databaseFinding(maker, at, {
    title: 'Scheduled export ran',
    severity: 1,
    user: 'app_orders',
    host: 'db-orders-01',
    ip: '10.20.4.31',
    application: 'order-export',
    message: 'The hourly export of orders read 1,204 rows.',
    rule: 'tdm-scheduled-export',
  });
}

function ciCall(maker: Maker, at: number): Made {
  const name = pick(['DescribeStacks', 'GetCallerIdentity', 'DescribeImages', 'ListStacks'] as const, maker.random());
  return cloudTrailEvent(maker, at, {
    name,
    service: name === 'GetCallerIdentity' ? 'sts' : 'cloudformation',
    user: CI_USER,
    key: CI_KEY,
    ip: CI_NETWORK,
    agent: CI_AGENT,
    isReadOnly: true,
  });
}

function networkNoise(maker: Maker, at: number): Made {
  const [signature, id, severity] = pick(SIGNATURES, maker.random());
  return suricataAlert(maker, at, {
    signature,
    id,
    severity,
    from: `10.20.8.${20 + Math.floor(maker.random() * 60)}`,
    to: address(maker),
    port: 443,
    category: 'Potentially Bad Traffic',
    host: 'vpn-gw-01',
  });
}

function signIn(maker: Maker, at: number): Made {
  const [user, name] = pick(PEOPLE, maker.random());
  const isFailure = maker.random() < 0.06;
  return oktaEvent(maker, at, {
    type: 'user.session.start',
    message: 'User login to Okta',
    user,
    name,
    // Each works from the same place, as people do.
    ip: `192.0.2.${10 + PEOPLE.findIndex(([address]) => address === user)}`,
    result: isFailure ? 'FAILURE' : 'SUCCESS',
    ...(isFailure ? { reason: 'INVALID_CREDENTIALS' } : {}),
  });
}

function sshNoise(maker: Maker, at: number): Made {
  const from = address(maker);
  return wazuhAlert(maker, at, {
    rule: '5710',
    level: 5,
    description: 'sshd: Attempt to login using a non-existent user',
    host: 'vpn-gw-01',
    groups: ['syslog', 'sshd', 'authentication_failed'],
    log: `sshd[4711]: Invalid user admin from ${from} port 52144`,
    data: { srcip: from, srcuser: 'admin' },
    techniques: ['T1110'],
  });
}
