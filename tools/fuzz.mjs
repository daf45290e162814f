// `npm run fuzz`: changed records and random bytes against every source and the splitter, so many seconds each.
// Options: --seconds N (60), --only NAME, --seed N (a seed that was printed makes the same case first).
import { parseArgs } from 'node:util';
import { register } from 'tsx/esm/api';

register();
const { fuzz, sourceCase, splitterCase } = await import('../test/fuzz/fuzz.ts');
const { SOURCES } = await import('../src/sources/index.ts');

const { values } = parseArgs({
  options: { seconds: { type: 'string' }, only: { type: 'string' }, seed: { type: 'string' } },
});
const seconds = Number(values.seconds ?? 60);
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const targets = [
  ...SOURCES.sources.map(source => [source.id, at => sourceCase(source, at)]),
  ['splitter', splitterCase],
].filter(([name]) => values.only === undefined || name === values.only);

if (targets.length === 0 || !(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error('fuzz: there is no such target, or a number is none');
  process.exit(2);
}
console.log(`seed ${seed}, ${seconds} s each`);
let faults = 0;
for (const [name, run] of targets) {
  const { cases, fault } = fuzz(run, seed, seconds * 1_000);
  if (fault === undefined) console.log(`${name}: ${cases} cases`);
  else {
    faults += 1;
    console.log(`${name}: FAULT at seed ${fault.seed} after ${cases} cases`);
    console.log(fault.error);
  }
}
console.log(`${targets.length - faults} of ${targets.length} without a fault`);
process.exit(faults > 0 ? 1 : 0);
