import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { ProviderKey, ProviderPut } from '../../src/model/api-ai.ts';
import { request } from '../api/client.ts';
import { sealKey } from '../crypto/provider-key.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Outcome } from '../parts/states.tsx';

const KINDS = [
  { kind: 'openai_compatible', text: 'OpenAI-compatible (vLLM, llama.cpp, Ollama, and most gateways)' },
  { kind: 'anthropic', text: 'Anthropic' },
  { kind: 'google', text: 'Google' },
  { kind: 'bedrock', text: 'Amazon Bedrock' },
] as const;

interface Draft {
  readonly name: string;
  readonly kind: (typeof KINDS)[number]['kind'];
  readonly model: string;
  readonly baseUrl: string;
  readonly region: string;
  readonly isHosted: boolean;
  readonly retention: string;
  readonly inputPrice: string;
  readonly outputPrice: string;
  readonly currency: string;
  readonly key: string;
}

const EMPTY: Draft = {
  name: '',
  kind: 'openai_compatible',
  model: '',
  baseUrl: 'http://localhost:11434/v1',
  region: 'local',
  isHosted: false,
  retention: '',
  inputPrice: '0',
  outputPrice: '0',
  currency: 'EUR',
  key: '',
};
const CONTEXT_TOKENS = 32_000;
const OUTPUT_TOKENS_MAX = 2_000;
const MICROS = 1_000_000;

/** Sets a provider. Its key is sealed here to the ai process: the server carries it and cannot read it. */
export function ProviderForm({ onClose }: { readonly onClose: () => void }) {
  const [draft, setDraft] = useState(EMPTY);
  const cache = useQueryClient();
  const set = useMutation({
    mutationFn: () => putProvider(draft),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['ai'] });
      onClose();
    },
  });
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  return (
    <Dialog title="Set a provider" onClose={onClose}>
      <form
        className="stack"
        onSubmit={event => {
          event.preventDefault();
          set.mutate();
        }}
      >
        <Field label="Name">
          <input
            className="input"
            value={draft.name}
            onChange={event => change({ name: event.target.value })}
            pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,62}"
            required
            data-testid="provider-name"
          />
        </Field>
        <Field label="How it is spoken to">
          <select
            className="input"
            value={draft.kind}
            onChange={event => {
              const kind = KINDS.find(one => one.kind === event.target.value)?.kind ?? draft.kind;
              change({ kind, ...(kind === 'openai_compatible' ? {} : { isHosted: true, baseUrl: '' }) });
            }}
          >
            {KINDS.map(({ kind, text }) => (
              <option key={kind} value={kind}>
                {text}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Model">
          <input
            className="input"
            value={draft.model}
            onChange={event => change({ model: event.target.value })}
            required
            data-testid="provider-model"
          />
        </Field>
        <Field label={draft.kind === 'openai_compatible' ? 'Address' : "Address, where it is not the vendor's own"}>
          <input
            className="input"
            value={draft.baseUrl}
            onChange={event => change({ baseUrl: event.target.value })}
            required={draft.kind === 'openai_compatible'}
            data-testid="provider-url"
          />
        </Field>
        <Where draft={draft} change={change} />
        <Price draft={draft} change={change} />
        <Field label="Key; empty where it needs none. It is sealed in this browser to the process that asks">
          <input
            className="input"
            type="password"
            autoComplete="off"
            value={draft.key}
            onChange={event => change({ key: event.target.value })}
            data-testid="provider-key"
          />
        </Field>
        <Outcome error={set.error} />
        <div className="actions">
          <button type="button" className="btn" onClick={onClose}>
            Leave as it is
          </button>
          <button type="submit" className="btn btn-primary" disabled={set.isPending} data-testid="provider-set">
            {set.isPending ? 'Sealing…' : 'Set it'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface PartProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
}

function Where({ draft, change }: PartProps) {
  return (
    <>
      <Field label="Where it computes, as the residency rule names it">
        <input
          className="input"
          value={draft.region}
          onChange={event => change({ region: event.target.value })}
          placeholder="local, eu, us …"
          required
        />
      </Field>
      <label className="check">
        <input
          type="checkbox"
          checked={draft.isHosted}
          onChange={event => change({ isHosted: event.target.checked })}
          data-testid="provider-hosted"
        />{' '}
        Beyond this machine and its network: names are withheld, and somebody looks at the bytes before the first is
        sent
      </label>
      {draft.isHosted && (
        <Field label="What the vendor says of keeping what it is sent">
          <input
            className="input"
            value={draft.retention}
            onChange={event => change({ retention: event.target.value })}
            placeholder="30 days, none …"
          />
        </Field>
      )}
    </>
  );
}

function Price({ draft, change }: PartProps) {
  return (
    <div className="field-row">
      <Field label="A million tokens in">
        <input
          className="input"
          inputMode="decimal"
          value={draft.inputPrice}
          onChange={event => change({ inputPrice: event.target.value })}
        />
      </Field>
      <Field label="out">
        <input
          className="input"
          inputMode="decimal"
          value={draft.outputPrice}
          onChange={event => change({ outputPrice: event.target.value })}
        />
      </Field>
      <Field label="Currency">
        <input
          className="input"
          value={draft.currency}
          onChange={event => change({ currency: event.target.value })}
          maxLength={3}
        />
      </Field>
    </div>
  );
}

function Field({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is its child
    <label className="field">
      <span className="label">{label}</span>
      {children}
    </label>
  );
}

async function putProvider(draft: Draft): Promise<void> {
  const { name, kind, model, baseUrl, region, isHosted, retention, currency, key } = draft;
  const { publicKey } = await request<ProviderKey>('POST', '/api/v1/ai/providers/open', {});
  const keyed = { name, kind, region, ...(baseUrl === '' ? {} : { baseUrl }) };
  const sealed = key === '' ? {} : { sealedKey: await sealKey(publicKey, keyed, key) };
  const price = {
    inputMicros: Math.round(Number(draft.inputPrice.replace(',', '.')) * MICROS),
    outputMicros: Math.round(Number(draft.outputPrice.replace(',', '.')) * MICROS),
    currency,
  };
  const limits = { contextTokens: CONTEXT_TOKENS, outputTokensMax: OUTPUT_TOKENS_MAX, isOn: true };
  const provider: ProviderPut['provider'] = {
    kind,
    model,
    region,
    isHosted,
    retention,
    price,
    ...limits,
    ...(baseUrl === '' ? {} : { baseUrl }),
  };
  await request('PUT', `/api/v1/ai/providers/${encodeURIComponent(name)}`, { provider, ...sealed });
}
