import type { SourceDelivery } from '../../src/model/api.ts';
import { Inert } from '../parts/inert.tsx';
import { Age, MomentText, msOf } from '../parts/time.tsx';

/** How the records of a source get here: when last, how far, what is in the way, and what is missing for good. */
export function SourceDeliveries({ deliveries }: { readonly deliveries: readonly SourceDelivery[] }) {
  if (deliveries.length === 0) return null;
  return (
    <ul className="source-deliveries">
      {deliveries.map(delivery => (
        <li key={`${delivery.how} ${delivery.text}`} data-testid="source-delivery">
          <span className="soft wrap-anywhere">{delivery.text}</span>
          <span className="quiet">
            {' · '}
            {delivery.how === 'poll' ? 'asked ' : 'last '}
            <AgeOf at={delivery.lastAt} />
            {delivery.how === 'poll' && (
              <>
                {' · complete '}
                <AgeOf at={delivery.wholeAt} />
                {' · newest record '}
                <AgeOf at={delivery.reachedAt} />
              </>
            )}
            {delivery.waiting > 0 && ` · ${delivery.waiting.toLocaleString('en')} wait to be written`}
          </span>
          {delivery.trouble !== undefined && (
            <p className="gap-text">
              <Inert text={delivery.trouble.text} form="line" />
              {'. To mend it: '}
              <Inert text={delivery.trouble.fix} form="line" />
            </p>
          )}
          {delivery.gaps.map(gap => (
            <p key={`${gap.kind} ${gap.from} ${gap.to}`} className={gap.kind === 'missing' ? 'gap-text' : 'quiet'}>
              {gap.kind === 'missing' ? 'missing ' : 'read again '}
              <MomentText at={gap.from} /> to <MomentText at={gap.to} />: <Inert text={gap.why} form="line" />
            </p>
          ))}
        </li>
      ))}
    </ul>
  );
}

function AgeOf({ at }: { readonly at: string | undefined }) {
  const ms = msOf(at);
  return ms === undefined ? 'never' : <Age at={ms} suffix=" ago" />;
}
