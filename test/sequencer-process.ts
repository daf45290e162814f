import pg from 'pg';
import { logSigner } from '../src/store/ed25519.ts';
import { startSequencer } from '../src/store/sequencer.ts';

// A sequencer in a process of its own, for the test that kills it. Its parameters come by environment.
const { LOG_URL = '', LOG_TENANT = '', LOG_SEED = '' } = process.env;
const pool = new pg.Pool({ connectionString: LOG_URL });
pool.on('error', () => undefined);
const signer = logSigner('log.example/tests', Buffer.from(LOG_SEED, 'hex'));
const sequencer = await startSequencer({ pool, tenant: LOG_TENANT, signer, pollMs: 20 });
process.stdout.write('begun\n');
const refusal = await sequencer.ended;
process.stderr.write(`${refusal?.message ?? 'stopped'}\n`);
process.exit(1);
