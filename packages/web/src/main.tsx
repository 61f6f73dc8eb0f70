import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { listenSignedOut } from './api/client.ts';
import { queryClient } from './api/query-client.ts';
import { reachable } from './api/reachable.ts';
import { sessionQuery } from './api/session.ts';
import { router } from './app/router.tsx';
import { listenShortcuts } from './app/shortcuts.tsx';
import { applyTheme } from './app/theme.ts';
import './styles.css';

applyTheme();
listenShortcuts();
// Dialogs put a style element on the page to keep what is behind from scrolling: the policy wants the nonce on it.
setNonce(document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '');

listenSignedOut(() => {
  queryClient.removeQueries({ queryKey: sessionQuery.queryKey });
  const { pathname, href } = router.state.location;
  if (pathname !== '/sign-in') void router.navigate({ to: '/sign-in', search: { back: href, expired: '1' } });
});
reachable.subscribe(() => {
  if (reachable.get()) void queryClient.invalidateQueries();
});

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
