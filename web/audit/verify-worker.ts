/// <reference lib="webworker" />
import type { VerifyEd25519 } from '../../src/audit/note.ts';
import type { VerifyReport } from '../../src/audit/verify/report.ts';
import { verifyLog } from '../../src/audit/verify/verify.ts';
import { verifyReceipt } from '../../src/audit/verify/verify-receipt.ts';
import { sha256 } from '../../src/base/bytes.ts';
import { signatures } from './signature-checks.ts';

/** What the page asks: the whole log of this server, or one receipt. The policy comes from the person, not the log. */
export type VerifyRequest =
  | { readonly kind: 'log'; readonly policy: string; readonly since: string | undefined }
  | { readonly kind: 'receipt'; readonly policy: string; readonly receipt: string; readonly entry: string };

export type VerifyAnswer =
  | { readonly kind: 'progress'; readonly files: number }
  | {
      readonly kind: 'done';
      readonly report: VerifyReport;
      readonly checkpoint: string | undefined;
      readonly milliseconds: number;
    }
  | { readonly kind: 'broken'; readonly because: string };

const scope = self as unknown as DedicatedWorkerGlobalScope;

const verifyEd25519: VerifyEd25519 = async (publicKey, message, signature) => {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    const key = await crypto.subtle.importKey('raw', new Uint8Array(publicKey), { name: 'Ed25519' }, false, ['verify']);
    return await crypto.subtle.verify({ name: 'Ed25519' }, key, new Uint8Array(signature), new Uint8Array(message));
  } catch {
    return false;
  }
};

scope.onmessage = (message: MessageEvent<VerifyRequest>) => {
  void answer(message.data).catch((error: unknown) => {
    say({ kind: 'broken', because: error instanceof Error ? error.message : String(error) });
  });
};

function say(answer: VerifyAnswer): void {
  scope.postMessage(answer);
}

async function answer(request: VerifyRequest): Promise<void> {
  const began = performance.now();
  let checkpoint: string | undefined;
  if (request.kind === 'receipt') {
    const entry = new TextEncoder().encode(request.entry);
    const report = await verifyReceipt({
      receipt: request.receipt,
      entry,
      policy: request.policy,
      sha256,
      verifyEd25519,
    });
    say({ kind: 'done', report, checkpoint, milliseconds: performance.now() - began });
    return;
  }
  let files = 0;
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    const response = await fetch(`/log/${path}`, { credentials: 'same-origin', cache: 'no-store' });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`the server answered ${response.status} for /log/${path}`);
    files += 1;
    say({ kind: 'progress', files });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (path === 'checkpoint') checkpoint = new TextDecoder().decode(bytes);
    return bytes;
  };
  const since = request.since === undefined ? {} : { since: request.since };
  const report = await verifyLog({ read, policy: request.policy, ...since, sha256, verifyEd25519, signatures });
  say({ kind: 'done', report, checkpoint, milliseconds: performance.now() - began });
}
