import { Bookmark } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { persistently } from '../../../api/persistently.ts';
import { Button } from '../../../components/button.tsx';
import { Loading } from '../../../components/notice.tsx';
import { Popover } from '../../../components/overlays.tsx';
import type { ViewDraft } from './view-queries.ts';

const ViewList = lazy(persistently(() => import('./view-list.tsx')));
const ViewDialog = lazy(persistently(() => import('./view-dialog.tsx')));

/** Searches that were kept for everybody of the org: to open, keep, change and delete. */
export function ViewsPopover() {
  const [isOpen, setOpen] = useState(false);
  const [draft, setDraft] = useState<ViewDraft | null>(null);
  const edit = (next: ViewDraft) => {
    setOpen(false);
    setDraft(next);
  };
  return (
    <>
      <Popover
        label="Saved views"
        className="w-96"
        isOpen={isOpen}
        onOpenChange={setOpen}
        trigger={
          <Button>
            <Bookmark size={15} aria-hidden />
            <span className="max-md:sr-only">Views</span>
          </Button>
        }
      >
        <Suspense fallback={<Loading rows={3} label="Loading views" />}>
          <ViewList onEdit={edit} onDone={() => setOpen(false)} />
        </Suspense>
      </Popover>
      <Suspense>{draft !== null && <ViewDialog draft={draft} onClose={() => setDraft(null)} />}</Suspense>
    </>
  );
}
