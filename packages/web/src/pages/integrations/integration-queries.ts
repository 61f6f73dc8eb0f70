import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client.ts';
import type { components } from '../../api/schema.gen.ts';

type Schemas = components['schemas'];
export type Integration = Schemas['LogIntegration'];
export type IntegrationType = Schemas['LogIntegrationTypes']['types'][number];
export type TestOutcome = Schemas['LogIntegrationTest'];
export type TestStep = Schemas['LogIntegrationTestStep'];
export type Delivery = Schemas['LogIntegrationDeliveries']['deliveries'][number];
export type Replay = Schemas['LogIntegrationReplay'];

/** How often what moves is asked for. */
const REFRESH_MS = 3_000;

export const integrationsQuery = queryOptions({
  queryKey: ['log-integrations'],
  queryFn: async ({ signal }) => (await answerOf(api.GET('/api/log-integrations', { signal }))).integrations,
  refetchInterval: REFRESH_MS,
  placeholderData: keepPreviousData,
});

export const integrationQuery = (integrationId: string) =>
  queryOptions({
    queryKey: ['log-integrations', integrationId],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/log-integrations/{integration_id}', {
          params: { path: { integration_id: integrationId } },
          signal,
        }),
      ),
    refetchInterval: REFRESH_MS,
  });

export const deliveriesQuery = (integrationId: string) =>
  queryOptions({
    queryKey: ['log-integrations', integrationId, 'deliveries'],
    queryFn: async ({ signal }) => {
      const params = { path: { integration_id: integrationId } };
      return (await answerOf(api.GET('/api/log-integrations/{integration_id}/deliveries', { params, signal })))
        .deliveries;
    },
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });

export const typesQuery = queryOptions({
  queryKey: ['log-integration-types'],
  queryFn: async ({ signal }) => (await answerOf(api.GET('/api/log-integrations/types', { signal }))).types,
  staleTime: Number.POSITIVE_INFINITY,
});
