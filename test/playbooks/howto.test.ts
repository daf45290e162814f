import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { analysePlaybook } from '../../src/core/decide/playbook/analyse.ts';
import { readPlaybook } from '../../src/core/decide/playbook/read-playbook.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/howto/write-a-playbook.md', import.meta.url)), 'utf8');
const [example = '', elsewhere = ''] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(match => match[1] ?? '');

function analysed(text: string) {
  const read = readPlaybook(text);
  if (!read.ok) throw new Error(JSON.stringify(read.failure));
  return analysePlaybook(read.value);
}

test('the playbook of the page loads, and bypasses nobody', () => {
  expect(analysed(example)).toMatchObject({ bypasses: [], warnings: [], effects: 3, humanSteps: 3, tier: 'T2' });
});

test('each of its human steps is needed', () => {
  for (const name of ['ask-lock', 'ask-isolate', 'ask-close']) {
    const without = example.replace(
      new RegExp(`( *)- (?:\\{ )?step: ${name}[\\s\\S]*?(?=\\n *- )`),
      `$1- { step: ${name}, notify: nobody is asked }`,
    );
    expect(without).not.toBe(example);
    expect(analysed(without).bypasses).toHaveLength(1);
  }
});

test('what listens elsewhere is read as the page says', () => {
  const text = example.replace('steps:\n', `${elsewhere}steps:\n  - { step: mark, tag: contain-now }\n`);
  expect(analysed(text).bypasses).toMatchObject([{ step: 'mark', tier: 'T2' }]);
});
