import type pg from 'pg';

/** Everything that stands in a database, to be put back later as a restored backup would. */
export interface KeptDatabase {
  putBack(): Promise<void>;
}

/** Copies every table aside, in the database itself. */
export async function keepDatabase(owner: pg.Pool): Promise<KeptDatabase> {
  const { rows } = await owner.query<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
  );
  const names = rows.map(row => row.name);
  for (const name of names) await owner.query(`CREATE TABLE kept_${name} AS TABLE ${name}`);
  return {
    async putBack() {
      const client = await owner.connect();
      try {
        await client.query('BEGIN');
        await client.query(`TRUNCATE ${names.join(', ')}`);
        for (const name of names) {
          const columns = await client.query<{ columns: string }>(
            `SELECT string_agg(quote_ident(attname), ', ') AS columns FROM pg_attribute
              WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
            [name],
          );
          const list = columns.rows[0]?.columns ?? '';
          await client.query(`INSERT INTO ${name} (${list}) OVERRIDING SYSTEM VALUE SELECT ${list} FROM kept_${name}`);
        }
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
    },
  };
}
