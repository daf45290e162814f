import { expect, test } from 'vitest';
import { withHumanSteps } from './add-human-steps.ts';
import { analysePlaybook } from './analyse.ts';
import { pictureOf } from './draw.ts';
import { readPlaybook } from './read-playbook.ts';
import { svgOf } from './svg.ts';
import { allSteps, listOf } from './walk.ts';

const TEXT = `
playbook: "<script>alert(1)</script>"
version: "1"
on_error: [{ step: tell-all, notify: It went wrong. }]
steps:
  - { step: ask-lock, ask: lock, on_timeout: [{ step: late, notify: "<b>late</b>" }], on_rejected: continue }
  - { step: lock, act: disable_account, on: incident.user, on_error: continue }
  - { step: grave, if: { severity: high }, yes: [{ step: block, act: block_indicator, on: incident.address }] }
  - { step: loop, each: host, as: machine, at_most: 5, steps: [{ step: isolate, act: isolate_host, on: $machine }] }
  - { step: both, parallel: [[{ step: one, notify: One. }], [{ step: mark, tag: unheard-of }]] }
  - { step: halt, stop: true }
`;

function read() {
  const file = readPlaybook(TEXT);
  if (!file.ok) throw new Error(JSON.stringify(file.failure));
  return file.value;
}

test('every step stands in the picture, and human steps and effects look different from everything else', () => {
  const file = read();
  const [main] = file.playbooks;
  if (main === undefined) throw new Error('no main playbook');
  const picture = pictureOf(file, main);
  const boxes = picture.shapes.flatMap(shape => (shape.kind === 'box' ? [shape] : []));
  const drawn = (name: string) => boxes.find(({ title }) => title === name || title.startsWith(`${name}:`));
  for (const { name } of allSteps([main.steps, ...listOf(main.onError)])) expect(drawn(name), name).toBeDefined();
  const named = (look: string) => boxes.filter(box => box.look === look).map(({ title }) => title);
  expect(named('human')).toEqual(['ask-lock']);
  expect(named('effect')).toEqual(['lock', 'block', 'isolate', 'mark']);
});

test('nothing is drawn outside of the picture, and no two boxes of steps lie on each other', () => {
  const file = read();
  const picture = file.playbooks[0] === undefined ? undefined : pictureOf(file, file.playbooks[0]);
  const boxes = (picture?.shapes ?? []).flatMap(shape => (shape.kind === 'box' ? [shape] : []));
  for (const { x, y, width, height } of boxes) {
    expect(x >= 0 && y >= 0 && x + width <= (picture?.width ?? 0) && y + height <= (picture?.height ?? 0)).toBe(true);
  }
  const solid = boxes.filter(({ look, height }) => look !== 'frame' && !(look === 'handler' && height > 60));
  const overlapping = solid.filter((a, at) =>
    solid.some(
      (b, to) => to > at && a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height,
    ),
  );
  expect(overlapping).toEqual([]);
});

test('a text is never markup in the picture, and the picture holds neither script, style nor link', () => {
  const file = read();
  const svg = file.playbooks[0] === undefined ? '' : svgOf(pictureOf(file, file.playbooks[0]), file.title);
  expect(svg).toContain('&lt;b&gt;late&lt;/b&gt;');
  expect(svg).not.toMatch(/<script|<style|style=|<b>|href|onload|<foreignObject/i);
});

test('a human step that is added comes right before each effect that nobody is asked about, also in loops and handlers', () => {
  const { file, added } = withHumanSteps(read());
  expect(added).toEqual(['ask-block', 'ask-isolate', 'ask-mark']);
  expect(analysePlaybook(file).bypasses.map(({ step }) => step)).toEqual(['lock']);
});
