import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client.ts';
import type { components } from '../../api/schema.gen.ts';

export type Org = components['schemas']['Org'];
export type IngestQuota = components['schemas']['IngestQuota'];
export type Storage = components['schemas']['Storage'];

const REFRESH_MS = 10_000;

export const orgsQuery = queryOptions({
  queryKey: ['orgs'],
  queryFn: async ({ signal }) => (await answerOf(api.GET('/api/orgs', { signal }))).orgs,
});

export const usageQuery = queryOptions({
  queryKey: ['ingest-usage'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/ingest/usage', { signal })),
  refetchInterval: REFRESH_MS,
  placeholderData: keepPreviousData,
});

export const storageQuery = queryOptions({
  queryKey: ['storage'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/storage', { signal })),
  refetchInterval: REFRESH_MS,
  placeholderData: keepPreviousData,
});

/** Whether the session may act for any org: only then is there word of all of them. */
export const useMaySelectOrgs = (): boolean => (useQuery(storageQuery).data?.store ?? null) !== null;
