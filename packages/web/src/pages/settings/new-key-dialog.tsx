import { useMutation, useQueryClient } from '@tanstack/react-query';
import { TriangleAlert } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { answerOf, api } from '../../api/client.ts';
import type { components } from '../../api/schema.gen.ts';
import { useSession } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Segments, Switch } from '../../components/choices.tsx';
import { CodeBlock } from '../../components/display.tsx';
import { Field, Input, TextArea } from '../../components/field.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { Dialog } from '../../components/overlays.tsx';
import { fieldError, otherError } from './field-error.ts';
import { originsOf, SCOPES, type Scope } from './key-scopes.ts';
import { useMaySelectOrgs } from './org-queries.ts';

type MadeKey = components['schemas']['MadeApiKey'];

/** Makes a key, and shows its secret this once. */
export function NewKeyDialog({ onClose }: { onClose(): void }) {
  const [made, setMade] = useState<MadeKey | null>(null);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={made === null ? 'New API key' : `${made.name} is made`}
      {...(made !== null && {
        footer: (
          <Button kind="primary" onClick={onClose}>
            I have copied it
          </Button>
        ),
      })}
    >
      {made === null ? <KeyForm onMade={setMade} onCancel={onClose} /> : <Secret made={made} />}
    </Dialog>
  );
}

function Secret({ made }: { made: MadeKey }) {
  return (
    <div className="flex flex-col gap-3">
      <p role="alert" className="flex items-start gap-2 rounded-md bg-warn-soft px-3 py-2.5 text-warn">
        <TriangleAlert size={17} className="mt-0.5 shrink-0" aria-hidden />
        <span>
          Copy the secret now: it is not kept here and cannot be shown again.
          {made.browser_origins === null
            ? ' Whoever has it may do what the key may.'
            : ' It will stand in pages for everybody to read: that is what browser keys are for.'}
        </span>
      </p>
      <CodeBlock code={made.secret} label="Copy secret" />
    </div>
  );
}

const KINDS = [
  { id: 'server', label: 'For programs' },
  { id: 'browser', label: 'For web pages' },
] as const;
const FIELDS = ['name', 'scopes', 'browser_origins', 'may_select_orgs'];

interface KeyDraft {
  name: string;
  kind: (typeof KINDS)[number]['id'];
  scopes: readonly Scope[];
  /** As typed. */
  origins: string;
  isForAll: boolean;
}

const EMPTY: KeyDraft = { name: '', kind: 'server', scopes: ['ingest'], origins: '', isForAll: false };

function useCreateKey(onMade: (key: MadeKey) => void) {
  const { org } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, kind, scopes, origins, isForAll }: KeyDraft) => {
      const own = { name: name.trim(), ...(org !== null && { org_id: org.id }) };
      const body =
        kind === 'browser'
          ? { ...own, scopes: ['ingest' as const], browser_origins: originsOf(origins) }
          : { ...own, scopes: [...scopes], ...(isForAll && { may_select_orgs: true }) };
      return answerOf(api.POST('/api/keys', { body }));
    },
    onSuccess: (key) => {
      void queries.invalidateQueries({ queryKey: ['keys'] });
      onMade(key);
    },
  });
}

function KeyForm({ onMade, onCancel }: { onMade(key: MadeKey): void; onCancel(): void }) {
  const [draft, setDraft] = useState(EMPTY);
  const create = useCreateKey(onMade);
  const change = (changes: Partial<KeyDraft>) => setDraft((before) => ({ ...before, ...changes }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(draft);
  };
  const other = otherError(create.error, FIELDS);
  const isBrowser = draft.kind === 'browser';
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field
        label="Name"
        isRequired
        error={fieldError(create.error, 'name')}
        help="Of the program or person that gets it: checkout-service, grafana."
      >
        {(ids) => (
          <Input
            {...ids}
            autoFocus
            required
            autoComplete="off"
            value={draft.name}
            onChange={(event) => change({ name: event.target.value })}
          />
        )}
      </Field>
      <div>
        <Segments label="Kind of key" options={KINDS} value={draft.kind} onChange={(kind) => change({ kind })} />
      </div>
      <Powers draft={draft} error={create.error} onChange={change} />
      {other !== null && <ErrorNotice error={other} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button
          kind="primary"
          type="submit"
          isBusy={create.isPending}
          disabled={!isBrowser && draft.scopes.length === 0}
        >
          Make the key
        </Button>
      </div>
    </form>
  );
}

interface PowersProps {
  draft: KeyDraft;
  error: unknown;
  onChange(changes: Partial<KeyDraft>): void;
}

/** What the key may do: a browser key sends from pages of its origins and nothing else. */
function Powers({ draft, error, onChange }: PowersProps) {
  const maySelect = useMaySelectOrgs();
  if (draft.kind === 'browser') {
    return (
      <Field
        label="Origins of the pages"
        isRequired
        error={fieldError(error, 'browser_origins') ?? fieldError(error, 'scopes')}
        help="One a line, such as https://shop.example.com. The key can send from pages of these, and do nothing else."
      >
        {(ids) => (
          <TextArea
            {...ids}
            required
            rows={3}
            value={draft.origins}
            onChange={(event) => onChange({ origins: event.target.value })}
          />
        )}
      </Field>
    );
  }
  return (
    <>
      <ScopeChoice
        scopes={draft.scopes}
        onChange={(scopes) => onChange({ scopes })}
        error={fieldError(error, 'scopes')}
      />
      {maySelect && (
        <Switch
          label="May act for every org (X-Scope-OrgID)"
          isOn={draft.isForAll}
          onChange={(isForAll) => onChange({ isForAll })}
        />
      )}
    </>
  );
}

interface ScopeChoiceProps {
  scopes: readonly Scope[];
  error: string | null;
  onChange(scopes: readonly Scope[]): void;
}

function ScopeChoice({ scopes, error, onChange }: ScopeChoiceProps) {
  const toggle = (id: Scope) => onChange(scopes.includes(id) ? scopes.filter((one) => one !== id) : [...scopes, id]);
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">What it may do</legend>
      {SCOPES.map(({ id, label, may }) => (
        <label key={id} className="flex items-start gap-2">
          <input
            type="checkbox"
            className="mt-0.5 size-4 shrink-0 accent-accent"
            checked={scopes.includes(id)}
            onChange={() => toggle(id)}
          />
          <span>
            <span className="font-medium">{label}</span> <span className="text-muted">{may}</span>
          </span>
        </label>
      ))}
      {error !== null && <p className="text-error">{error}</p>}
    </fieldset>
  );
}
