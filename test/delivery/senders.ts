import { createHmac } from 'node:crypto';
import { appendFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { addPoll } from '../../src/app/polls.ts';
import { followFile } from '../../src/cli/follow.ts';
import { sendFile } from '../../src/cli/ingest.ts';
import { firstAdministrator, send, type TestServer } from '../server/harness.ts';
import { oktaEvent, oktaLog, startVendor } from './vendor.ts';

/** Records of each kind of delivery. */
export interface Load {
  readonly push: number;
  readonly file: number;
  readonly follow: number;
  readonly poll: number;
  readonly syslog: number;
}

export const MAP = 'id=id,time=time,title=title,host=host';
const row = (id: string) =>
  JSON.stringify({ id, time: '2026-03-01T10:00:00Z', title: `Odd sign-in ${id.length}`, host: `host-${id.length}` });
const rows = (kind: string, from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `${row(`${kind}-${from + i}`)}\n`).join('');
const PUSH_RECORDS = 100;

/** How a delivery of each kind is sent by somebody who repeats what was not answered. All resolve when all was taken. */
export interface Senders {
  push(): Promise<void>;
  file(): Promise<void>;
  follow(): Promise<void>;
  poll(): Promise<void>;
  /** Sends everything over one connection; resolves when the other side has read and closed it, rejects where it broke. */
  syslogOnce(): Promise<void>;
  /** Answers 429 or 503 that pushes got. */
  waits(): number;
  close(): Promise<void>;
}

export async function startSenders(
  server: TestServer,
  folder: string,
  syslogPort: number,
  load: Load,
): Promise<Senders> {
  const admin = await firstAdministrator(server);
  const made = await admin.post('/api/v1/sources', {
    id: 'push',
    fieldMap: { id: 'id', time: 'time', title: 'title', host: 'host' },
  });
  const { hmacSecret } = made.body;
  const now = Date.now();
  const events = Array.from({ length: load.poll }, (_, id) => oktaEvent(id, now - 3_600_000 + Math.floor(id / 40)));
  const okta = await startVendor(oktaLog(events, () => 50, { isForgotten: false }));
  const kept = async (from: string): Promise<number> =>
    (await counts(server.db.ownerPool).catch(() => undefined))?.get(from)?.kept ?? 0;
  const following = new AbortController();
  let waits = 0;
  const target = { url: server.origin, token: server.cliToken };
  return {
    async push() {
      for (let from = 0; from < load.push; from += PUSH_RECORDS) {
        const body = rows('push', from, Math.min(PUSH_RECORDS, load.push - from));
        const id = `delivery-${from}`;
        for (;;) {
          const at = Math.floor(Date.now() / 1_000);
          const sum = createHmac('sha256', hmacSecret).update(`${at}.${id}.`).update(body).digest('hex');
          const headers = {
            'x-countersign-timestamp': String(at),
            'x-countersign-delivery': id,
            'x-countersign-signature': `sha256=${sum}`,
          };
          const answer = await send(server, 'POST', '/ingest/push', headers, body).catch(() => undefined);
          // 409: it was taken, and only the answer was lost.
          if (answer?.status === 200 || answer?.status === 409) break;
          if (answer !== undefined && answer.status !== 429 && answer.status !== 503) throw new Error(answer.text);
          if (answer !== undefined) waits += 1;
          await sleep(100);
        }
      }
    },
    async file() {
      const path = join(folder, 'whole.ndjson');
      await writeFile(path, rows('file', 0, load.file));
      while (!(await sendFile(target, path, { source: 'auto', map: MAP })).ok) await sleep(100);
    },
    async follow() {
      const path = join(folder, 'growing.ndjson');
      await writeFile(path, '');
      const done = followFile(
        path,
        { source: 'auto', map: MAP, state: join(folder, 'position.json') },
        async () => target,
        following.signal,
      );
      for (let from = 0; from < load.follow; from += 50) {
        await appendFile(path, rows('follow', from, Math.min(50, load.follow - from)));
        await sleep(20);
      }
      while ((await kept('file')) < load.file + load.follow) await Promise.race([sleep(200), done]);
      following.abort();
      await done;
    },
    async poll() {
      await addPoll(folder, {
        source: 'poll',
        poller: 'okta',
        url: okta.url,
        settings: {},
        credential: 'good-token',
        parser: 'okta',
        everySeconds: 1,
        overlapSeconds: 60,
        startFrom: now - 7_200_000,
      });
      while ((await kept('poll')) < load.poll) await sleep(200);
    },
    syslogOnce: () =>
      new Promise((resolve, reject) => {
        const socket = connect({ port: syslogPort, host: '127.0.0.1' });
        socket.on('error', reject);
        socket.on('close', hadError => (hadError ? reject(new Error('cut')) : resolve()));
        void (async () => {
          for (let id = 0; id < load.syslog && !socket.destroyed; id++)
            if (!socket.write(`<13>1 2026-03-01T10:00:00Z web-1 examplar - - - message ${id}\n`))
              await Promise.race([
                new Promise(drained => socket.once('drain', drained)),
                new Promise(ended => socket.once('close', ended)),
              ]);
          socket.end();
        })();
        socket.resume();
      }),
    waits: () => waits,
    async close() {
      following.abort();
      await okta.close();
    },
  };
}

/** What is kept by the name that it came under, and how many different records that is. */
export async function counts(
  owner: pg.Pool,
): Promise<ReadonlyMap<string, { readonly kept: number; readonly different: number }>> {
  const { rows } = await owner.query<{ source: string; kept: number; different: number }>(
    `SELECT split_part(a.alert_key, chr(31), 1) AS source, count(*)::int AS kept, count(DISTINCT e.sha256)::int AS different
       FROM alert a JOIN evidence e ON e.id = a.evidence_id GROUP BY 1`,
  );
  return new Map(rows.map(({ source, kept, different }) => [source, { kept, different }]));
}

/** What has to be true of the database whatever was killed whenever. Each figure is a number of what is wrong. */
export async function wrongIn(owner: pg.Pool): Promise<{ readonly [what: string]: number }> {
  const { rows } = await owner.query(
    `SELECT (SELECT count(*)::int FROM alert) - (SELECT coalesce(sum(alert_count), 0)::int FROM incident) AS "alerts in no row",
            (SELECT count(*)::int FROM alert) - (SELECT coalesce(sum(CASE event ->> 'kind' WHEN 'opened' THEN 1 ELSE jsonb_array_length(event -> 'alerts') END), 0)::int
               FROM incident_event WHERE event ->> 'kind' IN ('opened', 'joined')) AS "alerts without their event",
            (SELECT count(*)::int FROM alert a LEFT JOIN evidence e ON e.id = a.evidence_id WHERE e.id IS NULL) AS "alerts without evidence",
            (SELECT count(*)::int FROM intake_batch b WHERE b.records <> b.kept + b.duplicate + b.quarantined) AS "batches that do not add up"`,
  );
  return rows[0];
}
