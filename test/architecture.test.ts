import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/**
 * Which layer may import which, as data. `tsc -b` enforces the coarse form (a pure layer has no types for Node, and no
 * project reference to what is not listed here); this adds what the compiler cannot see.
 */
const MAY_IMPORT: { readonly [layer: string]: readonly string[] } = {
  base: [],
  model: ['base'],
  ports: ['base', 'model'],
  core: ['base', 'model', 'ports'],
  audit: ['base'],
  keys: ['base', 'model', 'core'],
  sources: ['base', 'model', 'ports'],
  pollers: ['base', 'model', 'ports'],
  responders: ['base', 'model', 'ports'],
  'look-ups': ['base', 'model', 'ports'],
  notifiers: ['base', 'model', 'ports'],
  store: ['base', 'model', 'ports', 'core', 'audit'],
  executor: ['base', 'model', 'ports', 'core', 'audit', 'keys', 'responders', 'store'],
  // The kit for whoever writes a responder. Nothing of the product may import it: it can act, on what it started itself.
  connector: ['base', 'model', 'ports', 'core', 'sources', 'responders', 'executor'],
  ai: ['base', 'model', 'ports'],
  app: [
    'base',
    'model',
    'ports',
    'core',
    'audit',
    'keys',
    'sources',
    'pollers',
    'responders',
    'look-ups',
    'notifiers',
    'store',
    'executor',
  ],
  api: ['base', 'model', 'ports', 'core', 'audit', 'keys', 'sources', 'store', 'app'],
  cli: [
    'base',
    'model',
    'ports',
    'core',
    'audit',
    'keys',
    'sources',
    'pollers',
    'responders',
    'look-ups',
    'notifiers',
    'store',
    'executor',
    'ai',
    'app',
    'api',
  ],
};

/** Layers whose members are strangers to each other: deleting one folder breaks one line of a registry. */
const STRANGERS = ['sources', 'pollers', 'responders', 'look-ups', 'notifiers'];
/** Folders of those layers that all of their siblings share. */
const SHARED = ['shared', 'read'];
/** No clock, no dice, no network, no file: whatever they need of the world is an argument. */
const PURE = ['base', 'model', 'ports', 'core', 'audit', 'sources', 'pollers'];
const AMBIENT =
  /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bsetTimeout\(|\bfetch\(|\bprocess\.(?:env|argv|exit|std|cwd|on|pid)|from 'node:/;
/** What nobody but the executor may touch, so that no other code path leads to an effect (EXE-03). */
const ONLY_EXECUTOR = /\bcreateCapability\b|\.execute\(\s*(plan|act|responder)/;

const root = fileURLToPath(new URL('../src/', import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map(path => path.replaceAll('\\', '/'))
  .filter(path => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.endsWith('.d.ts'));
const code = (path: string) => readFileSync(join(root, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '');
const layerOf = (path: string) => path.split('/')[0] ?? '';

test('every import goes down, never up, and members of a layer of strangers never meet', () => {
  const wrong = files.flatMap(path => {
    const [layer = '', member = ''] = path.split('/');
    return [...code(path).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].flatMap(([, target = '']) => {
      const [toLayer = '', toMember = ''] = posix.join(posix.dirname(path), target).split('/');
      const isMember = path.split('/').length > 2 && !SHARED.includes(member);
      const sideways =
        STRANGERS.includes(layer) &&
        toLayer === layer &&
        isMember &&
        toMember !== member &&
        !SHARED.includes(toMember) &&
        !toMember.endsWith('.ts');
      const up = toLayer !== layer && MAY_IMPORT[layer]?.includes(toLayer) !== true;
      return sideways || up ? [`${path} imports ${target}`] : [];
    });
  });
  expect(wrong).toEqual([]);
});

test('pure layers have no clock, no dice, no network and no file of their own', () => {
  expect(files.filter(path => PURE.includes(layerOf(path)) && AMBIENT.test(code(path)))).toEqual([]);
});

test('nothing but the executor can make a write capability or call a responder to act', () => {
  const others = files.filter(path => layerOf(path) !== 'executor' && layerOf(path) !== 'connector');
  expect(others.filter(path => ONLY_EXECUTOR.test(code(path)))).toEqual([]);
});

/**
 * How people review is measured to be shown to them. Were it read by anything that decides, a tier could fall because
 * somebody is trusted, or a person be braked without being told.
 */
const RELIANCE =
  /^(core\/decide\/reliance|app\/reliance|cli\/reliance-simulation)\/|^(api|model|cli\/bench-)\/?reliance\.ts$/;
const RELIANCE_DOORS = ['api/app.ts', 'cli/bench.ts', 'store/migrations/index.ts'];
const READS_RELIANCE = /decision_telemetry|from '[^']*\breliance\b[^']*'/;

test('nothing that decides, authorises or acts reads how people review', () => {
  const readers = files.filter(path => !RELIANCE.test(path) && READS_RELIANCE.test(code(path)));
  expect(readers.filter(path => !RELIANCE_DOORS.includes(path) && !path.startsWith('store/migrations/'))).toEqual([]);
  // And what measures it can do nothing else: it hands out nothing that a decision could use.
  const imported = files
    .filter(path => path.startsWith('core/decide/reliance/'))
    .map(code)
    .join('\n');
  expect(imported).not.toMatch(/from '[^']*(authorise|tier|tally|check)\.ts'/);
});

/** Comments are read by people: the door that shows them is the only one that asks for them. */
const READS_COMMENTS = /proposal_comment|from '[^']*\/comments\.ts'/;

test('nothing that decides, ranks or acts reads what people say of a proposal', () => {
  const readers = files.filter(path => READS_COMMENTS.test(code(path)));
  expect(readers.sort()).toEqual([
    'api/conversation.ts',
    'app/proposals/comments.ts',
    'store/migrations/0028-conversation.sql.ts',
  ]);
});

/** How a system did is shown to people. Were it read by what acts, a lie about a look could hold an act up, or let one pass. */
const READS_POWERS = /power_seen|power_look\b|from '[^']*\/power-facts\.ts'/;

test('nothing that decides or acts reads how a system did', () => {
  const readers = files.filter(path => READS_POWERS.test(code(path)));
  expect(readers.sort()).toEqual([
    'app/machines.ts',
    'app/power-facts.ts',
    'app/powers.ts',
    'executor/power-looks.ts',
    'executor/went.ts',
    'store/migrations/0035-powers.sql.ts',
  ]);
  for (const path of ['executor/power-looks.ts', 'executor/went.ts'])
    expect(code(path), path).not.toMatch(/SELECT|FROM power_/);
});

test('no layer is missing from the map, and the map names no layer that does not exist', () => {
  expect([...new Set(files.map(layerOf))].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
});

test('every project reference of a layer is in the map', () => {
  for (const [layer, allowed] of Object.entries(MAY_IMPORT)) {
    const config = JSON.parse(readFileSync(join(root, layer, 'tsconfig.json'), 'utf8')) as {
      references: { path: string }[];
    };
    const referenced = config.references.map(reference => reference.path.replace('../', ''));
    expect(
      referenced.filter(name => !allowed.includes(name)),
      layer,
    ).toEqual([]);
  }
});
