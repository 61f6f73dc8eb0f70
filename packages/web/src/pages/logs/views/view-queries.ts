import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answerOf, api } from '../../../api/client.ts';
import { chosenOrg } from '../../../api/org.ts';
import type { components } from '../../../api/schema.gen.ts';

export type SavedView = components['schemas']['SavedView'];

export interface ViewDraft {
  /** Empty for a new one. */
  id: string;
  name: string;
  description: string;
  /** What the address has behind `?`. */
  search: string;
}

const KEY = 'saved-views';

export function useSavedViews() {
  return useQuery({
    queryKey: [KEY, chosenOrg()],
    queryFn: ({ signal }) => answerOf(api.GET('/api/saved-views', { signal })),
    select: ({ saved_views }) => saved_views.filter(({ page }) => page === 'logs'),
  });
}

export function useSaveView() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, name, description, search }: ViewDraft) => {
      const body = { name: name.trim(), description: description.trim(), page: 'logs' as const, search };
      return id === ''
        ? answerOf(api.POST('/api/saved-views', { body }))
        : answerOf(api.PUT('/api/saved-views/{view_id}', { params: { path: { view_id: id } }, body }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: [KEY] }),
  });
}

export function useDeleteView() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.DELETE('/api/saved-views/{view_id}', { params: { path: { view_id: id } } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: [KEY] }),
  });
}
