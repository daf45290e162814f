// Writes docs/frameworks.md from the catalogue and the attacks that exist. `--check` only says whether it is up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attackFiles, CONTROLS, FRAMEWORKS, ROOT } from './catalogue.mjs';

const FILE = join(ROOT, 'docs', 'frameworks.md');

export function frameworksPage() {
  const files = attackFiles();
  const testsOf = id => [...(files.get(id) ?? []), ...(CONTROLS[id].tests ?? [])];
  const lines = [
    '# What each framework asks, and which control answers it',
    '',
    'Written by `node tools/frameworks.mjs` from `test/attacks/catalogue`; a test says when it is out of date. An identifier is always given as framework@version:id, because numbers move between versions.',
    '',
    'Some lists of requirements name "AGENT-03" and "CTRL-05". Neither is an identifier in the documents that OWASP and the Cloud Security Alliance published. What they seem to mean is answered here as OWASP-ASI@2026:ASI09 "Human-Agent Trust Exploitation" with OWASP-LLM@2025:LLM06 "Excessive Agency" and OWASP-ASI@2026:ASI02 "Tool Misuse & Exploitation", and as CSA-AICM:GRC-15 "Human supervision" (MAESTRO, layers 5 and 6, is a method of threat modelling and has no numbered controls).',
    '',
    'A control stands here with the tests that show it. An attack in `test/attacks` runs twice, against the product and with that one control taken out: `npm run test:attacks` prints both. **No test yet** means what it says.',
  ];
  for (const [framework, { title, requirements, byAbsence = {} }] of Object.entries(FRAMEWORKS)) {
    lines.push('', `## ${framework}`, '', `${title}.`, '', '| requirement | controls |', '| --- | --- |');
    for (const [id, words] of Object.entries(requirements)) {
      const answering = Object.keys(CONTROLS).filter(one => CONTROLS[one].satisfies.includes(`${framework}:${id}`));
      const said = answering.map(one => (testsOf(one).length === 0 ? `${one} (no test yet)` : one)).join(', ');
      lines.push(`| ${framework}:${id} "${words}" | ${said || byAbsence[id] || 'not answered'} |`);
    }
  }
  lines.push('', '## The controls', '', '| id | control | tests |', '| --- | --- | --- |');
  for (const [id, { title }] of Object.entries(CONTROLS)) {
    const tests = testsOf(id);
    const said = tests.length === 0 ? '**No test yet**' : tests.map(file => `\`${file}\``).join(', ');
    lines.push(`| ${id} | ${title} | ${said} |`);
  }
  return `${lines.join('\n')}\n`;
}

if (process.argv[1]?.endsWith('frameworks.mjs')) {
  const isFresh = readFileSync(FILE, { encoding: 'utf8', flag: 'a+' }) === frameworksPage();
  if (process.argv.includes('--check')) {
    if (!isFresh) console.log('docs/frameworks.md is out of date: node tools/frameworks.mjs');
    process.exit(isFresh ? 0 : 1);
  }
  writeFileSync(FILE, frameworksPage());
}
