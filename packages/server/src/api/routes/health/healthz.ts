import { defineRoute } from '../../route.ts';

export const healthz = defineRoute({
  method: 'GET',
  path: '/healthz',
  scope: 'public',
  resource: null,
  summary: 'Whether the process answers',
  answers: { 200: 'ok' },
  handle: () => ({ kind: 'text', status: 200, contentType: 'text/plain; charset=utf-8', text: 'ok\n' }),
});
