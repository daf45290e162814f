import type { Result } from '../../../base/result.ts';
import type { Failure } from '../../../model/failure.ts';
import type { Operation, Receipt, Secret } from '../../../ports/responder.ts';

/** A conversation with somebody else's server. Everything that it says is a stranger's data. */
export interface ToolSession {
  /** Each tool as it came, unread; the same list again while the server says the same. Rejects where it does not end. */
  list(): Promise<readonly unknown[]>;
  /**
   * Rejects where no answer came: then it is not known whether the tool was run. `key` is the act's own, for servers that keep
   * a call from being taken twice; reads have none.
   */
  call(name: string, given: unknown, key?: string): Promise<{ readonly [member: string]: unknown }>;
  close(): Promise<void>;
}

/** What differs between the ways in which other people's servers are called. */
export interface CallWay {
  /** The responder's name. */
  readonly name: string;
  readonly operation: Operation;
  readonly open: (
    settings: { readonly [name: string]: string },
    secret: Secret,
    timeoutMs: number,
  ) => Promise<ToolSession>;
  /** The settings, validated. */
  readonly parseConfig: (settings: {
    readonly [name: string]: string;
  }) => Result<{ readonly [name: string]: string }, Failure>;
  /** Why a call cannot be made with these arguments; undefined where it can. `text` is the whole definition. */
  readonly fault: (text: string, given: { readonly [name: string]: unknown }) => string | undefined;
  /** Each argument as a line of its own. */
  readonly linesOf: (given: { readonly [name: string]: unknown }) => readonly (readonly [string, unknown])[];
  /** What an answer says became of the call. */
  readonly outcomeOf: (result: {
    readonly [member: string]: unknown;
  }) => Extract<Receipt['outcome'], 'applied' | 'failed' | 'unknown'>;
  /** In sentences: `the tool`. */
  readonly noun: string;
}

/** Gives the list that it gave before where a new one says the same, so that whoever hashed it need not do so again. */
export function sameWhileSame(read: () => Promise<readonly unknown[]>): () => Promise<readonly unknown[]> {
  let known: { readonly text: string; readonly list: readonly unknown[] } | undefined;
  return async () => {
    const list = await read();
    const text = JSON.stringify(list);
    if (known?.text !== text) known = { text, list };
    return known.list;
  };
}
