import { useNavigate } from '@tanstack/react-router';
import { Pencil, Save, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { parseSearch } from '../../../app/search-params.ts';
import { say, sayError } from '../../../app/toasts.tsx';
import { Button, IconButton } from '../../../components/button.tsx';
import { Input } from '../../../components/field.tsx';
import { ErrorNotice, Loading } from '../../../components/notice.tsx';
import { type SavedView, useDeleteView, useSavedViews, useSaveView, type ViewDraft } from './view-queries.ts';
import { viewSearch } from './view-search.ts';

/** The views of the org, to find, open and change. */
export default function ViewList({ onEdit, onDone }: { onEdit(draft: ViewDraft): void; onDone(): void }) {
  const [text, setText] = useState('');
  const views = useSavedViews();
  const wanted = text.trim().toLowerCase();
  const found = (views.data ?? []).filter(({ name, description }) =>
    `${name} ${description}`.toLowerCase().includes(wanted),
  );
  const create = () => onEdit({ id: '', name: text.trim(), description: '', search: viewSearch(location.search) });
  return (
    <div className="flex flex-col gap-2">
      <div className="flex gap-2">
        <Input
          aria-label="Find a view"
          placeholder="Find a view"
          value={text}
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        <Button kind="primary" onClick={create}>
          <Save size={15} aria-hidden />
          Save this
        </Button>
      </div>
      {views.error !== null && <ErrorNotice error={views.error} onRetry={() => void views.refetch()} />}
      {views.isPending && views.error === null && <Loading rows={3} label="Loading views" />}
      {views.data !== undefined && found.length === 0 && (
        <p className="py-2 text-muted">
          {views.data.length === 0
            ? 'None yet. A view keeps the search, the time range and the columns, for everybody of this org.'
            : 'No view has this in its name or description.'}
        </p>
      )}
      <ul aria-label="Views" className="flex max-h-80 flex-col overflow-y-auto">
        {found.map((view) => (
          <ViewItem key={view.id} view={view} onEdit={onEdit} onDone={onDone} />
        ))}
      </ul>
    </div>
  );
}

interface ViewItemProps {
  view: SavedView;
  onEdit(draft: ViewDraft): void;
  onDone(): void;
}

function ViewItem({ view, onEdit, onDone }: ViewItemProps) {
  const navigate = useNavigate();
  const save = useSaveView();
  const remove = useDeleteView();
  const [isAsking, setAsking] = useState(false);
  const { id, name, description, search } = view;
  const open = () => {
    onDone();
    void navigate({ to: '/logs', search: parseSearch(search) });
  };
  const update = () =>
    save.mutate(
      { id, name, description, search: viewSearch(location.search) },
      { onSuccess: () => say(`${name} now shows what is on the page`), onError: sayError },
    );
  const forget = () => remove.mutate(id, { onSuccess: () => say(`${name} is deleted`), onError: sayError });
  if (isAsking) {
    return (
      <li className="flex items-center gap-2 rounded bg-error-soft px-2 py-1.5">
        <span className="min-w-0 flex-1 truncate">Delete {name} for everybody?</span>
        <Button size="small" kind="danger" isBusy={remove.isPending} onClick={forget}>
          Delete
        </Button>
        <Button size="small" onClick={() => setAsking(false)}>
          Keep
        </Button>
      </li>
    );
  }
  return (
    <li className="flex items-center rounded hover:bg-sunken">
      <button type="button" onClick={open} className="min-w-0 flex-1 px-2 py-1.5 text-left">
        <span className="block truncate font-medium">{name}</span>
        {description !== '' && <span className="block truncate text-xs text-muted">{description}</span>}
      </button>
      <IconButton
        size="small"
        label={`Replace ${name} by what is on the page`}
        isBusy={save.isPending}
        onClick={update}
      >
        <Save size={14} aria-hidden />
      </IconButton>
      <IconButton size="small" label={`Rename ${name}`} onClick={() => onEdit({ id, name, description, search })}>
        <Pencil size={14} aria-hidden />
      </IconButton>
      <IconButton size="small" label={`Delete ${name}`} onClick={() => setAsking(true)}>
        <Trash2 size={14} aria-hidden />
      </IconButton>
    </li>
  );
}
