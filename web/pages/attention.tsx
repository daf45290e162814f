import { useQuery } from '@tanstack/react-query';
import type { AttentionBudget } from '../../src/model/api.ts';
import { attentionQuery } from '../api/queries.ts';

const POOL_TEXT: { readonly [P in AttentionBudget['pools'][number]['pool']]: string } = {
  critical: 'of critical incidents',
  high: 'of high incidents',
  other: 'of anything less grave',
};

/** Told only while proposers are kept waiting: who, how much there is, and that nothing is approved by it. */
export function FloodBanner() {
  const attention = useQuery(attentionQuery);
  const flooded = (attention.data?.pools ?? []).filter(pool => pool.turnedAwayLastHour > 0);
  if (flooded.length === 0) return null;
  return (
    <section className="flood" data-testid="flood" aria-label="More is proposed than people can look at">
      <h2>More is proposed than people can look at</h2>
      <ul>
        {flooded.map(pool => (
          <li key={pool.pool}>
            <strong>
              {pool.turnedAwayLastHour} {pool.turnedAwayLastHour === 1 ? 'proposal' : 'proposals'}{' '}
              {POOL_TEXT[pool.pool]}
            </strong>{' '}
            turned away in the last hour, from {pool.proposersTurnedAway}{' '}
            {pool.proposersTurnedAway === 1 ? 'person' : 'people'}. {pool.waiting} of {pool.waitingMost} wait,{' '}
            {pool.madeLastHour} of {pool.madeMost} were made within the hour.
          </li>
        ))}
      </ul>
      <p className="soft">
        Whoever proposes waits. Nothing is approved by that, and graver incidents have room of their own.
      </p>
    </section>
  );
}
