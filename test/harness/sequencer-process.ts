import { logSigner } from '../../src/store/ed25519.ts';
import { startSequencer } from '../../src/store/sequencer.ts';
import { TENANT, tenantPool } from './tenant.ts';

/** What the test asks of this process: the part of the server that writes the log. */
export interface SequencerOrder {
  readonly databaseUrl: string;
  readonly origin: string;
  /** Base64url. */
  readonly seed: string;
}

let text = '';
for await (const chunk of process.stdin) text += String(chunk);
const order = JSON.parse(text) as SequencerOrder;
const sequencer = await startSequencer({
  pool: tenantPool(order.databaseUrl),
  tenant: TENANT,
  signer: logSigner(order.origin, Buffer.from(order.seed, 'base64url')),
  pollMs: 20,
});
process.stdout.write('begun\n');
process.stderr.write((await sequencer.ended)?.message ?? 'stopped');
process.exit(1);
