import { defineRoute } from '../../route.ts';

export const metrics = defineRoute({
  method: 'GET',
  path: '/metrics',
  scope: 'metrics',
  resource: null,
  summary: "The server's own numbers for Prometheus; this machine needs no key",
  answers: { 200: 'The text format of Prometheus.' },
  async handle({ deps }) {
    return { kind: 'text', status: 200, contentType: deps.metrics.contentType, text: await deps.metrics.metrics() };
  },
});
