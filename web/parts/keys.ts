import { useEffect, useRef, useSyncExternalStore } from 'react';

/** One stroke, or two in a row (`g q`). `label` is what the help says. */
export interface KeyBinding {
  readonly keys: string;
  readonly label: string;
  readonly run: () => void;
}

const SEQUENCE_WAIT_MS_MAX = 900;
const active = new Map<number, () => readonly KeyBinding[]>();
const listeners = new Set<() => void>();
let nextId = 1;
let version = 0;
let pending = '';
let pendingAt = 0;

/** Keyboard commands of a page or part, for as long as it is on screen. The newest wins where two want one key. */
export function useKeys(bindings: readonly KeyBinding[]): void {
  const current = useRef(bindings);
  current.current = bindings;
  useEffect(() => {
    const id = nextId++;
    active.set(id, () => current.current);
    changed();
    return () => {
      active.delete(id);
      changed();
    };
  }, []);
}

/** What can be pressed now, for the help. */
export function useActiveKeys(): readonly KeyBinding[] {
  useSyncExternalStore(subscribe, () => version);
  const byKey = new Map<string, KeyBinding>();
  for (const bindings of active.values()) for (const binding of bindings()) byKey.set(binding.keys, binding);
  return [...byKey.values()];
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function changed(): void {
  version += 1;
  for (const listener of listeners) listener();
}

/** Whether a stroke belongs to the element that has the focus, so that no command may take it. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Installed once by the frame. A stroke with ⌘, Ctrl or Alt is the browser's, and none works while a dialog is open. */
export function listenToKeys(): () => void {
  const hear = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) && !isCheckbox(event.target)) return;
    if (document.querySelector('dialog[open], [role="dialog"]') !== null) return;
    const key =
      event.key === ' ' ? 'space' : event.key === 'Enter' ? 'enter' : event.key === 'Escape' ? 'esc' : event.key;
    // A button or a link has its own Enter and Space.
    if (
      (key === 'enter' || key === 'space') &&
      event.target instanceof Element &&
      event.target.closest('button, a, summary, input') !== null
    )
      return;
    const now = Date.now();
    const sequence = pending !== '' && now - pendingAt < SEQUENCE_WAIT_MS_MAX ? `${pending} ${key}` : key;
    const binding = find(sequence) ?? find(key);
    pending = '';
    if (binding !== undefined) {
      event.preventDefault();
      binding.run();
      return;
    }
    if (startsSequence(key)) {
      pending = key;
      pendingAt = now;
    }
  };
  window.addEventListener('keydown', hear);
  return () => window.removeEventListener('keydown', hear);
}

function isCheckbox(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === 'checkbox';
}

function find(keys: string): KeyBinding | undefined {
  let found: KeyBinding | undefined;
  for (const bindings of active.values()) {
    for (const binding of bindings()) if (binding.keys === keys) found = binding;
  }
  return found;
}

function startsSequence(key: string): boolean {
  for (const bindings of active.values()) {
    if (bindings().some(binding => binding.keys.startsWith(`${key} `))) return true;
  }
  return false;
}
