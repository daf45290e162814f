import { parseDocument } from 'yaml';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Inventory, InventoryRecord } from '../../model/inventory.ts';

/** Why a file is no inventory: each with its place, as a person would look for it. */
export interface InventoryFault {
  /** `line 7` of a CSV file, `records[3].owner` of a YAML file. */
  readonly where: string;
  readonly because: string;
}

/** Of more faults than this, the first are told. */
const FAULTS_MAX = 50;
const RECORDS_MAX = 100_000;
const LIST_MAX = 200;
const TEXT_CHARS_MAX = 512;
const KINDS: readonly string[] = ['person', 'nhi', 'host', 'service', 'cloud_account', 'business_service'];
const MARKS: readonly string[] = ['yes', 'no', 'unknown'];
const CRITICALITIES: readonly string[] = ['low', 'medium', 'high', 'critical', 'unknown'];
const FIELDS: readonly string[] = [
  'kind',
  'name',
  'aliases',
  'accounts',
  'owner',
  'privileged',
  'criticality',
  'dependents',
];
/** In front of the names of a hyphen, a YAML list; in CSV several values stand in one cell, between these. */
const CELL_SEPARATOR = ';';

type Draft = { readonly [field: string]: unknown };

/**
 * Reads an inventory that somebody wrote: YAML (`records:` with a list, or the list alone) or CSV with a header.
 *
 * Strict: an unknown column, a word that is none of the choices or a name that stands twice is refused with its place,
 * because a mark that is misread could make a review laxer. What is absent is `unknown`, never `no`. Lists come out
 * sorted, so that the same content gives the same digest. `version` is the next version's number.
 */
export function parseInventory(text: string, version: string): Result<Inventory, readonly InventoryFault[]> {
  const drafts = isCsv(text) ? draftsOfCsv(text) : draftsOfYaml(text);
  if (!drafts.ok) return drafts;
  const faults: InventoryFault[] = [];
  const records: InventoryRecord[] = [];
  const names = new Map<string, string>();
  for (const { where, draft } of drafts.value) {
    const record = recordOf(draft, where, faults);
    if (faults.length >= FAULTS_MAX) break;
    if (record === undefined) continue;
    const key = `${record.kind}:${record.name.toLowerCase()}`;
    const earlier = names.get(key);
    if (earlier !== undefined)
      faults.push({ where, because: `${record.kind} \`${record.name}\` stands at ${earlier} too` });
    names.set(key, where);
    records.push(record);
  }
  if (records.length > RECORDS_MAX) faults.push({ where: 'the file', because: `more than ${RECORDS_MAX} records` });
  if (faults.length > 0) return fail(faults);
  return ok({
    v: '1',
    version,
    records: records.sort((a, b) => (a.kind === b.kind ? compare(a.name, b.name) : compare(a.kind, b.kind))),
  });
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function isCsv(text: string): boolean {
  const [first = ''] = text.split('\n', 1);
  return /^\ufeff?"?kind"?\s*,/i.test(first) || /^\ufeff?"?name"?\s*,/i.test(first);
}

type Drafts = Result<readonly { readonly where: string; readonly draft: Draft }[], readonly InventoryFault[]>;

function draftsOfYaml(text: string): Drafts {
  const document = parseDocument(text, { schema: 'core', uniqueKeys: true, maxAliasCount: 0 } as Parameters<
    typeof parseDocument
  >[1]);
  const [error] = document.errors;
  if (error !== undefined)
    return fail([
      { where: `line ${error.linePos?.[0].line ?? '?'}`, because: error.message.split('\n')[0] ?? 'not YAML' },
    ]);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 0 });
  } catch (thrown) {
    return fail([{ where: 'the file', because: thrown instanceof Error ? thrown.message : 'not YAML' }]);
  }
  const list: unknown = isDraft(value) ? value['records'] : value;
  if (isDraft(value)) {
    const strange = Object.keys(value).filter(key => key !== 'records' && key !== 'v' && key !== 'version');
    if (strange.length > 0)
      return fail([{ where: 'the file', because: `\`${strange[0]}\` is not expected beside \`records\`` }]);
  }
  if (!Array.isArray(list)) return fail([{ where: 'the file', because: 'a list of records is expected' }]);
  const drafts = list.map((draft: unknown, index) => ({ where: `records[${index}]`, draft }));
  const wrong = drafts.find(({ draft }) => !isDraft(draft));
  if (wrong !== undefined) return fail([{ where: wrong.where, because: 'is not a record' }]);
  return ok(drafts as readonly { where: string; draft: Draft }[]);
}

