import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { say } from '../../app/toasts.tsx';
import { Button } from '../../components/button.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { Dialog } from '../../components/overlays.tsx';
import { formatAgo } from '../../lib/time.ts';
import type { ApiKey } from './key-scopes.ts';

export function RevokeDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose(): void }) {
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: async () => {
      await api.DELETE('/api/keys/{key_id}', { params: { path: { key_id: apiKey.id } } });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['keys'] });
      say(`${apiKey.name} is revoked.`);
      onClose();
    },
  });
  const used =
    apiKey.last_used_at === null ? 'was never used' : `was last used ${formatAgo(apiKey.last_used_at, Date.now())}`;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Revoke ${apiKey.name}?`}
      description={`It ${used}. Whatever uses it is refused at once, and it cannot be brought back.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" onClick={() => revoke.mutate()} isBusy={revoke.isPending}>
            Revoke the key
          </Button>
        </>
      }
    >
      {revoke.error === null ? (
        <p>Put a new key into the programs first, where they are to go on.</p>
      ) : (
        <ErrorNotice error={revoke.error} />
      )}
    </Dialog>
  );
}
