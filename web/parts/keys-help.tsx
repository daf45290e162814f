import { Dialog } from './dialog.tsx';
import { useActiveKeys } from './keys.ts';

const KEY_TEXT = new Map([
  ['enter', '↵'],
  ['esc', 'esc'],
  ['space', 'space'],
]);

/** What can be pressed on this page, now. */
export function KeysHelp({ onClose }: { readonly onClose: () => void }) {
  const bindings = useActiveKeys();
  return (
    <Dialog title="Keyboard" onClose={onClose} testId="keys-help">
      <dl className="keys">
        {bindings.map(binding => (
          <div key={binding.keys} className="keys-row">
            <dt>
              {binding.keys.split(' ').map(key => (
                <kbd key={key}>{KEY_TEXT.get(key) ?? key}</kbd>
              ))}
            </dt>
            <dd>{binding.label}</dd>
          </div>
        ))}
        <div className="keys-row">
          <dt>
            <kbd>⌘K</kbd>
          </dt>
          <dd>Search and commands</dd>
        </div>
      </dl>
    </Dialog>
  );
}
