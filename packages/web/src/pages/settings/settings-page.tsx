import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { Page } from '../../app/page.tsx';

const SECTIONS = [
  { to: '/settings', label: 'Org' },
  { to: '/settings/integrations', label: 'Integrations' },
  { to: '/settings/keys', label: 'API keys' },
  { to: '/settings/redaction', label: 'Redaction' },
  { to: '/settings/levels', label: 'Log levels' },
  { to: '/settings/health', label: 'Health' },
] as const;

/** Everything that is set up rather than looked at, a section each. */
export default function SettingsPage() {
  const nav = useRef<HTMLElement>(null);
  useLocation({ select: ({ pathname }) => pathname });
  // On a phone not all sections fit: whichever is shown comes into view.
  useEffect(() => {
    nav.current?.querySelector('[aria-current=page]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
  });
  return (
    <Page title="Settings">
      <nav ref={nav} aria-label="Settings" className="flex gap-1 overflow-x-auto border-b border-line">
        {SECTIONS.map(({ to, label }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: to === '/settings' }}
            className="-mb-px border-b-2 border-transparent px-3 py-2 font-medium whitespace-nowrap text-muted hover:text-text aria-[current=page]:border-accent aria-[current=page]:text-text"
          >
            {label}
          </Link>
        ))}
      </nav>
      <Outlet />
    </Page>
  );
}
