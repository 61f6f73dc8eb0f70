import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { persistently } from '../api/persistently.ts';
import { queryClient } from '../api/query-client.ts';
import { sessionQuery } from '../api/session.ts';
import { ErrorNotice, Loading } from '../components/notice.tsx';
import { parseSearch, type SearchParams, stringifySearch } from './search-params.ts';
import { Shell } from './shell.tsx';

/** Every page, loaded when it is first asked for. What a page shows is in its URL, as plain texts by name. */
const root = createRootRoute({ validateSearch: (search): SearchParams => search as SearchParams });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(persistently(() => import('../pages/sign-in/sign-in-page.tsx'))),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: Shell,
  beforeLoad: async ({ location }) => {
    const session = await queryClient.ensureQueryData(sessionQuery);
    if (!session.signed_in) throw redirect({ to: '/sign-in', search: { back: location.href } });
  },
});

const page = <Path extends string>(path: Path, load: () => Promise<{ default: () => React.ReactNode }>) =>
  createRoute({ getParentRoute: () => shell, path, component: lazyRouteComponent(persistently(load)) });

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/logs' });
  },
});

const settings = page('/settings', () => import('../pages/settings/settings-page.tsx'));
const section = <Path extends string>(path: Path, load: () => Promise<{ default: () => React.ReactNode }>) =>
  createRoute({ getParentRoute: () => settings, path, component: lazyRouteComponent(persistently(load)) });

const routeTree = root.addChildren([
  signIn,
  shell.addChildren([
    home,
    page('/logs', () => import('../pages/logs/logs-page.tsx')),
    page('/stats', () => import('../pages/stats/stats-page.tsx')),
    page('/traces', () => import('../pages/traces/traces-page.tsx')),
    page('/traces/$traceId', () => import('../pages/traces/trace-page.tsx')),
    page('/patterns', () => import('../pages/patterns/patterns-page.tsx')),
    page('/ingest', () => import('../pages/ingest/ingest-page.tsx')),
    settings.addChildren([
      section('/', () => import('../pages/settings/org-section.tsx')),
      section('/integrations', () => import('../pages/integrations/integrations-section.tsx')),
      section('/integrations/$integrationId', () => import('../pages/integrations/integration-section.tsx')),
      section('/keys', () => import('../pages/settings/keys-section.tsx')),
      section('/redaction', () => import('../pages/settings/redaction-section.tsx')),
      section('/levels', () => import('../pages/settings/levels-section.tsx')),
      section('/health', () => import('../pages/settings/health-section.tsx')),
    ]),
  ]),
]);

export const router = createRouter({
  routeTree,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultPendingComponent: () => (
    <div className="p-5">
      <Loading rows={8} />
    </div>
  ),
  defaultErrorComponent: ({ error, reset }) => (
    <div className="p-5">
      <ErrorNotice error={error} onRetry={reset} />
    </div>
  ),
  defaultNotFoundComponent: () => <p className="p-5">There is no such page.</p>,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
