import { type ReactNode, useState } from 'react';
import { Inert } from '../parts/inert.tsx';

interface LinkOnceProps {
  readonly link: string;
  readonly name: string;
  readonly onDone: () => void;
  readonly children: ReactNode;
}

/** A link that was just made, shown once, with what it is good for. */
export function LinkOnce({ link, name, onDone, children }: LinkOnceProps) {
  const [isCopied, setCopied] = useState(false);
  return (
    <section className="people-invite" aria-label="The enrolment link">
      <h2>
        The link for <Inert text={name} form="line" />
      </h2>
      <p>{children}</p>
      <code className="link-once" data-testid="invite-link">
        {link}
      </code>
      <div className="actions">
        <button
          type="button"
          className="btn btn-primary"
          onClick={() => void navigator.clipboard.writeText(link).then(() => setCopied(true))}
        >
          {isCopied ? 'Copied' : 'Copy'}
        </button>
        <button type="button" className="btn" onClick={onDone} data-testid="link-done">
          Done
        </button>
      </div>
    </section>
  );
}
