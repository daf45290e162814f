import type { EntityRole } from '../../model/alert.ts';
import { type At, textAt } from './at.ts';
import { type Draft, putEntity, putField } from './draft.ts';
import { splitEndpoint } from './values.ts';

/**
 * Takes an address, as an entity and as the source's or the destination's field, with the port that some products
 * write behind it. A text that is no address (`private`, `AWS Internal`, a host's name) changes nothing.
 */
export function putAddress(draft: Draft, at: At | undefined, role: EntityRole, side: 'src' | 'dst' = 'src'): void {
  const endpoint = splitEndpoint(textAt(at) ?? '');
  if (endpoint === undefined) return;
  putEntity(draft, 'ip', role, at, { part: endpoint.ip });
  putField(draft, side === 'src' ? 'src_ip' : 'dst_ip', at, endpoint.ip);
  if (endpoint.port !== undefined) putField(draft, side === 'src' ? 'src_port' : 'dst_port', at, endpoint.port);
}
