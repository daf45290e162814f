import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import pg from 'pg';
import { SETUP_DEFAULTS, setupSql } from '../../responders/postgres-role/setup.sql.ts';
import { trailSql } from '../../responders/postgres-role/trail.sql.ts';

/** The database of the demo's web shop. */
export const ORDERS_DATABASE = 'orders';
/** The table that the attacker copies. */
export const CUSTOMERS_TABLE = 'customers';
/** A contractor's personal login. */
export const CONTRACTOR = 'c.reyes';
/** What the company's deployments log in as: a machine identity. */
export const DEPLOYER = 'ci_deployer';
/** What the shop itself logs in as. */
export const SERVICE = 'app_orders';

const ROWS = 41_200;

/** Their passwords are made once and kept: a new one would be a change of the role, over which an undo refuses. */
const LOGINS = [CONTRACTOR, DEPLOYER, SERVICE, SETUP_DEFAULTS.readUser, SETUP_DEFAULTS.writeUser] as const;

/** Reads the passwords of the target's logins from `file`, which only its owner may read, and makes them first where it is not there. */
export async function openPasswords(file: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text !== undefined) {
    const known: unknown = JSON.parse(text);
    return new Map(Object.entries(known ?? {}).map(([role, password]) => [role, String(password)]));
  }
  const made = Object.fromEntries(LOGINS.map(role => [role, randomBytes(24).toString('base64url')]));
  await writeFile(`${file}.making`, JSON.stringify(made), { mode: 0o600 });
  await rename(`${file}.making`, file);
  return new Map(Object.entries(made));
}

/** Makes the database with its roles and rows, and what Countersign needs there. Does nothing where that was done before. */
export async function fillTarget(superuserUrl: string, passwords: ReadonlyMap<string, string>): Promise<void> {
  await withClient(superuserUrl, async client => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [ORDERS_DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${ORDERS_DATABASE}`);
  });
  const url = new URL(superuserUrl);
  url.pathname = `/${ORDERS_DATABASE}`;
  await withClient(url.toString(), async client => {
    const { rowCount } = await client.query("SELECT FROM pg_namespace WHERE nspname = 'countersign'");
    // One of an earlier version has no log of its own.
    if (rowCount !== 0) return void (await client.query(trailSql(SETUP_DEFAULTS)));
    await client.query('BEGIN');
    await client.query(rolesSql(passwords));
    await client.query(rowsSql());
    await client.query(setupSql({ ...SETUP_DEFAULTS, targets: [CONTRACTOR, DEPLOYER] }));
    for (const role of [SETUP_DEFAULTS.readUser, SETUP_DEFAULTS.writeUser]) {
      await client.query(
        `ALTER ROLE ${pg.escapeIdentifier(role)} PASSWORD ${pg.escapeLiteral(passwordOf(passwords, role))}`,
      );
    }
    await client.query('COMMIT');
  });
}

/** The password of a login of the target. */
export function passwordOf(passwords: ReadonlyMap<string, string>, role: string): string {
  const password = passwords.get(role);
  if (password === undefined)
    throw new Error(
      `the passwords of the demo's target lack ${role}; remove the demo's data directory to start afresh`,
    );
  return password;
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function rolesSql(passwords: ReadonlyMap<string, string>): string {
  const login = (role: string, comment: string) =>
    `CREATE ROLE ${pg.escapeIdentifier(role)} LOGIN PASSWORD ${pg.escapeLiteral(passwordOf(passwords, role))};
     COMMENT ON ROLE ${pg.escapeIdentifier(role)} IS ${pg.escapeLiteral(comment)};`;
  return `
    CREATE ROLE orders_reader NOLOGIN;
    CREATE ROLE orders_release NOLOGIN;
    ${login(SERVICE, 'The shop.\ncountersign: machine')}
    ${login(CONTRACTOR, 'C. Reyes, reporting, external.\ncountersign: person')}
    ${login(DEPLOYER, 'Deployments.\ncountersign: machine')}
    GRANT orders_reader TO ${pg.escapeIdentifier(CONTRACTOR)};
    GRANT orders_reader, orders_release TO ${pg.escapeIdentifier(DEPLOYER)};`;
}

/** Customers that nobody is, the same on every machine. */
function rowsSql(): string {
  return `
    CREATE TABLE ${CUSTOMERS_TABLE} (
      id integer PRIMARY KEY,
      name text NOT NULL,
      email text NOT NULL,
      country text NOT NULL,
      orders integer NOT NULL,
      since date NOT NULL
    );
    INSERT INTO ${CUSTOMERS_TABLE}
      SELECT n, 'Customer ' || n, 'customer' || n || '@shop.example', (ARRAY['AT', 'BE', 'DE', 'ES', 'FR', 'IT', 'NL', 'PT'])[1 + n * 31 % 8],
        1 + n * 7919 % 97, date '2019-01-01' + n * 31 % 2700
      FROM generate_series(1, ${ROWS}) AS n;
    CREATE TABLE release (id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY, version text NOT NULL, at timestamptz NOT NULL DEFAULT now());
    ALTER TABLE ${CUSTOMERS_TABLE} OWNER TO ${SERVICE};
    ALTER TABLE release OWNER TO ${SERVICE};
    GRANT SELECT ON ${CUSTOMERS_TABLE} TO orders_reader;
    GRANT SELECT, INSERT ON release TO orders_release;`;
}
