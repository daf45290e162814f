import type { PictureShape } from '../../../model/api-playbooks.ts';
import type { Condition, Handler, Playbook, PlaybookFile, Step, Steps } from '../../../model/playbook.ts';
import { type EffectTier, effectTier } from './tiers.ts';
import { subjectOf } from './write-playbook.ts';

/** One thing in a picture. Lengths are in the picture's own units, which are CSS pixels at its natural size. */
export type Shape = PictureShape;

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
}

const BOX = { width: 240, height: 46 } as const;
const GAP = 24;
const PAD = 16;
/** Room above the first step of a frame, for its title. */
const HEAD = 34;
const LINE_CHARS_MAX = 34;
/** Titles are bold. */
const TITLE_CHARS_MAX = 30;

/** A part of the picture at its own origin: lines go in at the top and out at the bottom, at `middle`. */
interface Part {
  readonly width: number;
  readonly height: number;
  readonly middle: number;
  readonly shapes: readonly Shape[];
}

/** A playbook as a picture, from top to bottom, as it is written: handlers stand beside the step that they are of. */
export function pictureOf(file: PlaybookFile, playbook: Playbook): Picture {
  const handler =
    typeof playbook.onError === 'object'
      ? [framed('when anything fails', listPart(file, playbook.onError), 'handler')]
      : [];
  const body = beside([stacked([end('start'), listPart(file, playbook.steps), end('end')]), ...handler]);
  return {
    width: body.width + 2 * PAD,
    height: body.height + 2 * PAD,
    shapes: moved(body.shapes, PAD, PAD),
  };
}

function listPart(file: PlaybookFile, steps: Steps): Part {
  return stacked(steps.map(step => stepPart(file, step)));
}

function stepPart(file: PlaybookFile, step: Step): Part {
  const main = bodyPart(file, step);
  const handlers = [
    ['rejected', step.type === 'ask' ? step.onRejected : undefined] as const,
    ['time-out', 'onTimeout' in step ? step.onTimeout : undefined] as const,
    ['error', step.onError] as const,
  ].flatMap(([label, handler]) => handlerParts(file, label, handler));
  if (handlers.length === 0) return main;
  const column = stacked(handlers, false);
  const height = Math.max(main.height, column.height);
  const left = main.width + GAP * 2;
  const from: readonly [number, number] = [main.middle + BOX.width / 2, BOX.height / 2];
  return {
    width: left + column.width,
    height,
    middle: main.middle,
    shapes: [
      ...main.shapes,
      ...(height > main.height ? [line([main.middle, main.height], [main.middle, height])] : []),
      line(from, [left, BOX.height / 2], true),
      ...moved(column.shapes, left, 0),
    ],
  };
}

function handlerParts(file: PlaybookFile, label: string, handler: Handler | undefined): readonly Part[] {
  if (handler === undefined) return [];
  if (typeof handler === 'string')
    return [box('handler', `${label}: ${handler === 'stop' ? 'ends here' : 'goes on'}`, '')];
  return [framed(label, listPart(file, handler), 'handler')];
}

/** What a step that holds no other does, as a person reads it. */
export function detailOf(file: PlaybookFile, step: Step): string {
  return `${doingOf(file, step)}${going(step)}`;
}

function doingOf(file: PlaybookFile, step: Step): string {
  switch (step.type) {
    case 'effect': {
      const { effect } = step;
      const what =
        effect.writes === 'act'
          ? `${words(effect.kind)} ${subjectOf(effect.on)}`
          : `${effect.writes} ${effect.namespace}`;
      return `${tierText(effectTier(file, effect))}${what}`;
    }
    case 'ask':
      return `people decide on ${step.releases}`;
    case 'read':
      return `$${step.as} is ${subjectOf(step.subject)}`;
    case 'enrich':
      return `looks up ${subjectOf(step.subject)}`;
    case 'notify':
      return `tells: ${step.text}`;
    case 'run':
      return `runs ${step.playbook}`;
    case 'stop':
      return 'ends here';
    default:
      return '';
  }
}

function bodyPart(file: PlaybookFile, step: Step): Part {
  switch (step.type) {
    case 'effect':
      return box(effectTier(file, step.effect) === 'inert' ? 'plain' : 'effect', step.name, detailOf(file, step));
    case 'ask':
      return box('human', step.name, detailOf(file, step));
    case 'read':
    case 'enrich':
    case 'notify':
    case 'run':
      return box('plain', step.name, detailOf(file, step));
    case 'stop':
      return box('end', step.name, detailOf(file, step));
    case 'branch':
      return choice(step.name, conditionText(step.condition), [
        ['yes', listPart(file, step.yes)],
        ['no', step.no.length === 0 ? passing() : listPart(file, step.no)],
      ]);
    case 'loop': {
      const { over, turnsMax } = step;
      const each =
        over.kind === 'each' ? `for each ${over.part}, as $${over.as}` : `while ${conditionText(over.condition)}`;
      return framed(`${step.name}: ${each}, at most ${turnsMax}`, listPart(file, step.body), 'frame');
    }
    case 'parallel': {
      const joined = step.join === 'all' ? 'all at once' : 'at once, until the first is through';
      return framed(`${step.name}: ${joined}`, beside(step.branches.map(branch => listPart(file, branch))), 'frame');
    }
  }
}

