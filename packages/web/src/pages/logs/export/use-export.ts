import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answerOf, api, apiFetch } from '../../../api/client.ts';
import { chosenOrg } from '../../../api/org.ts';
import type { components } from '../../../api/schema.gen.ts';
import { saveFile } from './save-file.ts';

export type Export = components['schemas']['Export'];
export type ExportFormat = Export['format'];

const ASK_INTERVAL_MS = 500;

/** Makes exports, starts their download and follows it. */
export function useExport() {
  const [id, setId] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isStarting, setStarting] = useState(false);
  const progress = useQuery({
    queryKey: ['export', id],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/logs/exports/{export_id}', { params: { path: { export_id: id ?? '' } }, signal })),
    enabled: id !== null,
    refetchInterval: ({ state }) => (isOver(state.data) || state.error !== null ? false : ASK_INTERVAL_MS),
  });
  const start = async (format: ExportFormat, query: string, columns: readonly string[] | null) => {
    setStarting(true);
    setError(null);
    try {
      const body = { format, query, ...(columns !== null && { columns: [...columns] }) };
      const made = await answerOf(api.POST('/api/logs/exports', { body }));
      setId(made.id);
      await download(made);
    } catch (caught) {
      setError(caught);
    } finally {
      setStarting(false);
    }
  };
  const cancel = async () => {
    if (id === null) return;
    setId(null);
    await api.DELETE('/api/logs/exports/{export_id}', { params: { path: { export_id: id } } }).catch(setError);
  };
  return {
    job: id === null ? undefined : progress.data,
    isRunning: isStarting || (id !== null && !isOver(progress.data) && progress.error === null),
    error: error ?? progress.error,
    start,
    cancel,
    forget: () => setId(null),
  };
}

const isOver = (job: Export | undefined): boolean => job?.state === 'done' || job?.state === 'failed';

/** The browser itself writes the file, as large as it is. A link cannot name another org: then the page fetches it. */
async function download({ id, format }: Export): Promise<void> {
  const path = `/api/logs/exports/${encodeURIComponent(id)}/file`;
  if (chosenOrg() === null) return saveFile(path, '');
  const response = await apiFetch(path);
  const url = URL.createObjectURL(await response.blob());
  saveFile(url, `events.${format}`);
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
