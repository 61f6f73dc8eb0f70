import { Dialog } from '../components/overlays.tsx';
import { activeShortcuts } from './shortcuts.tsx';

const isMac = navigator.platform.startsWith('Mac');

/** Every key that does something on the page that is shown. */
export default function ShortcutList({ onClose }: { onClose(): void }) {
  return (
    <Dialog isOpen onClose={onClose} title="Shortcuts">
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2">
        {activeShortcuts().map(({ keys, does }) => (
          <div key={keys} className="contents">
            <dt className="flex gap-1">
              {keys.split(/[ +]/).map((key) => (
                <kbd
                  key={key}
                  className="rounded border border-line-strong bg-raised px-1.5 font-mono text-xs leading-5"
                >
                  {key === 'mod' ? (isMac ? '⌘' : 'Ctrl') : key}
                </kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
