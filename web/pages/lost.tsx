import { Link } from '@tanstack/react-router';
import { shownText } from '../api/client.ts';

export function NotFound() {
  return (
    <main className="page narrow">
      <h1>There is no page here</h1>
      <p className="soft">
        The address may be from an older version, or mistyped. <Link to="/">Go to the queue</Link>.
      </p>
    </main>
  );
}

/** A fault in the page itself. The server is not affected, and nothing was signed by it. */
export function PageCrashed({ error }: { readonly error: unknown }) {
  return (
    <main className="page narrow" role="alert">
      <h1>This page failed</h1>
      <p>{shownText(error)}</p>
      <p className="soft">
        Nothing was signed or changed by the failure. Reload the page; if it fails again, say what you did and this text
        to an administrator.
      </p>
      <button type="button" className="btn" onClick={() => location.reload()}>
        Reload
      </button>
    </main>
  );
}
