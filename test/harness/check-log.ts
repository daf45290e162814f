import { printNoteKey } from '../../src/audit/note.ts';
import type { VerifyReport } from '../../src/audit/verify/report.ts';
import { verifyLog } from '../../src/audit/verify/verify.ts';
import { signatureChecks } from '../../src/cli/signature-checks.ts';
import { nativeSha256, verifyEd25519 } from '../../src/store/ed25519.ts';
import { readLogPath } from '../../src/store/log-tiles.ts';
import type { Installation } from './installation.ts';
import { TENANT } from './tenant.ts';

/** What `countersign verify` says of the log as it stands: its form, its root, and that every act had its authority. */
export async function checkLog(world: Installation): Promise<VerifyReport> {
  await world.settleLog();
  return verifyLog({
    read: async path => (await readLogPath(world.serverPool, TENANT, path))?.bytes,
    policy: `log ${printNoteKey(world.signer.key)}\nquorum none\n`,
    sha256: nativeSha256,
    verifyEd25519,
    signatures: signatureChecks,
  });
}
