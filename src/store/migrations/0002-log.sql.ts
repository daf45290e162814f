/**
 * The tables of the log. `$SERVER` and `$EXECUTOR` stand for quoted role names.
 *
 * Privileges and not triggers: nobody may change or delete an entry or a checkpoint. `audit_pending` and
 * `audit_head` are not part of the log; they are how it is written. Tiles of level 0 are not stored: they are the
 * leaf hashes of the entries.
 */
export const LOG_SCHEMA = `
-- Written in the transaction of the fact that an entry tells of. The place, and so the id, is the database's own:
-- entries are sequenced in the order of their inserts, whatever a clock does, and nobody can choose an id that is taken.
CREATE TABLE audit_pending (
  tenant_id  text   NOT NULL,
  place      bigint GENERATED ALWAYS AS IDENTITY,
  id         text   GENERATED ALWAYS AS ('pnd_' || place::text) STORED,
  entry      bytea  NOT NULL CHECK (octet_length(entry) BETWEEN 1 AND 65535),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, place)
);

CREATE TABLE audit_entry (
  tenant_id  text   NOT NULL,
  idx        bigint NOT NULL CHECK (idx >= 0),
  entry      bytea  NOT NULL,
  leaf_hash  bytea  NOT NULL CHECK (octet_length(leaf_hash) = 32),
  pending_id text   NOT NULL,
  PRIMARY KEY (tenant_id, idx),
  UNIQUE (tenant_id, pending_id)
);

-- One note a size: the primary key is what forbids a second root at a size.
CREATE TABLE audit_checkpoint (
  tenant_id text   NOT NULL,
  size      bigint NOT NULL,
  note      text   NOT NULL,
  PRIMARY KEY (tenant_id, size)
);

-- The compact range of the whole log and its newest signed note. Compared and swapped on (size, note).
CREATE TABLE audit_head (
  tenant_id text   PRIMARY KEY,
  size      bigint NOT NULL,
  stack     bytea  NOT NULL,
  note      text   NOT NULL
) WITH (fillfactor = 50);

-- Levels 1 and above. Derived from the entries: what is wrong here makes proofs fail, and nothing false true.
CREATE TABLE audit_tile (
  tenant_id text    NOT NULL,
  level     integer NOT NULL CHECK (level BETWEEN 1 AND 6),
  n         bigint  NOT NULL,
  hashes    bytea   NOT NULL CHECK (octet_length(hashes) BETWEEN 32 AND 8192),
  PRIMARY KEY (tenant_id, level, n)
);

GRANT SELECT, DELETE ON audit_pending TO $SERVER;
GRANT INSERT (tenant_id, entry), SELECT (id) ON audit_pending TO $SERVER, $EXECUTOR;
GRANT SELECT, INSERT ON audit_entry, audit_checkpoint TO $SERVER;
GRANT SELECT, INSERT, UPDATE ON audit_head, audit_tile TO $SERVER;
GRANT SELECT ON audit_entry, audit_checkpoint, audit_head, audit_tile TO $EXECUTOR;
`;
