import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { digestOf } from '../../src/base/canonical.ts';
import type { Me } from '../../src/model/api.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import { request } from '../api/client.ts';
import { inventoryQuery, meQuery } from '../api/queries.ts';
import { passkeyTrouble } from '../crypto/passkey.ts';
import { challengeBytes, closed } from '../crypto/review.ts';
import { signDigest } from '../crypto/sign.ts';
import { Inert } from '../parts/inert.tsx';
import { Failed, Loading, Outcome } from '../parts/states.tsx';

/** What the server would have signed, and how it differs from what stands. */
interface InventoryBegun {
  readonly nonce: string;
  readonly inventory: Inventory;
  readonly challenge: string;
  readonly credentialIds: readonly string[];
  readonly changes: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly string[];
  };
}

/** Who and what there is, who owns it and how much rests on it. A version counts once an administrator signed it. */
export function InventorySection() {
  const inventory = useQuery(inventoryQuery);
  const me = useQuery(meQuery);
  const isAdministrator = me.data?.person?.roles.includes('administrator') === true;
  const records = inventory.data?.records ?? [];
  return (
    <section className="health-section" aria-label="Inventory">
      <h2>
        Inventory{' '}
        {inventory.data !== undefined && (
          <span className="quiet section-count">
            {records.length === 0
              ? 'none signed: every target counts as unknown'
              : `version ${inventory.data.version}, ${records.length} records`}
          </span>
        )}
      </h2>
      {inventory.isPending && <Loading what="the inventory" rows={2} />}
      {inventory.isError && (
        <Failed error={inventory.error} what="the inventory" retry={() => void inventory.refetch()} />
      )}
      {records.length > 0 && <Records records={records} />}
      {isAdministrator && me.data !== undefined && <SignInventory me={me.data} />}
    </section>
  );
}

const RECORDS_SHOWN_MAX = 200;

function Records({ records }: { readonly records: Inventory['records'] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll is-tall" tabIndex={0} aria-label="Table of the inventory">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col">Name</th>
            <th scope="col">Accounts</th>
            <th scope="col">Owner</th>
            <th scope="col">Privileged</th>
            <th scope="col">Criticality</th>
            <th scope="col">What rests on it</th>
          </tr>
        </thead>
        <tbody>
          {records.slice(0, RECORDS_SHOWN_MAX).map(record => (
            <tr key={`${record.kind} ${record.name}`}>
              <td>{record.kind === 'nhi' ? 'machine identity' : record.kind.replace('_', ' ')}</td>
              <td>
                <Inert text={record.name} form="line" />
              </td>
              <td className="soft">
                {record.accounts.map(account => `${account.name} at ${account.system}`).join(', ')}
              </td>
              <td>{record.owner === '' ? <span className="gap-text">none</span> : record.owner}</td>
              <td>{record.privileged}</td>
              <td>{record.criticality}</td>
              <td className="soft">{record.dependents.join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {records.length > RECORDS_SHOWN_MAX && (
        <p className="quiet">
          {RECORDS_SHOWN_MAX} of {records.length} shown
        </p>
      )}
    </section>
  );
}

function SignInventory({ me }: { readonly me: Me }) {
  const [text, setText] = useState('');
  const cache = useQueryClient();
  const begin = useMutation({
    mutationFn: () => request<InventoryBegun>('POST', '/api/v1/inventory/begin', { text }),
  });
  const sign = useMutation({
    mutationFn: (begun: InventoryBegun) => signInventory(begun),
    onSuccess: () => {
      setText('');
      begin.reset();
      void cache.invalidateQueries({ queryKey: ['inventory'] });
      void cache.invalidateQueries({ queryKey: ['incident'] });
    },
  });
  const begun = begin.data;
  return (
    <details className="sign-inventory">
      <summary>Sign a new version</summary>
      <form
        className="stack"
        onSubmit={event => {
          event.preventDefault();
          if (begun === undefined) begin.mutate();
          else sign.mutate(begun);
        }}
      >
        <label className="field">
          <span className="label">The file</span>
          <input
            type="file"
            accept=".yaml,.yml,.csv"
            onChange={event =>
              void event.target.files?.[0]?.text().then(read => {
                setText(read);
                begin.reset();
              })
            }
          />
        </label>
        <label className="field">
          <span className="label">or its text, YAML or CSV</span>
          <textarea
            className="input mono"
            rows={6}
            value={text}
            onChange={event => {
              setText(event.target.value);
              begin.reset();
            }}
            spellCheck={false}
            data-testid="inventory-text"
          />
        </label>
        {begun !== undefined && <Changes begun={begun} />}
        <Outcome error={begin.error ?? sign.error} />
        <div className="actions is-left">
          <button
            type="submit"
            className="btn btn-primary"
            disabled={text.trim() === '' || begin.isPending || sign.isPending}
            data-testid="inventory-sign"
          >
            {begun === undefined
              ? 'Show what would change'
              : `Sign version ${begun.inventory.version} as ${me.person?.name ?? ''}`}
          </button>
        </div>
      </form>
    </details>
  );
}

function Changes({ begun }: { readonly begun: InventoryBegun }) {
  const { added, removed, changed } = begun.changes;
  const groups = [
    ['new', added],
    ['gone', removed],
    ['different', changed],
  ] as const;
  return (
    <dl className="facts" data-testid="inventory-changes">
      {groups.map(([name, list]) => (
        <div key={name} className="facts-row">
          <dt>
            {list.length} {name}
          </dt>
          <dd>
            <Inert text={list.join(', ')} form="line" />
          </dd>
        </div>
      ))}
    </dl>
  );
}

async function signInventory(begun: InventoryBegun): Promise<void> {
  const digest = challengeBytes(digestOf('countersign/inventory/v1', closed(begun.inventory)), begun.challenge);
  try {
    const signature = await signDigest(digest, begun.credentialIds);
    await request('POST', '/api/v1/inventory/finish', { nonce: begun.nonce, signature });
  } catch (error) {
    throw new Error(passkeyTrouble(error) ?? (error instanceof Error ? error.message : String(error)));
  }
}
