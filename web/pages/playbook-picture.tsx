import type { PictureShape, PlaybookPicture } from '../../src/model/api-playbooks.ts';
import { Inert } from '../parts/inert.tsx';
import { drawn } from '../parts/inert-text.ts';

/** What a playbook does as a picture that scrolls, and the same in words for whoever does not see it. */
export function Pictures({ pictures }: { readonly pictures: readonly PlaybookPicture[] }) {
  return (
    <>
      <p className="soft picture-key">
        <span className="picture-swatch is-human" aria-hidden="true" /> people decide{' '}
        <span className="picture-swatch is-effect" aria-hidden="true" /> an effect, once they have
      </p>
      {pictures.map((picture, index) => (
        <div key={picture.name} className="stack">
          {index > 0 && (
            <h3>
              <Inert text={picture.name} form="line" />
            </h3>
          )}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <section className="picture-scroll" tabIndex={0} aria-label={`Picture of ${drawn(picture.name)}`}>
            <svg
              width={picture.width}
              height={picture.height}
              viewBox={`0 0 ${picture.width} ${picture.height}`}
              role="img"
              aria-label={`${drawn(picture.name)}: ${humanSteps(picture)}. The same in words stands below.`}
              data-testid="playbook-picture"
            >
              {picture.shapes.map((shape, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: shapes have no identity but their place
                <Drawn key={at} shape={shape} />
              ))}
            </svg>
          </section>
          <details className="act-details">
            <summary>in words: {picture.lines.length} lines</summary>
            <ol className="outline" data-testid="playbook-outline">
              {picture.lines.map((line, at) => (
                <li
                  // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
                  key={at}
                  className={`is-${line.look}`}
                  style={{ marginInlineStart: `${Math.min(line.depth, 8)}em` }}
                >
                  <strong>
                    <Inert text={line.name} form="line" />
                  </strong>
                  {line.text !== '' && ': '}
                  <Inert text={line.text} form="line" />
                </li>
              ))}
            </ol>
          </details>
        </div>
      ))}
    </>
  );
}

function humanSteps({ lines }: PlaybookPicture): string {
  const count = lines.filter(({ look }) => look === 'human').length;
  return count === 1 ? '1 step at which people decide' : `${count} steps at which people decide`;
}

/** Below this a frame of a handler is a box that holds its title alone. */
const FRAME_HEIGHT_MIN = 60;

function Drawn({ shape }: { readonly shape: PictureShape }) {
  switch (shape.kind) {
    case 'line':
      return (
        <polyline
          points={shape.points.map(point => point.join(',')).join(' ')}
          className={shape.isDashed ? 'picture-line is-dashed' : 'picture-line'}
        />
      );
    case 'label':
      return (
        <text x={shape.x} y={shape.y} className="picture-soft">
          {drawn(shape.text)}
        </text>
      );
    case 'box':
      return <Box box={shape} />;
  }
}

function Box({
  box: { x, y, width, height, look, title, detail },
}: {
  readonly box: Extract<PictureShape, { kind: 'box' }>;
}) {
  const isFrame = look === 'frame' || (look === 'handler' && height > FRAME_HEIGHT_MIN);
  const isRound = !isFrame && (look === 'human' || look === 'end');
  return (
    <g>
      <rect
        x={x}
        y={y}
        width={width}
        height={height}
        rx={isRound ? height / 2 : 6}
        className={`picture-box is-${look}`}
      />
      {isFrame ? (
        <text x={x + 12} y={y + 20} className="picture-soft">
          {drawn(title)}
        </text>
      ) : (
        <>
          <text
            x={x + width / 2}
            y={detail === '' ? y + height / 2 + 4 : y + 19}
            textAnchor="middle"
            className="picture-name"
          >
            {drawn(title)}
          </text>
          {detail !== '' && (
            <text x={x + width / 2} y={y + 36} textAnchor="middle" className="picture-soft">
              {drawn(detail)}
            </text>
          )}
        </>
      )}
    </g>
  );
}
