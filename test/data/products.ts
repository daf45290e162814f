import { readFileSync } from 'node:fs';
import type { AlertFields } from '../../src/model/alert.ts';

/** A record of a product that has no source of its own, in that product's shape, and what it says. `absent`: what it must not be taken to say. */
export interface ProductRecord {
  readonly product: string;
  readonly raw: unknown;
  readonly says: AlertFields;
  readonly absent?: readonly (keyof AlertFields)[];
}

function readProducts(name: string): readonly ProductRecord[] {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8');
  return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as ProductRecord]));
}

/** Written by hand after the vendors' documented formats; names and addresses are those kept for documentation. */
export const PRODUCTS: readonly ProductRecord[] = readProducts('products.ndjson');

/** Written after the names and prices of the generic source were settled, and not used to change them. */
export const UNSEEN_PRODUCTS: readonly ProductRecord[] = readProducts('products-unseen.ndjson');
