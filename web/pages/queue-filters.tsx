import { Menu } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { QueueFilter } from '../api/queries.ts';

interface QueueFiltersProps {
  readonly filter: QueueFilter;
  readonly sources: readonly string[];
  readonly owners: readonly string[];
  readonly onChange: (change: Partial<QueueFilter>) => void;
}

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'informational', 'unknown'];
const TEXT_WAIT_MS = 250;

/** Each filter is part of the page's address, so a view can be kept and sent. */
export function QueueFilters({ filter, sources, owners, onChange }: QueueFiltersProps) {
  return (
    <search className="filters">
      <Choice
        name="severity"
        value={filter.severity}
        choices={SEVERITIES}
        isMany
        onChange={severity => onChange({ severity })}
      />
      <Choice name="source" value={filter.source} choices={sources} onChange={source => onChange({ source })} />
      <Choice
        name="owner"
        value={filter.owner}
        choices={['none', ...owners.filter(owner => owner !== '')]}
        onChange={owner => onChange({ owner })}
      />
      <Choice
        name="coverage"
        value={filter.coverage}
        choices={['complete', 'gaps', 'unknown']}
        onChange={coverage => onChange({ coverage })}
      />
      <Choice
        name="state"
        value={filter.state}
        choices={['open', 'closed', 'suppressed']}
        onChange={state => onChange({ state })}
      />
      <Choice
        name="order"
        value={filter.sort}
        choices={['severity', 'last_seen', 'first_seen', 'alerts']}
        onChange={sort => onChange({ sort })}
      />
      <TextFilter value={filter.q ?? ''} onChange={q => onChange({ q })} />
    </search>
  );
}

function TextFilter({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing starts the wait
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), TEXT_WAIT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      id="queue-text"
      className="input input-filter"
      value={text}
      onChange={event => setText(event.target.value)}
      onKeyDown={event => event.key === 'Escape' && event.currentTarget.blur()}
      placeholder="filter by text (f)"
      aria-label="Filter by text"
      data-testid="queue-text"
      spellCheck={false}
      maxLength={200}
    />
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly choices: readonly string[];
  readonly isMany?: boolean;
  readonly onChange: (value: string | undefined) => void;
}

function Choice({ name, value, choices, isMany = false, onChange }: ChoiceProps) {
  const chosen = value?.split(',') ?? [];
  const choose = (choice: string) => {
    if (!isMany) return onChange(value === choice ? undefined : choice);
    const next = chosen.includes(choice) ? chosen.filter(other => other !== choice) : [...chosen, choice];
    return onChange(next.length === 0 ? undefined : next.join(','));
  };
  return (
    <Menu position="bottom-end" withInitialFocusPlaceholder={false} closeOnItemClick={!isMany} withinPortal={false}>
      <Menu.Target>
        <button
          type="button"
          className={value === undefined ? 'filter' : 'filter is-set'}
          data-testid={`filter-${name}`}
        >
          {value === undefined ? name : `${name}: ${value.replaceAll(',', ', ')}`} <span aria-hidden="true">▾</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown className="filter-menu">
        {choices.map(choice => (
          <Menu.CheckboxItem key={choice} checked={chosen.includes(choice)} onChange={() => choose(choice)}>
            {choice}
          </Menu.CheckboxItem>
        ))}
        {value !== undefined && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => onChange(undefined)}>any {name}</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
