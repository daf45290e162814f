import { rfc3339 } from '../../base/time.ts';
import type { Poller } from '../../ports/poller.ts';
import { documentOf, textAt } from '../shared/json.ts';
import { linkOf } from '../shared/link.ts';
import { recordsAt, sweep } from '../shared/sweep.ts';

const pathOf = (text: string | undefined) => (text === undefined || text === '' ? [] : text.split('.'));
/** Its own headers are the product's matter; these are ours. */
const HEADER_NAME = /^[A-Za-z0-9-]{1,64}$/;

/**
 * Any product that gives lists of JSON over HTTP. `{since}` in the path becomes the time to read from (RFC 3339). The
 * next page is a `Link` of relation `next`, or the text at a path of the answer: a whole address, or a value that a
 * parameter of the query takes.
 */
export const httpJson: Poller = {
  id: 'http-json',
  title: 'JSON over HTTP',
  parser: 'auto',
  settings: [
    { name: 'path', title: 'path and query below the address; {since} becomes the time to read from', usual: '' },
    { name: 'records', title: 'dotted path to the list in the answer, empty for the answer itself', usual: '' },
    { name: 'time', title: 'dotted path to the time in a record', usual: 'time' },
    { name: 'next', title: 'dotted path to the next page in the answer; empty: the Link header', usual: '' },
    {
      name: 'parameter',
      title: 'the parameter of the query that takes what stands at `next`; empty: it is an address',
      usual: '',
    },
    { name: 'header', title: 'the header that takes the credential', usual: 'authorization' },
    { name: 'prefix', title: 'what stands before the credential', usual: 'Bearer' },
  ],
  credential: 'whatever the product takes in the header, with the right to read and no other',
  otherOrigins: () => [],
  poll(cursor, world) {
    const { settings } = world;
    const name = HEADER_NAME.test(settings['header'] ?? '') ? (settings['header'] ?? '') : 'authorization';
    const prefix = settings['prefix'] ?? '';
    const headers = () => ({
      [name]: prefix === '' ? world.secret.reveal() : `${prefix} ${world.secret.reveal()}`,
      accept: 'application/json',
    });
    const url = (from: Parameters<typeof rfc3339>[0]) =>
      (settings['path'] ?? '').replaceAll('{since}', encodeURIComponent(rfc3339(from)));
    const parameter = settings['parameter'] ?? '';
    const pageUrl = (page: string, from: Parameters<typeof rfc3339>[0]) => {
      const base = url(from);
      return parameter === ''
        ? page
        : `${base}${base.includes('?') ? '&' : '?'}${encodeURIComponent(parameter)}=${encodeURIComponent(page)}`;
    };
    return sweep(cursor, world, {
      first: from => ({ url: url(from), headers: headers() }),
      next: (page, from) => ({ url: pageUrl(page, from), headers: headers() }),
      read: answer => ({
        records: recordsAt(answer, pathOf(settings['records'])),
        next:
          (settings['next'] ?? '') === ''
            ? linkOf(answer.header('link'), 'next')
            : textAt(documentOf(answer.text), pathOf(settings['next'])),
      }),
      timePath: pathOf(settings['time']),
      isOrdered: false,
      keepsPlace: false,
      retentionMs: undefined,
    });
  },
};
