import { CORE_SCHEMA } from './0001-core.sql.ts';
import { LOG_SCHEMA } from './0002-log.sql.ts';
import { PLACING_SCHEMA } from './0003-placing.sql.ts';
import { LATE_NEWS_SCHEMA } from './0004-late-news.sql.ts';
import { ENRICHMENT_SCHEMA } from './0005-enrichment.sql.ts';
import { DELIVER_SCHEMA } from './0006-deliver.sql.ts';
import { ENTITY_BINDING_SCHEMA } from './0007-entity-binding.sql.ts';
import { QUERIES_SCHEMA } from './0008-queries.sql.ts';
import { STUDIED_ALERTS_SCHEMA } from './0009-studied-alerts.sql.ts';
import { LOOKS_SCHEMA } from './0010-looks.sql.ts';
import { AI_SCHEMA } from './0011-ai.sql.ts';
import { HANDOVER_SCHEMA } from './0012-handover.sql.ts';
import { NOTICES_SCHEMA } from './0013-notices.sql.ts';
import { RELIANCE_SCHEMA } from './0014-reliance.sql.ts';
import { QUEUE_TEXT_SCHEMA } from './0015-queue-text.sql.ts';
import { STREAM_MEMORY_SCHEMA } from './0016-stream-memory.sql.ts';
import { OWN_EFFECT_SCHEMA } from './0017-own-effect.sql.ts';
import { ATTENTION_SCHEMA } from './0019-attention.sql.ts';
import { ACTS_OF_LATE_SCHEMA } from './0022-acts-of-late.sql.ts';
import { POLICY_FILE_SCHEMA } from './0023-policy-file.sql.ts';
import { DELEGATION_SCHEMA } from './0024-delegation.sql.ts';
import { SUPPRESSION_SCHEMA } from './0025-suppression.sql.ts';
import { DRILLS_SCHEMA } from './0026-drills.sql.ts';
import { IDENTITIES_SCHEMA } from './0027-identities.sql.ts';
import { CONVERSATION_SCHEMA } from './0028-conversation.sql.ts';
import { PLAYBOOKS_SCHEMA } from './0029-playbooks.sql.ts';
import { AGENTS_SCHEMA } from './0031-agents.sql.ts';
import { INVITED_BY_TWO_SCHEMA } from './0032-invited-by-two.sql.ts';
import { LEASE_SCHEMA } from './0033-lease.sql.ts';
import { TRAIL_SCHEMA } from './0034-trail.sql.ts';
import { POWERS_SCHEMA } from './0035-powers.sql.ts';
import { TRAIL_SEEN_SCHEMA } from './0036-trail-seen.sql.ts';

/**
 * One step of the schema. `sql` may hold `$OWNER`, `$SERVER` and `$EXECUTOR`, which become the quoted names of the
 * roles of the database at hand.
 *
 * INVARIANT: once released a migration is never changed, renamed or moved: its SHA-256 is recorded where it was applied.
 */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** Every migration, in the order in which they are applied. Append only. */
export const MIGRATIONS: readonly Migration[] = [
  { name: '0001-core', sql: CORE_SCHEMA },
  { name: '0002-log', sql: LOG_SCHEMA },
  { name: '0003-placing', sql: PLACING_SCHEMA },
  { name: '0004-late-news', sql: LATE_NEWS_SCHEMA },
  { name: '0005-enrichment', sql: ENRICHMENT_SCHEMA },
  { name: '0006-deliver', sql: DELIVER_SCHEMA },
  { name: '0007-entity-binding', sql: ENTITY_BINDING_SCHEMA },
  { name: '0008-queries', sql: QUERIES_SCHEMA },
  { name: '0009-studied-alerts', sql: STUDIED_ALERTS_SCHEMA },
  { name: '0010-looks', sql: LOOKS_SCHEMA },
  { name: '0011-ai', sql: AI_SCHEMA },
  { name: '0012-handover', sql: HANDOVER_SCHEMA },
  { name: '0013-notices', sql: NOTICES_SCHEMA },
  { name: '0014-reliance', sql: RELIANCE_SCHEMA },
  { name: '0015-queue-text', sql: QUEUE_TEXT_SCHEMA },
  { name: '0016-stream-memory', sql: STREAM_MEMORY_SCHEMA },
  { name: '0017-own-effect', sql: OWN_EFFECT_SCHEMA },
  { name: '0019-attention', sql: ATTENTION_SCHEMA },
  { name: '0022-acts-of-late', sql: ACTS_OF_LATE_SCHEMA },
  { name: '0023-policy-file', sql: POLICY_FILE_SCHEMA },
  { name: '0024-delegation', sql: DELEGATION_SCHEMA },
  { name: '0025-suppression', sql: SUPPRESSION_SCHEMA },
  { name: '0026-drills', sql: DRILLS_SCHEMA },
  { name: '0028-conversation', sql: CONVERSATION_SCHEMA },
  { name: '0031-agents', sql: AGENTS_SCHEMA },
  { name: '0027-identities', sql: IDENTITIES_SCHEMA },
  { name: '0029-playbooks', sql: PLAYBOOKS_SCHEMA },
  { name: '0032-invited-by-two', sql: INVITED_BY_TWO_SCHEMA },
  { name: '0033-lease', sql: LEASE_SCHEMA },
  { name: '0034-trail', sql: TRAIL_SCHEMA },
  { name: '0035-powers', sql: POWERS_SCHEMA },
  { name: '0036-trail-seen', sql: TRAIL_SEEN_SCHEMA },
];
