import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addPoll, type Poll, readPolls, removePoll } from '../../src/app/polls.ts';
import { startTestServer, type TestServer } from '../server/harness.ts';

/** A server that reads products, with a folder of its own for what it reads. */
export interface Reader {
  readonly server: TestServer;
  readonly folder: string;
  read(wish: Partial<Poll> & Pick<Poll, 'source' | 'poller' | 'url'>): Promise<Poll>;
  /** Ids of the vendor that were kept for a source, each as often as it was kept; versions of one alert count as one. */
  kept(source: string): Promise<readonly string[]>;
  state(source: string): Promise<{ [column: string]: unknown } | undefined>;
  gaps(source: string): Promise<readonly { kind: string; gap_from: Date; gap_to: Date; why: string }[]>;
  /** Stops reading everything. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

export async function startReader(): Promise<Reader> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-reader-'));
  const server = await startTestServer({ wellKnown: { folder } });
  const { ownerPool } = server.db;
  return {
    server,
    folder,
    read: wish =>
      addPoll(folder, {
        settings: {},
        credential: 'good-token',
        parser: 'auto',
        everySeconds: 1,
        overlapSeconds: 60,
        startFrom: 0,
        ...wish,
      }),
    async kept(source) {
      const { rows } = await ownerPool.query(
        `SELECT vendor_id FROM alert WHERE split_part(alert_key, chr(31), 1) = $1 ORDER BY vendor_id`,
        [source],
      );
      return rows.map(row => row.vendor_id);
    },
    async state(source) {
      const { rows } = await ownerPool.query('SELECT * FROM poll_state WHERE source = $1', [source]);
      return rows[0];
    },
    async gaps(source) {
      const { rows } = await ownerPool.query('SELECT * FROM source_gap WHERE source = $1 ORDER BY seq', [source]);
      return rows;
    },
    async forget() {
      for (const poll of await readPolls(folder)) await removePoll(folder, poll.source);
    },
    async close() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
