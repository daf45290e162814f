import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => join('docs', name)),
];

test.each(pages)('%s names no file of ours that does not exist', page => {
  const text = readFileSync(join(root, page), 'utf8');
  const named = [...text.matchAll(/`((?:src|test|web|tools)\/[\w./-]+)`/g)].map(match => match[1] ?? '');
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)].map(match => join(dirname(page), match[1] ?? ''));
  expect([...named, ...linked].filter(path => !existsSync(join(root, path)))).toEqual([]);
});

test('each promise in ARCHITECTURE.md stands beside a test', () => {
  const section = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split('## Promises')[1]?.split('\n## ')[0] ?? '';
  const rows = section
    .split('\n')
    .filter(line => line.startsWith('| ') && !line.startsWith('| Promise') && !line.startsWith('| ---'));
  expect(rows.length).toBeGreaterThan(9);
  expect(rows.filter(row => !/`(src|test)\//.test(row))).toEqual([]);
});

test('README.md leads to every power and to every guide', () => {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  const powers = readdirSync(join(root, 'src/responders'), { withFileTypes: true })
    .filter(entry => entry.isDirectory() && entry.name !== 'shared')
    .map(({ name }) => `src/responders/${name}/README.md`);
  const guides = readdirSync(join(root, 'docs/howto')).map(name => `docs/howto/${name}`);
  expect(powers.length).toBeGreaterThan(20);
  expect([...powers, ...guides].filter(path => !text.includes(`](${path})`))).toEqual([]);
});
