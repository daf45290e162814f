import { useState } from 'react';
import { IconCheck, IconCopy } from './icons.tsx';
import { drawn, runsOf, shortened } from './inert-text.ts';

interface InertProps {
  readonly text: string;
  /** `box`: a value out of a record. `line`: a title or name within our own text, glyphs shown but not boxed. */
  readonly form?: 'box' | 'line';
  readonly keepLines?: boolean;
}

/**
 * Text that an attacker may have written: no markup, no links, its direction kept to itself, unseen characters shown.
 */
export function Inert({ text, form = 'box', keepLines = false }: InertProps) {
  return (
    <bdi className={form === 'box' ? 'inert' : 'inert-line'} dir="auto">
      {runsOf(text, keepLines).map((run, index) =>
        run.kind === 'plain' ? (
          run.text
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: runs have no identity but their place
          <span key={index} className="glyph" title={run.name}>
            {run.glyph}
          </span>
        ),
      )}
    </bdi>
  );
}

/** An identifier: shortened in the middle for the eye, copied whole. */
export function Identifier({
  text,
  head = 8,
  tail = 4,
}: {
  readonly text: string;
  readonly head?: number;
  readonly tail?: number;
}) {
  const [isCopied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard?.writeText(text).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1_500);
    });
  };
  return (
    <button type="button" className="identifier" onClick={copy} title={`${drawn(text)} (click to copy)`}>
      <span aria-hidden="true">{drawn(shortened(text, head, tail))}</span>
      <span className="visually-hidden">copy {drawn(text)}</span>
      {isCopied ? <IconCheck size={12} /> : <IconCopy size={12} />}
    </button>
  );
}

/** A text in the record reads like an instruction. A badge and nothing else: it changes no tier and no order. */
export function InstructionBadge({ why }: { readonly why: string }) {
  return (
    <span className="badge badge-instruction" title={`${why}. It changes nothing: telemetry is only ever shown.`}>
      reads like an instruction
    </span>
  );
}
