import type { AuditFact } from '../../src/model/audit-entry.ts';
import type { Genesis } from '../../src/ports/genesis.ts';

/** The first entry of a log, as the server writes it. */
export function firstEntryOf(genesis: Genesis): AuditFact {
  return {
    type: 'installation.made',
    installation: genesis.installation,
    logOrigin: genesis.logOrigin,
    linkPublicKey: genesis.linkPublicKey,
    linkExpiresAt: genesis.linkExpiresAt,
    rpId: genesis.rpId,
    origin: genesis.origin,
    demo: genesis.demo ? 'yes' : 'no',
    policyDigest: genesis.policyDigest,
    inventoryDigest: genesis.inventoryDigest,
  };
}