function going(step: Step): string {
  return step.goto === undefined ? '' : `, then ${step.goto}`;
}

function tierText(tier: EffectTier): string {
  return tier === 'inert' ? '' : `${tier} `;
}

function words(id: string): string {
  return id.replaceAll('_', ' ');
}

/** What a branch or a loop asks, as a person reads it. */
export function conditionText(condition: Condition): string {
  switch (condition.asks) {
    case 'severity':
      return `severity ${condition.atLeast} or more`;
    case 'has':
      return `a ${condition.part} is known`;
    case 'coverage':
      return `coverage ${condition.is === 'gaps' ? 'has gaps' : 'is complete'}`;
  }
}

function box(look: Extract<Shape, { kind: 'box' }>['look'], title: string, detail: string): Part {
  const shape = {
    kind: 'box',
    x: 0,
    y: 0,
    ...BOX,
    look,
    title: fitting(title, TITLE_CHARS_MAX),
    detail: fitting(detail),
  } as const;
  return { ...BOX, middle: BOX.width / 2, shapes: [shape] };
}

/** A text that stands in a box is cut with a sign that it is. The whole of it is in the list of steps. */
function fitting(text: string, charsMax = LINE_CHARS_MAX): string {
  return text.length > charsMax ? `${text.slice(0, charsMax - 1)}…` : text;
}

function end(title: string): Part {
  const [width, height] = [72, 26];
  return {
    width,
    height,
    middle: width / 2,
    shapes: [{ kind: 'box', x: 0, y: 0, width, height, look: 'end', title, detail: '' }],
  };
}

/** A way on which nothing is done. */
function passing(): Part {
  return { width: 40, height: BOX.height, middle: 20, shapes: [line([20, 0], [20, BOX.height])] };
}

function stacked(parts: readonly Part[], isLinked = true): Part {
  const middle = Math.max(...parts.map(part => part.middle));
  const right = Math.max(...parts.map(part => part.width - part.middle));
  const shapes: Shape[] = [];
  let y = 0;
  for (const [index, part] of parts.entries()) {
    if (index > 0) {
      if (isLinked) shapes.push(line([middle, y], [middle, y + GAP]));
      y += GAP;
    }
    shapes.push(...moved(part.shapes, middle - part.middle, y));
    y += part.height;
  }
  return { width: middle + right, height: y, middle, shapes };
}

function beside(parts: readonly Part[]): Part {
  const height = Math.max(...parts.map(part => part.height));
  const shapes: Shape[] = [];
  let x = 0;
  for (const part of parts) {
    shapes.push(...moved(part.shapes, x, 0));
    x += part.width + GAP;
  }
  return { width: x - GAP, height, middle: parts[0]?.middle ?? 0, shapes };
}

function choice(name: string, asked: string, arms: readonly (readonly [string, Part])[]): Part {
  const top = box('plain', name, asked);
  const row = beside(arms.map(([, part]) => part));
  const middle = Math.max(top.middle, row.width / 2);
  const y = BOX.height + GAP;
  const bottom = y + row.height + GAP;
  const shapes: Shape[] = [...moved(top.shapes, middle - top.middle, 0)];
  let x = middle - row.width / 2;
  for (const [label, part] of arms) {
    const at = x + part.middle;
    shapes.push(
      line([middle, BOX.height], [middle, BOX.height + GAP / 2], false),
      line([middle, BOX.height + GAP / 2], [at, BOX.height + GAP / 2], false),
      line([at, BOX.height + GAP / 2], [at, y], false),
      { kind: 'label', x: at + 6, y: y - 3, text: label },
      ...moved(part.shapes, x, y),
      line([at, y + part.height], [at, bottom - GAP / 2], false),
      line([at, bottom - GAP / 2], [middle, bottom - GAP / 2], false),
    );
    x += part.width + GAP;
  }
  shapes.push(line([middle, bottom - GAP / 2], [middle, bottom], false));
  return { width: Math.max(middle * 2, row.width), height: bottom, middle, shapes };
}

function framed(title: string, inner: Part, look: 'frame' | 'handler'): Part {
  const width = Math.max(inner.width + 2 * PAD, title.length * 7 + 2 * PAD);
  const height = inner.height + HEAD + PAD;
  return {
    width,
    height,
    middle: inner.middle + PAD,
    shapes: [{ kind: 'box', x: 0, y: 0, width, height, look, title, detail: '' }, ...moved(inner.shapes, PAD, HEAD)],
  };
}

function line(from: readonly [number, number], to: readonly [number, number], isDashed = false): Shape {
  return { kind: 'line', points: [from, to], isDashed };
}

function moved(shapes: readonly Shape[], x: number, y: number): readonly Shape[] {
  return shapes.map(shape =>
    shape.kind === 'line'
      ? { ...shape, points: shape.points.map(([px, py]) => [px + x, py + y] as const) }
      : { ...shape, x: shape.x + x, y: shape.y + y },
  );
}