function isDraft(value: unknown): value is Draft {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function draftsOfCsv(text: string): Drafts {
  const rows = rowsOf(text.replace(/^\ufeff/, ''));
  if (rows === undefined) return fail([{ where: 'the file', because: 'a quoted cell does not end' }]);
  const [header, ...body] = rows;
  if (header === undefined) return fail([{ where: 'line 1', because: 'a header is expected' }]);
  const columns = header.cells.map(cell => cell.trim().toLowerCase());
  const strange = columns.find(column => !FIELDS.includes(column));
  if (strange !== undefined) return fail([{ where: 'line 1', because: `\`${strange}\` is no column of an inventory` }]);
  if (new Set(columns).size !== columns.length) return fail([{ where: 'line 1', because: 'a column stands twice' }]);
  const faults: InventoryFault[] = [];
  const drafts: { where: string; draft: Draft }[] = [];
  for (const { line, cells } of body) {
    const where = `line ${line}`;
    if (cells.length !== columns.length) {
      faults.push({ where, because: `has ${cells.length} cells where the header has ${columns.length}` });
      continue;
    }
    drafts.push({
      where,
      draft: Object.fromEntries(columns.flatMap((column, index) => cellOf(column, cells[index] ?? ''))),
    });
  }
  return faults.length > 0 ? fail(faults.slice(0, FAULTS_MAX)) : ok(drafts);
}

/** `system:name` for an account, several values between semicolons. An empty cell is absent. */
function cellOf(column: string, cell: string): readonly (readonly [string, unknown])[] {
  const text = cell.trim();
  if (text === '') return [];
  if (column === 'aliases' || column === 'dependents')
    return [[column, text.split(CELL_SEPARATOR).map(part => part.trim())]];
  if (column !== 'accounts') return [[column, text]];
  const accounts = text.split(CELL_SEPARATOR).map(part => {
    const at = part.indexOf(':');
    return at < 0 ? part.trim() : { system: part.slice(0, at).trim(), name: part.slice(at + 1).trim() };
  });
  return [[column, accounts]];
}

/** RFC 4180: rows with the line on which each begins; blank lines are skipped. */
function rowsOf(text: string): readonly { readonly line: number; readonly cells: readonly string[] }[] | undefined {
  const rows: { line: number; cells: string[] }[] = [];
  let cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  let line = 1;
  let begun = 1;
  const endRow = (): void => {
    cells.push(cell);
    if (cells.length > 1 || cell.trim() !== '') rows.push({ line: begun, cells });
    cells = [];
    cell = '';
  };
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? '';
    if (character === '\n') line++;
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (text[i + 1] === '"') cell += text[++i] ?? '';
      else isQuoted = false;
    } else if (character === '"' && cell.trim() === '') [cell, isQuoted] = ['', true];
    else if (character === ',') {
      cells.push(cell);
      cell = '';
    } else if (character === '\n') {
      endRow();
      begun = line;
    } else if (character !== '\r') cell += character;
  }
  if (isQuoted) return undefined;
  if (cell !== '' || cells.length > 0) endRow();
  return rows;
}

function recordOf(draft: Draft, where: string, faults: InventoryFault[]): InventoryRecord | undefined {
  const before = faults.length;
  const strange = Object.keys(draft).find(key => !FIELDS.includes(key));
  if (strange !== undefined)
    faults.push({ where: `${where}.${strange}`, because: 'is no field of an inventory record' });
  const at = (field: string, because: string): undefined => {
    faults.push({ where: `${where}.${field}`, because });
    return undefined;
  };
  const choice = (field: string, choices: readonly string[], absent: string | undefined): string | undefined => {
    const value = wordOf(draft[field]) ?? absent;
    return value !== undefined && choices.includes(value) ? value : at(field, `must be one of ${choices.join(', ')}`);
  };
  const kind = choice('kind', KINDS, undefined);
  const privileged = choice('privileged', MARKS, 'unknown');
  const criticality = choice('criticality', CRITICALITIES, 'unknown');
  const name = isName(draft['name']) ? draft['name'].trim() : at('name', 'must be a name');
  const owner =
    draft['owner'] === undefined || draft['owner'] === null
      ? ''
      : isName(draft['owner'])
        ? draft['owner'].trim()
        : at('owner', 'must be a name');
  const aliases = namesOf(
    draft['aliases'],
    because => at('aliases', because),
    isAlias,
    'an entity key such as `user:j.doe`',
  );
  const dependents = namesOf(draft['dependents'], because => at('dependents', because), isName, 'a name');
  const accounts = accountsOf(draft['accounts'], because => at('accounts', because));
  if (
    faults.length > before ||
    !name ||
    !kind ||
    !privileged ||
    !criticality ||
    owner === undefined ||
    !aliases ||
    !dependents ||
    !accounts
  )
    return undefined;
  return {
    kind: kind as InventoryRecord['kind'],
    name,
    aliases,
    accounts,
    owner,
    privileged: privileged as InventoryRecord['privileged'],
    criticality: criticality as InventoryRecord['criticality'],
    dependents,
  };
}

/** YAML 1.1 habits: somebody who writes `privileged: true` means yes. */
function wordOf(value: unknown): string | undefined {
  if (value === true) return 'yes';
  if (value === false) return 'no';
  return typeof value === 'string' ? value.trim().toLowerCase() : undefined;
}

function isName(value: unknown): value is string {
  return (
    typeof value === 'string' && value.trim() !== '' && value.length <= TEXT_CHARS_MAX && !/[\p{Cc}\p{Cf}]/u.test(value)
  );
}

function isAlias(value: unknown): value is string {
  return isName(value) && /^[a-z_]+:./.test(value);
}

function namesOf(
  value: unknown,
  at: (because: string) => undefined,
  isOne: (item: unknown) => item is string,
  what: string,
): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > LIST_MAX) return at(`has more than ${LIST_MAX} entries`);
  const texts = list.filter(isOne).map(text => text.trim());
  return texts.length === list.length ? [...new Set(texts)].sort() : at(`each must be ${what}`);
}

function accountsOf(value: unknown, at: (because: string) => undefined): InventoryRecord['accounts'] | undefined {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > LIST_MAX) return at(`must be a list of at most ${LIST_MAX}`);
  const accounts: { system: string; name: string }[] = [];
  for (const item of value as readonly unknown[]) {
    if (!isDraft(item) || !isName(item['system']) || !isName(item['name']) || Object.keys(item).length !== 2)
      return at('each must have a system and a name');
    accounts.push({ system: item['system'].trim(), name: item['name'].trim() });
  }
  return accounts.sort((a, b) => compare(a.system, b.system) || compare(a.name, b.name));
}
