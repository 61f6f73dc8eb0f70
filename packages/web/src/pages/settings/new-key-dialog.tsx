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

function KeyForm({ onMade, onCancel }: { onMade(key: MadeKey): void; onCancel(): void }) {
  const { org } = useSession();
  const queries = useQueryClient();
  const maySelect = useMaySelectOrgs();
  const [name, setName] = useState('');
  const [kind, setKind] = useState<(typeof KINDS)[number]['id']>('server');
  const [scopes, setScopes] = useState<readonly Scope[]>(['ingest']);
  const [origins, setOrigins] = useState('');
  const [isForAll, setForAll] = useState(false);
  const isBrowser = kind === 'browser';
  const create = useMutation({
    mutationFn: () => {
      const own = { name: name.trim(), ...(org !== null && { org_id: org.id }) };
      const body = isBrowser
        ? { ...own, scopes: ['ingest' as const], browser_origins: originsOf(origins) }
        : { ...own, scopes: [...scopes], ...(isForAll && { may_select_orgs: true }) };
      return answerOf(api.POST('/api/keys', { body }));
    },
    onSuccess: (key) => {
      void queries.invalidateQueries({ queryKey: ['keys'] });
      onMade(key);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  const other = otherError(create.error, FIELDS);
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
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <div>
        <Segments label="Kind of key" options={KINDS} value={kind} onChange={(id) => setKind(id)} />
      </div>
      {isBrowser ? (
        <Field
          label="Origins of the pages"
          isRequired
          error={fieldError(create.error, 'browser_origins') ?? fieldError(create.error, 'scopes')}
          help="One a line, such as https://shop.example.com. The key can send from pages of these, and do nothing else."
        >
          {(ids) => (
            <TextArea {...ids} required rows={3} value={origins} onChange={(event) => setOrigins(event.target.value)} />
          )}
        </Field>
      ) : (
        <>
          <ScopeChoice scopes={scopes} onChange={setScopes} error={fieldError(create.error, 'scopes')} />
          {maySelect && <Switch label="May act for every org (X-Scope-OrgID)" isOn={isForAll} onChange={setForAll} />}
        </>
      )}
      {other !== null && <ErrorNotice error={other} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button kind="primary" type="submit" isBusy={create.isPending} disabled={!isBrowser && scopes.length === 0}>
          Make the key
        </Button>
      </div>
    </form>
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
            className="mt-0.5 size-4 accent-accent"
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
