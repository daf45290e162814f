// `node tools/lock-prompts.mjs`: writes the digests of every prompt into prompts/prompts.lock.json and into the program.
// A version that was locked stays as it is: a change is a new version. `--unreleased ID/VERSION` locks one anew that no
// release came with; `--prompts DIR` looks at another folder, and `--check` writes nothing and fails where the lock is not what stands here.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { register } from 'tsx/esm/api';

register();
const { compilePrompt, sha256Hex } = await import('../src/app/assist/compile-prompt.ts');
const { values } = parseArgs({
  options: {
    prompts: { type: 'string' },
    unreleased: { type: 'string', multiple: true, default: [] },
    check: { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = values.prompts ?? join(root, 'prompts');
const lockFile = join(folder, 'prompts.lock.json');
const before = existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')).prompts : [];
const folders = path =>
  readdirSync(path, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort();

function lockedOf(id, version) {
  const at = join(folder, id, version);
  const paths = readdirSync(at, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(at, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
  const files = Object.fromEntries(paths.map(path => [path, sha256Hex(readFileSync(join(at, path)))]));
  const text = compilePrompt(id, version, readFileSync(join(at, 'system.md'), 'utf8'));
  return { id, version, sha256: sha256Hex(text), files };
}

const prompts = folders(folder).flatMap(id => folders(join(folder, id)).map(version => lockedOf(id, version)));
const wrong = before.filter(old => {
  const now = prompts.find(one => one.id === old.id && one.version === old.version);
  return JSON.stringify(now) !== JSON.stringify(old) && !values.unreleased.includes(`${old.id}/${old.version}`);
});
for (const { id, version } of wrong)
  console.error(`${id}/${version} is not what was locked: a change is a new version, and an old one stays.`);
const lock = { v: 1, prompts };
if (values.check && JSON.stringify(before) !== JSON.stringify(prompts)) {
  console.error('the lock is not what stands in prompts/; run `node tools/lock-prompts.mjs`.');
  process.exit(1);
}
if (wrong.length > 0) process.exit(1);
if (!values.check && values.prompts === undefined) {
  writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
  const text = `// Made by tools/lock-prompts.mjs.\nimport type { PromptLock } from './compile-prompt.ts';\n\n/** The digests of the prompts of this release. */\nexport const PROMPT_LOCK: PromptLock = ${printed(lock)};\n`;
  writeFileSync(join(root, 'src', 'app', 'assist', 'prompt-lock.ts'), text);
}
for (const { id, version, sha256 } of prompts) console.log(`${id}/${version} ${sha256}`);

/** As the formatter of this repository prints it. */
function printed(value, indent = '') {
  const deeper = `${indent}  `;
  const key = name => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`);
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[\n${value.map(item => `${deeper}${printed(item, deeper)},\n`).join('')}${indent}]`;
  if (typeof value === 'object')
    return `{\n${Object.entries(value)
      .map(([name, item]) => `${deeper}${key(name)}: ${printed(item, deeper)},\n`)
      .join('')}${indent}}`;
  return String(value);
}
