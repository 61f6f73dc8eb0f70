import { useMutation, useQueryClient } from '@tanstack/react-query';
import { answerOf, api } from '../../../api/client.ts';

/** Makes an API key that may only send, at the first call; later calls answer the same. */
export function useFreshKey() {
  const queries = useQueryClient();
  const made = useMutation({
    mutationFn: (name: string) => answerOf(api.POST('/api/keys', { body: { name, scopes: ['ingest'] } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['keys'] }),
  });
  return {
    secret: made.data?.secret ?? null,
    isBusy: made.isPending,
    error: made.error,
    make: async (name: string): Promise<string> => made.data?.secret ?? (await made.mutateAsync(name)).secret,
  };
}
