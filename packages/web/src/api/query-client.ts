import { QueryClient } from '@tanstack/react-query';
import { ApiError, isPassing } from './error.ts';

const RETRIES_MAX = 3;
const RETRY_DELAY_MS_MAX = 10_000;

/**
 * What was answered stays on the page while it is asked again, and when asking fails. A server that is away is asked
 * again; what it refused is not.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // The browser's own idea of being online says nothing about a server on this machine.
      networkMode: 'always',
      refetchOnWindowFocus: false,
      retry: (failures, error) => isPassing(error) && failures < RETRIES_MAX,
      retryDelay: (failures, error) =>
        (error instanceof ApiError ? error.retryAfterMs : null) ?? Math.min(RETRY_DELAY_MS_MAX, 500 * 2 ** failures),
    },
    mutations: { networkMode: 'always', retry: false },
  },
});
