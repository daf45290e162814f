import pg from 'pg';

export const TENANT = 'default';

/** A pool as each process makes its own: it sees this tenant's rows only. */
export function tenantPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 6, options: `-c countersign.tenant=${TENANT}` });
  pool.on('error', () => undefined);
  return pool;
}
