import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Refusal } from '../../src/app/refusal.ts';
import { syslogFrom } from '../../src/cli/syslog-flags.ts';
import { freePort, startTestServer, type TestServer } from '../server/harness.ts';

const WAIT = { timeout: 20_000, interval: 20 };
const line = (id: string) =>
  `<132>1 2026-03-01T10:00:00Z web-1 examplar - - - ${JSON.stringify({ id, title: 'Odd sign-in', host: 'web-1', severity: 'low' })}`;

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(socket));
    socket.on('error', reject);
  });
}

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('syslog', { timeout: 60_000 }, () => {
  let server: TestServer;
  let port: number;
  const count = async (table: string, like: string): Promise<number> => {
    const sql =
      table === 'evidence'
        ? `SELECT count(*)::int AS n FROM evidence WHERE convert_from(bytes, 'UTF8') LIKE $1`
        : `SELECT count(*)::int AS n FROM quarantine WHERE detail LIKE $1`;
    return (await server.db.ownerPool.query(sql, [like])).rows[0].n;
  };
  beforeAll(async () => {
    port = await freePort();
    server = await startTestServer({
      wellKnown: { syslog: [{ source: 'firewall', transport: 'tcp', host: '127.0.0.1', port, tls: undefined }] },
    });
  });
  afterAll(() => server.close());

  test('is durable within a second of a trickle, counted or as lines, under the name of its source', async () => {
    const socket = await open(port);
    const message = line('trickle-1');
    socket.write(`${message.length} ${message}`);
    await sleep(1_000);
    expect(await count('evidence', '%trickle-1%')).toBe(1);
    socket.write(`${line('trickle-2')}\n`);
    await sleep(1_000);
    expect(await count('evidence', '%trickle-2%')).toBe(1);
    const { rows } = await server.db.ownerPool.query(`SELECT DISTINCT source FROM intake_batch`);
    expect(rows).toEqual([{ source: 'firewall' }]);
    socket.destroy();
  });

  test('half a message at the end of a connection is kept or set aside, never dropped', async () => {
    const one = await open(port);
    one.end(line('half-line'));
    const other = await open(port);
    other.end('500 <13>half-counted');
    await expect.poll(() => count('evidence', '%half-line%'), WAIT).toBe(1);
    await expect
      .poll(() => count('quarantine', 'the connection ended % bytes before the end of the message'), WAIT)
      .toBe(1);
  });

  test('a length beyond the bound closes the connection and is set aside; others go on', async () => {
    const socket = await open(port);
    const closed = new Promise(resolve => socket.once('close', resolve));
    socket.write('999999999999 <13>attack');
    await closed;
    await expect.poll(() => count('quarantine', 'a message says that it has more than%'), WAIT).toBe(1);
    const next = await open(port);
    next.end(`${line('after-attack')}\n`);
    await expect.poll(() => count('evidence', '%after-attack%'), WAIT).toBe(1);
  });

  test('makes senders wait while the database takes nothing: no connection is read, nothing is lost or doubled, memory stays bounded', async () => {
    const locker = await server.db.ownerPool.connect();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE intake_batch IN ACCESS EXCLUSIVE MODE');
    const sockets = await Promise.all([open(port), open(port), open(port)]);
    const padding = 'x'.repeat(500);
    let isBlocked = 0;
    const before = process.memoryUsage().rss;
    const RECORDS = 15_000;
    const sending = Promise.all(
      sockets.map(async (socket, sender) => {
        for (let id = 0; id < RECORDS; id++) {
          if (socket.write(`${line(`s${sender}-${id}-${padding}`)}\n`)) continue;
          const drained = new Promise(resolve => socket.once('drain', resolve));
          if (await Promise.race([drained.then(() => false), sleep(1_500, true)])) isBlocked += 1;
          await drained;
        }
        socket.end();
      }),
    );
    await expect.poll(() => isBlocked, WAIT).toBeGreaterThan(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(250 * 1024 * 1024);
    await locker.query('ROLLBACK');
    locker.release();
    await sending;
    for (const sender of [0, 1, 2])
      await expect.poll(() => count('evidence', `%s${sender}-%x%`), { timeout: 50_000, interval: 250 }).toBe(RECORDS);
  });

  test('a stop writes what was heard before it ends', async () => {
    const socket = await open(port);
    socket.on('error', () => undefined);
    socket.write(`${line('before-stop')}\n${line('half-before-stop')}`);
    await sleep(30);
    await server.restart();
    expect(await count('evidence', '%"before-stop%')).toBe(1);
    expect(await count('evidence', '%half-before-stop%')).toBe(1);
  });
});

describe('syslog over TLS', { timeout: 60_000 }, () => {
  test('hears senders with a certificate of its CA and no others', async context => {
    if (!hasOpenssl()) context.skip('there is no openssl to make certificates with');
    const folder = await mkdtemp(join(tmpdir(), 'countersign-tls-'));
    const at = (name: string) => join(folder, name);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
    const make = (name: string) =>
      openssl(
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.pem`,
        '-subj',
        `/CN=${name}`,
        '-addext',
        'subjectAltName=DNS:localhost',
      );
    for (const name of ['server', 'sender', 'stranger']) make(name);
    const port = await freePort();
    const syslog = await syslogFrom({
      syslogTls: port,
      syslogCert: at('server.pem'),
      syslogKey: at('server.key'),
      syslogClientCa: at('sender.pem'),
      syslogBind: '127.0.0.1',
      syslogSource: 'tls',
    });
    const server = await startTestServer({ wellKnown: { syslog } });
    try {
      const send = async (name: string | undefined, text: string) => {
        const own =
          name === undefined ? {} : { cert: await readFile(at(`${name}.pem`)), key: await readFile(at(`${name}.key`)) };
        const socket = connectTls({
          port,
          host: '127.0.0.1',
          servername: 'localhost',
          ca: await readFile(at('server.pem')),
          ...own,
        });
        socket.on('error', () => undefined);
        const message = line(text);
        socket.end(`${message.length} ${message}`);
        await new Promise(resolve => socket.once('close', resolve));
      };
      await send(undefined, 'nobody');
      await send('stranger', 'stranger');
      const plain = await open(port);
      plain.on('error', () => undefined);
      plain.end(`${line('plain')}\n`);
      await send('sender', 'known');
      const { ownerPool } = server.db;
      await expect.poll(async () => (await ownerPool.query('SELECT 1 FROM evidence')).rowCount, WAIT).toBe(1);
      await sleep(500);
      expect(
        (await ownerPool.query(`SELECT convert_from(bytes, 'UTF8') AS text FROM evidence`)).rows[0].text,
      ).toContain('known');
    } finally {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('needs a certificate, and plain TCP beyond loopback has to be asked for', async () => {
    const usual = { syslogBind: '127.0.0.1', syslogSource: 'syslog' };
    await expect(syslogFrom({ ...usual, syslogTls: 6514 })).rejects.toThrow(Refusal);
    await expect(syslogFrom({ ...usual, syslogTcp: 1514, syslogBind: '0.0.0.0' })).rejects.toThrow('forged by anybody');
    expect(await syslogFrom({ ...usual, syslogTcp: 1514, syslogBind: '0.0.0.0', syslogPlainOpen: true })).toHaveLength(
      1,
    );
    expect(await syslogFrom(usual)).toEqual([]);
    const folder = await mkdtemp(join(tmpdir(), 'countersign-pem-'));
    await writeFile(join(folder, 'bad.pem'), 'no certificate');
    const bad = join(folder, 'bad.pem');
    await expect(syslogFrom({ ...usual, syslogTls: 6514, syslogCert: bad, syslogKey: bad })).rejects.toThrow(
      'cannot be used',
    );
    await rm(folder, { recursive: true });
  });
});
