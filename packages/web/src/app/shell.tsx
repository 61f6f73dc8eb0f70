import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { Activity, Blocks, ChartColumn, Keyboard, ListTree, Logs, Plug, Search, Settings } from 'lucide-react';
import { lazy, Suspense, useState, useSyncExternalStore } from 'react';
import { persistently } from '../api/persistently.ts';
import { reachable } from '../api/reachable.ts';
import { IconButton } from '../components/button.tsx';
import { AccountMenu } from './account-menu.tsx';
import { useShortcuts } from './shortcuts.tsx';
import { Toasts } from './toasts.tsx';

const ShortcutList = lazy(persistently(() => import('./shortcut-list.tsx')));
const Palette = lazy(persistently(() => import('./palette.tsx')));

export const PAGES = [
  { to: '/logs', label: 'Logs', icon: Logs, key: 'l' },
  { to: '/stats', label: 'Stats', icon: ChartColumn, key: 's' },
  { to: '/traces', label: 'Traces', icon: ListTree, key: 't' },
  { to: '/patterns', label: 'Patterns', icon: Blocks, key: 'p' },
  { to: '/ingest', label: 'Ingest', icon: Plug, key: 'i' },
  { to: '/settings', label: 'Settings', icon: Settings, key: 'e' },
] as const;

/** What is around every page: the way to the others, who one is, and whether the server is there. */
export function Shell() {
  const [shown, setShown] = useState<'shortcuts' | 'palette' | null>(null);
  const navigate = useNavigate();
  useShortcuts([
    { keys: '?', does: 'Show these shortcuts', run: () => setShown('shortcuts') },
    { keys: 'mod+k', does: 'Go anywhere', run: () => setShown('palette') },
    ...PAGES.map(({ to, label, key }) => ({
      keys: `g ${key}`,
      does: `Go to ${label}`,
      run: () => void navigate({ to }),
    })),
  ]);
  return (
    <div className="flex h-dvh flex-col md:flex-row">
      <a href="#main" className="sr-only z-50 bg-accent p-2 text-on-accent focus:not-sr-only focus:absolute">
        Skip to the page
      </a>
      <header className="flex shrink-0 items-center gap-1 border-b border-line bg-raised px-3 py-1.5 md:w-44 md:flex-col md:items-stretch md:border-r md:border-b-0 md:px-2 md:py-3">
        <Link to="/logs" className="mr-auto flex items-center gap-2 rounded px-1.5 py-1 font-semibold md:mr-0 md:mb-3">
          <Activity size={18} className="text-accent" aria-hidden />
          Tailwater
        </Link>
        <PageLinks />
        <div className="flex items-center md:mt-auto">
          <IconButton label="Go anywhere (Ctrl K)" onClick={() => setShown('palette')}>
            <Search size={17} aria-hidden />
          </IconButton>
          <IconButton label="Shortcuts (?)" className="max-md:hidden" onClick={() => setShown('shortcuts')}>
            <Keyboard size={17} aria-hidden />
          </IconButton>
          <AccountMenu />
        </div>
      </header>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <AwayBanner />
        <main id="main" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto pb-14 outline-none md:pb-0">
          <Outlet />
        </main>
      </div>
      <Toasts />
      <Suspense>
        {shown === 'shortcuts' && <ShortcutList onClose={() => setShown(null)} />}
        {shown === 'palette' && <Palette onClose={() => setShown(null)} />}
      </Suspense>
    </div>
  );
}

/** At the left on a desk, at the bottom on a phone. */
function PageLinks() {
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-raised md:static md:flex-col md:gap-0.5 md:border-t-0"
    >
      {PAGES.map(({ to, label, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          className="flex min-w-0 flex-1 flex-col items-center gap-0.5 rounded px-1 py-1.5 text-[11px] text-muted hover:bg-sunken hover:text-text aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent-strong md:flex-none md:flex-row md:gap-2.5 md:px-2 md:text-sm"
        >
          <Icon size={17} aria-hidden />
          {label}
        </Link>
      ))}
    </nav>
  );
}

function AwayBanner() {
  const isThere = useSyncExternalStore(reachable.subscribe, reachable.get);
  if (isThere) return null;
  return (
    <p role="alert" className="border-b border-warn bg-warn-soft px-4 py-1.5 text-warn">
      The server is away. What is on the page stays; it is asked again every two seconds.
    </p>
  );
}
