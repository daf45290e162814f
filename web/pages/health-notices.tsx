import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ChannelView, NOTICE_KINDS, type NoticesView } from '../../src/model/notice.ts';
import { request } from '../api/client.ts';
import { meQuery, noticesQuery } from '../api/queries.ts';
import { Empty, Failed, Loading, Outcome } from '../parts/states.tsx';
import { Age, msOf } from '../parts/time.tsx';

/** By which ways people are told, what waits there and what was given up. An administrator may try one. */
export function NoticesSection() {
  const notices = useQuery(noticesQuery);
  return (
    <section className="health-section" aria-label="Notices">
      <h2>
        Notices{' '}
        {notices.data !== undefined && notices.data.channels.length > 0 && (
          <span className="quiet section-count">
            {notices.data.waiting} waiting, {notices.data.failed} given up, {notices.data.sentToday} sent since
            yesterday
          </span>
        )}
      </h2>
      {notices.isPending && <Loading what="the channels" rows={2} />}
      {notices.isError && <Failed error={notices.error} what="the channels" retry={() => void notices.refetch()} />}
      {notices.data !== undefined && <Channels view={notices.data} />}
      <p className="soft">
        <Link to="/tell-me">What you are told of</Link>, and where.
      </p>
    </section>
  );
}

function Channels({ view }: { readonly view: NoticesView }) {
  const me = useQuery(meQuery);
  const isAdministrator = me.data?.person?.roles.includes('administrator') === true;
  if (view.because !== '') return <p className="gap-text">The channels cannot be read: {view.because}</p>;
  if (view.channels.length === 0)
    return (
      <Empty title="Nobody is told of anything outside of these pages">
        <code>npx countersign notify add mail --host mail.example.org --from soc@example.org</code> adds a mail server;
        Slack and signed webhooks as well.
      </Empty>
    );
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label="Channels">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Channel</th>
              <th scope="col">Is sent</th>
              <th scope="col" className="num">
                Waiting
              </th>
              <th scope="col" className="num">
                Given up
              </th>
              <th scope="col">Last sent</th>
              {isAdministrator && <th scope="col">Try it</th>}
            </tr>
          </thead>
          <tbody>
            {view.channels.map(channel => (
              <Row key={channel.name} channel={channel} isAdministrator={isAdministrator} />
            ))}
          </tbody>
        </table>
      </section>
      {view.givenUp.length > 0 && (
        <details>
          <summary>{view.givenUp.length} given up</summary>
          <ul>
            {view.givenUp.map(one => (
              <li key={one.id}>
                <span className="mono">{one.id}</span> by {one.channel}, tried{' '}
                {one.tries === 1 ? 'once' : `${one.tries} times`}: {one.because}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Row({ channel, isAdministrator }: { readonly channel: ChannelView; readonly isAdministrator: boolean }) {
  const cache = useQueryClient();
  const test = useMutation({
    mutationFn: () => request('POST', `/api/v1/notices/channels/${channel.name}/test`, {}),
    onSuccess: () => cache.invalidateQueries({ queryKey: noticesQuery.queryKey }),
  });
  return (
    <tr data-testid="channel-row">
      <td>
        {channel.name} <span className="quiet">{channel.title}</span>
        <p className="soft wrap-anywhere">
          {[channel.where, ...channel.addresses].join(' · ')}
          {channel.lastFailure !== '' && <span className="gap-text">{` · last trouble: ${channel.lastFailure}`}</span>}
        </p>
      </td>
      <td>
        {channel.kinds.length === NOTICE_KINDS.length ? 'everything' : `${channel.kinds.length} kinds`},{' '}
        {channel.allowsNames ? <span className="gap-text">with names</span> : 'ids and counts only'}
      </td>
      <td className="num">{channel.waiting}</td>
      <td className="num">{channel.failed === 0 ? '0' : <span className="gap-text">{channel.failed}</span>}</td>
      <td>
        {msOf(channel.lastSent) === undefined ? (
          <span className="quiet">never</span>
        ) : (
          <Age at={msOf(channel.lastSent) ?? 0} suffix=" ago" />
        )}
      </td>
      {isAdministrator && (
        <td>
          <button
            type="button"
            className="btn"
            disabled={test.isPending}
            onClick={() => test.mutate()}
            data-testid="test-channel"
          >
            Send a test
          </button>
          <Outcome error={test.error} />
        </td>
      )}
    </tr>
  );
}
