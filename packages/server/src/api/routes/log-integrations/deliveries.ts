import { z } from 'zod';
import { defineRoute, json } from '../../route.ts';
import { deliveryListSchema } from '../../wire/log-integrations.ts';
import { renderDeliveries } from './render.ts';

export const listDeliveries = defineRoute({
  method: 'GET',
  path: '/api/log-integrations/:integration_id/deliveries',
  scope: 'admin',
  resource: 'integration',
  summary: 'Recent batches: when, how many, status, latency, error',
  params: z.strictObject({ integration_id: z.string() }),
  answers: { 200: deliveryListSchema },
  async handle({ deps: { integrations }, identity, params }) {
    const { id } = await integrations.get(identity.orgId, params.integration_id);
    return json(renderDeliveries(integrations, id));
  },
});
