import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useId, useState } from 'react';
import { shownText } from '../api/client.ts';
import { searchQuery } from '../api/queries.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Inert } from '../parts/inert.tsx';
import { useActiveKeys } from '../parts/keys.ts';
import { Degraded } from '../parts/states.tsx';
import { utc } from '../parts/time.tsx';

interface Choice {
  readonly id: string;
  readonly text: string;
  readonly detail: string;
  readonly hint: string;
  readonly run: () => void;
}

/** ⌘K and `/`: what this page can do, and what the search finds in alerts and evidence. */
export function Palette({ initial = '', onClose }: { readonly initial?: string; readonly onClose: () => void }) {
  const [text, setText] = useState(initial);
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const listId = useId();
  const asked = useDeferredValue(text.trim());
  const found = useQuery(searchQuery(asked));
  const commands = useActiveKeys()
    .filter(
      binding => !['/', 'esc'].includes(binding.keys) && binding.label.toLowerCase().includes(asked.toLowerCase()),
    )
    .map(
      (binding): Choice => ({
        id: `key-${binding.keys}`,
        text: binding.label,
        detail: '',
        hint: binding.keys,
        run: binding.run,
      }),
    );
  const hits = (found.data?.hits ?? []).map(
    (hit): Choice => ({
      id: hit.alert,
      text: hit.title,
      detail: hit.excerpt,
      hint: utc(hit.at).slice(0, 16),
      run: () =>
        hit.incident === undefined
          ? undefined
          : void navigate({
              to: '/incidents/$id',
              params: { id: hit.incident },
              search: { e: hit.evidence, tab: 'alerts' },
            }),
    }),
  );
  const id = /^(inc|prp)_[0-9a-z]+$/.exec(asked)?.[1];
  const jump: readonly Choice[] =
    id === undefined
      ? []
      : [
          {
            id: 'jump',
            text: `Open ${asked}`,
            detail: '',
            hint: '↵',
            run: () =>
              void navigate(
                id === 'inc'
                  ? { to: '/incidents/$id', params: { id: asked } }
                  : { to: '/proposals/$id', params: { id: asked } },
              ),
          },
        ];
  const choices = [...jump, ...hits, ...commands];
  const current = Math.min(at, choices.length - 1);
  const choose = (choice: Choice | undefined) => {
    if (choice === undefined) return;
    onClose();
    // After the dialog is gone, so that what runs finds the page as it was.
    setTimeout(choice.run, 0);
  };
  return (
    <Dialog title="Search and commands" onClose={onClose} testId="palette">
      <input
        className="input palette-input"
        value={text}
        autoComplete="off"
        spellCheck={false}
        placeholder="Words of an alert, a host, an address, an id, or a command"
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={choices[current] === undefined ? undefined : `${listId}-${current}`}
        aria-label="Search and commands"
        data-testid="palette-input"
        onChange={event => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={event => {
          if (event.key === 'ArrowDown') setAt(Math.min(choices.length - 1, current + 1));
          else if (event.key === 'ArrowUp') setAt(Math.max(0, current - 1));
          else if (event.key === 'Enter') choose(choices[current]);
          else return;
          event.preventDefault();
        }}
      />
      {found.isError && <Degraded>The search failed: {shownText(found.error)}</Degraded>}
      {found.data !== undefined && found.data.indexLag > 0 && (
        <Degraded>The index is {found.data.indexLag} alerts behind; newer ones are not found yet.</Degraded>
      )}
      {found.data?.isPartial === true && <Degraded>The search stopped early. Narrow it down.</Degraded>}
      <div role="listbox" id={listId} className="palette-list" aria-label="Results">
        {choices.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox above has the keys
          // biome-ignore lint/a11y/useFocusableInteractive: focus stays in the combobox, which names the active option
          <div
            key={choice.id}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === current}
            className={index === current ? 'palette-row is-current' : 'palette-row'}
            onClick={() => choose(choice)}
          >
            <span className="palette-text">
              <Inert text={choice.text} form="line" />
              {choice.detail !== '' && (
                <span className="palette-detail">
                  <Inert text={choice.detail} form="line" />
                </span>
              )}
            </span>
            <span className="quiet mono">{choice.hint}</span>
          </div>
        ))}
      </div>
      {asked.length >= 2 && found.isSuccess && hits.length === 0 && (
        <p className="quiet palette-none">No alert or record holds “{asked}”.</p>
      )}
    </Dialog>
  );
}
