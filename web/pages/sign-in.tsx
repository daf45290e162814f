import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { meQuery } from '../api/queries.ts';
import { heldKey } from '../crypto/keys.ts';
import { canUsePasskeys } from '../crypto/passkey.ts';
import { signIn } from '../crypto/session.ts';
import { Outcome } from '../parts/states.tsx';
import '../styles/door.css';

/** One passkey touch: it also endorses a key of this browser that may sign T1 reviews for at most eight hours. */
export function SignInPage() {
  const { to }: { readonly to?: string } = useSearch({ from: '/sign-in' });
  const me = useQuery(meQuery);
  const cache = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  const [hasBrowserKey, setHasBrowserKey] = useState(false);
  useEffect(() => {
    void heldKey('browser_key')
      .then(key => setHasBrowserKey(key !== undefined))
      .catch(() => setHasBrowserKey(false));
  }, []);
  const enter = useMutation({
    mutationFn: signIn,
    onSuccess: async () => {
      await cache.fetchQuery({ ...meQuery, staleTime: 0 });
      // Only a path of this page: an address from elsewhere is not followed.
      const isPath = to !== undefined && /^\/(?![/\\])[\w\-/.]*$/.test(to);
      if (isPath) router.history.push(to);
      else await navigate({ to: '/' });
    },
  });
  const hasNobody = me.data !== undefined && !me.data.hasAdministrator;
  return (
    <main className="door-page">
      <h1>Sign in</h1>
      {hasNobody ? (
        <p>
          Nobody is enrolled yet. The link for the first administrator stands in the terminal where Countersign was
          started. It works once, for 15 minutes; a restart makes a new one.
        </p>
      ) : (
        <div className="stack">
          <p className="soft">
            Your passkey signs you in. It also lets a key of this browser sign the lowest tier of reviews, for at most
            eight hours; everything above asks for the passkey again.
          </p>
          {!canUsePasskeys() && !hasBrowserKey && (
            <p className="gap-text">
              This browser cannot use passkeys here. Open the page by its name ({me.data?.rpId}), over https or on this
              machine.
            </p>
          )}
          <Outcome error={enter.error} />
          <div className="actions">
            <button
              type="button"
              className={hasBrowserKey ? 'btn' : 'btn btn-primary'}
              disabled={enter.isPending || !canUsePasskeys()}
              onClick={() => enter.mutate('passkey')}
              data-testid="sign-in"
            >
              Sign in with a passkey
            </button>
            {hasBrowserKey && (
              <button
                type="button"
                className="btn btn-primary"
                disabled={enter.isPending}
                onClick={() => enter.mutate('browser_key')}
                data-testid="sign-in-browser-key"
              >
                Sign in with this browser's key
              </button>
            )}
          </div>
        </div>
      )}
    </main>
  );
}
