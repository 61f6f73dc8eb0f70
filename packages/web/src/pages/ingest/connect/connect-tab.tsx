import { Copy, KeyRound } from 'lucide-react';
import { useState } from 'react';
import { useSession } from '../../../api/session.ts';
import { say, sayError } from '../../../app/toasts.tsx';
import { usePageSearch } from '../../../app/use-search.ts';
import { Button } from '../../../components/button.tsx';
import { Card } from '../../../components/display.tsx';
import { Input } from '../../../components/field.tsx';
import { classNames } from '../../../lib/class-names.ts';
import { copyText } from '../../../lib/clipboard.ts';
import { KEY_PLACEHOLDER, placeOf, SOURCES, type Source, stepsOf } from './sources.ts';
import { useFreshKey } from './use-fresh-key.ts';
import { WatchPanel } from './watch-panel.tsx';

/** Pick what ships events, copy how, and watch the first one come. */
export function ConnectTab() {
  const { text, change } = usePageSearch();
  const source = SOURCES.find(({ id }) => id === text('source')) ?? SOURCES[0]!;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[15rem_minmax(0,1fr)] xl:grid-cols-[15rem_minmax(0,1.2fr)_minmax(0,1fr)]">
      <SourceList chosen={source.id} onChoose={(id) => change({ source: id })} />
      <Snippets source={source} />
      <div className="lg:col-start-2 xl:col-start-auto">
        <WatchPanel key={source.id} receiver={source.receiver} />
      </div>
    </div>
  );
}

const GROUPS = ['Applications', 'Collectors and agents', 'Systems and devices'] as const;

function SourceList({ chosen, onChoose }: { chosen: string; onChoose(id: string): void }) {
  const [wanted, setWanted] = useState('');
  const found = SOURCES.filter(({ name, receiver }) =>
    `${name} ${receiver}`.toLowerCase().includes(wanted.toLowerCase()),
  );
  return (
    <nav aria-label="What ships your events" className="flex flex-col gap-3">
      <Input
        type="search"
        aria-label="Find what ships your events"
        placeholder="What ships your events?"
        value={wanted}
        onChange={(event) => setWanted(event.target.value)}
      />
      <div className="flex flex-col gap-3 max-lg:max-h-56 max-lg:overflow-y-auto">
        {GROUPS.filter((group) => found.some((source) => source.group === group)).map((group) => (
          <section key={group}>
            <h3 className="px-2 py-1 text-xs font-semibold text-muted">{group}</h3>
            <ul>
              {found
                .filter((source) => source.group === group)
                .map(({ id, name }) => (
                  <li key={id}>
                    <button
                      type="button"
                      aria-pressed={id === chosen}
                      onClick={() => onChoose(id)}
                      className="w-full rounded-md px-2 py-1.5 text-left hover:bg-sunken aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-accent-strong"
                    >
                      {name}
                    </button>
                  </li>
                ))}
            </ul>
          </section>
        ))}
        {found.length === 0 && (
          <p className="px-2 text-muted">Nothing by that name. Whatever speaks HTTP can send as curl does.</p>
        )}
      </div>
    </nav>
  );
}

function Snippets({ source }: { source: Source }) {
  const session = useSession();
  const key = useFreshKey();
  const mayMakeKeys = session.scopes.includes('admin');
  const place = placeOf(session.server_url, key.secret ?? KEY_PLACEHOLDER, session.ingest_ports);
  const nameOfKey = `${source.name}, ${new Date().toISOString().slice(0, 10)}`;
  const copy = async (index: number) => {
    try {
      const secret = mayMakeKeys ? await key.make(nameOfKey) : KEY_PLACEHOLDER;
      await copyText(stepsOf(source, { ...place, key: secret })[index]!.code);
      say(mayMakeKeys ? 'Copied, with a fresh API key in it' : 'Copied');
    } catch (error) {
      sayError(error);
    }
  };
  return (
    <Card title={source.name}>
      <ol className="flex flex-col gap-4">
        {stepsOf(source, place).map(({ title, code }, index) => (
          <li key={title} className="min-w-0">
            <div className="mb-1 flex items-center gap-2">
              <h3 className="min-w-0 flex-1 font-medium">{title}</h3>
              <Button
                size="small"
                kind={index === 0 ? 'primary' : 'plain'}
                isBusy={key.isBusy}
                onClick={() => copy(index)}
              >
                <Copy size={14} aria-hidden />
                Copy
              </Button>
            </div>
            <pre
              tabIndex={0}
              className="overflow-x-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs leading-5"
            >
              {code}
            </pre>
          </li>
        ))}
      </ol>
      <p
        className={classNames('mt-4 flex items-start gap-2 text-xs', key.secret === null ? 'text-muted' : 'text-good')}
      >
        <KeyRound size={15} className="mt-px shrink-0" aria-hidden />
        {keySentence(mayMakeKeys, key.secret !== null, session.mode === 'open')}
      </p>
    </Card>
  );
}

function keySentence(mayMakeKeys: boolean, isMade: boolean, isOpen: boolean): string {
  if (isMade) return 'The key in the snippets is new and may only send. It is shown here only: copy what you need now.';
  if (!mayMakeKeys)
    return `Put a key with the scope ingest in place of ${KEY_PLACEHOLDER}; making one needs the scope admin.`;
  const open = isOpen ? ' Programs on this machine need none: open mode is on.' : '';
  return `Copy makes a key that may only send, and fills it in.${open}`;
}
