import { type FormEvent, useState } from 'react';
import { ApiError } from '../../../api/error.ts';
import { say } from '../../../app/toasts.tsx';
import { Button } from '../../../components/button.tsx';
import { Field, Input, TextArea } from '../../../components/field.tsx';
import { ErrorNotice } from '../../../components/notice.tsx';
import { Dialog } from '../../../components/overlays.tsx';
import { useSaveView, type ViewDraft } from './view-queries.ts';

const FORM = 'view-form';

/** Names a view, new or old. */
export default function ViewDialog({ draft, onClose }: { draft: ViewDraft; onClose(): void }) {
  const [name, setName] = useState(draft.name);
  const [description, setDescription] = useState(draft.description);
  const save = useSaveView();
  const isNew = draft.id === '';
  const isTaken = save.error instanceof ApiError && save.error.status === 409;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(
      { ...draft, name, description },
      {
        onSuccess: () => {
          say(isNew ? `${name.trim()} is saved` : `${name.trim()} is changed`);
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={isNew ? 'Save this view' : 'Rename the view'}
      description="Everybody of the org finds it under Views."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={FORM} isBusy={save.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={submit} className="flex flex-col gap-3">
        {save.error !== null && !isTaken && <ErrorNotice error={save.error} />}
        <Field label="Name" isRequired error={isTaken ? 'Another view has this name' : null}>
          {(ids) => (
            <Input
              {...ids}
              value={name}
              required
              maxLength={100}
              autoFocus
              autoComplete="off"
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label="Description" help="When somebody should look at it">
          {(ids) => (
            <TextArea
              {...ids}
              rows={3}
              maxLength={1000}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
        {isNew && (
          <p className="text-xs break-all text-muted">
            It keeps{' '}
            <span className="font-mono">{draft.search === '' ? 'the page as it opens' : decode(draft.search)}</span>
          </p>
        )}
      </form>
    </Dialog>
  );
}

/** The search as it reads. */
function decode(search: string): string {
  return [...new URLSearchParams(search)].map(([name, value]) => `${name}=${value}`).join('  ');
}
