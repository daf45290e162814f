import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Me } from '../../src/model/api.ts';
import { request } from '../api/client.ts';
import { turnOff } from '../crypto/kill-switch.ts';
import { Dialog } from '../parts/dialog.tsx';
import { IconStop } from '../parts/icons.tsx';
import { Outcome } from '../parts/states.tsx';
import { msOf, utc } from '../parts/time.tsx';

/** On is one reason away for everybody; off needs a passkey. It stands in the bar of every page. */
export function KillSwitch({ state }: { readonly state: Me['killSwitch'] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className={state.isOn ? 'top-item stop is-on' : 'top-item stop'}
        onClick={() => setOpen(true)}
        data-testid="kill-switch"
        data-state={state.isOn ? 'on' : 'off'}
        title="Stops everything that has not started"
      >
        <IconStop size={16} />
        <span>{state.isOn ? 'stopped' : 'stop'}</span>
      </button>
      {isOpen && <SwitchDialog state={state} onClose={() => setOpen(false)} />}
    </>
  );
}

function SwitchDialog({ state, onClose }: { readonly state: Me['killSwitch']; readonly onClose: () => void }) {
  const [reason, setReason] = useState('');
  const cache = useQueryClient();
  const turn = useMutation({
    mutationFn: () => (state.isOn ? turnOff(reason) : request('POST', '/api/v1/kill-switch/stop', { reason })),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['me'] });
      onClose();
    },
  });
  const since = msOf(state.since);
  return (
    <Dialog title={state.isOn ? 'Let acts be carried out again' : 'Stop everything'} onClose={onClose}>
      <form
        className="stack"
        onSubmit={event => {
          event.preventDefault();
          turn.mutate();
        }}
      >
        {state.isOn ? (
          <p>
            On since {since === undefined ? 'before' : utc(since)}
            {state.by !== '' && ` by ${state.by}`}. Approved proposals that have not expired will start once it is off.
            This takes your passkey.
          </p>
        ) : (
          <p>
            No act will start until somebody turns it off with a passkey. What has already been carried out stays as it
            is.
          </p>
        )}
        <label className="field">
          <span className="label">Reason</span>
          <input
            className="input"
            value={reason}
            onChange={event => setReason(event.target.value)}
            required
            maxLength={500}
            data-testid="kill-switch-reason"
          />
        </label>
        <Outcome error={turn.error} />
        <div className="actions">
          <button type="button" className="btn" onClick={onClose}>
            Leave as it is
          </button>
          <button
            type="submit"
            className={state.isOn ? 'btn btn-primary' : 'btn btn-danger'}
            disabled={turn.isPending || reason.trim() === ''}
            data-testid="kill-switch-turn"
          >
            {state.isOn ? 'Turn off with passkey' : 'Stop everything'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
