import { inertLine } from '../../../base/inert.ts';
import type { Picture, Shape } from './draw.ts';

const LOOKS: { readonly [L in Extract<Shape, { kind: 'box' }>['look']]: string } = {
  human: 'fill="#fff3d6" stroke="#b26a00" stroke-width="2.5"',
  effect: 'fill="#ffe3e3" stroke="#c92a2a" stroke-width="2"',
  plain: 'fill="#f8f9fa" stroke="#868e96"',
  frame: 'fill="none" stroke="#868e96"',
  handler: 'fill="none" stroke="#868e96" stroke-dasharray="4 3"',
  end: 'fill="#e9ecef" stroke="#868e96"',
};

/** A picture as an SVG document: no script, no style, no link, so that any policy of a page lets it through. */
export function svgOf(picture: Picture, title: string): string {
  const { width, height } = picture;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...picture.shapes.map(drawn),
    '</svg>',
    '',
  ].join('\n');
}

function drawn(shape: Shape): string {
  switch (shape.kind) {
    case 'line': {
      const points = shape.points.map(point => point.join(',')).join(' ');
      return `<polyline points="${points}" fill="none" stroke="#495057"${shape.isDashed ? ' stroke-dasharray="4 3"' : ''}/>`;
    }
    case 'label':
      return `<text x="${shape.x}" y="${shape.y}" fill="#495057">${escaped(shape.text)}</text>`;
    case 'box':
      return boxed(shape);
  }
}

function boxed({ x, y, width, height, look, title, detail }: Extract<Shape, { kind: 'box' }>): string {
  const corner = look === 'human' || look === 'end' ? height / 2 : 6;
  const isFrame = look === 'frame' || (look === 'handler' && height > 60);
  const rect = `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${isFrame ? 6 : corner}" ${LOOKS[look]}/>`;
  if (isFrame) return `${rect}<text x="${x + 12}" y="${y + 20}" fill="#495057">${escaped(title)}</text>`;
  const middle = x + width / 2;
  const first = detail === '' ? y + height / 2 + 4 : y + 19;
  return `${rect}<text x="${middle}" y="${first}" text-anchor="middle" font-weight="600" fill="#212529">${escaped(title)}</text>${
    detail === ''
      ? ''
      : `<text x="${middle}" y="${y + 36}" text-anchor="middle" fill="#495057">${escaped(detail)}</text>`
  }`;
}

function escaped(text: string): string {
  return inertLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
