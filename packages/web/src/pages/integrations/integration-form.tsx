import { type FormEvent, type ReactNode, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/display.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { FormControl } from './form-control.tsx';
import type { FormField } from './form-model.ts';
import { DELIVERY_FIELDS, FILTER_FIELDS, NAME_FIELD } from './form-sections.ts';
import type { Integration, IntegrationType } from './integration-queries.ts';
import { TestSteps } from './test-steps.tsx';
import { type IntegrationFormModel, useIntegrationForm } from './use-integration-form.ts';

interface IntegrationFormProps {
  type: IntegrationType;
  /** Null: a new one. */
  saved: Integration | null;
  onSaved(saved: Integration): void;
  onCancel(): void;
}

/** Settings of an integration by the form of its type, tried before they are saved. */
export function IntegrationForm({ type, saved, onSaved, onCancel }: IntegrationFormProps) {
  const form = useIntegrationForm(type, saved, onSaved);
  const { config, secrets } = form.parts;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    form.submitSave();
  };
  const settings = [...config, ...secrets];
  const basic = settings.filter(({ isAdvanced }) => !isAdvanced);
  const advanced = settings.filter(({ isAdvanced }) => isAdvanced);
  const events = advanced.filter(({ id }) => id.startsWith('config.payload.'));
  const others = advanced.filter(({ id }) => !id.startsWith('config.payload.'));
  return (
    <form ref={form.formRef} onSubmit={submit} noValidate className="grid items-start gap-4 lg:grid-cols-[3fr_2fr]">
      <div className="flex min-w-0 flex-col gap-4">
        <Card title="Where to">
          <Fields form={form} fields={[NAME_FIELD, ...basic]} />
        </Card>
        <Fold
          title="What is forwarded"
          note="Every event of the org, unless you say less"
          form={form}
          fields={FILTER_FIELDS}
        />
        {events.length > 0 && (
          <Fold title="Shape of events" note="Names and form of each event there" form={form} fields={events} />
        )}
        {others.length > 0 && (
          <Fold title="More settings" note="Sizes, proxies, certificates and the like" form={form} fields={others} />
        )}
        <Fold
          title="When the destination is slow or away"
          note="Limits of speed, of the journal and of trying again"
          form={form}
          fields={DELIVERY_FIELDS}
        />
      </div>
      <Aside form={form} isNew={saved === null} onCancel={onCancel} />
    </form>
  );
}

interface AsideProps {
  form: IntegrationFormModel;
  isNew: boolean;
  onCancel(): void;
}

/** What can be done with the form: to try it, and to save it. */
function Aside({ form, isNew, onCancel }: AsideProps) {
  const { save, test } = form;
  return (
    <div className="flex min-w-0 flex-col gap-4 lg:sticky lg:top-4">
      <Card title="Try it">
        <div className="flex flex-col gap-3">
          <p className="text-muted">
            Nothing is saved: one event marked as a test goes there with the settings as they stand in the form.
          </p>
          <div>
            <Button onClick={form.submitTest} isBusy={test.isPending}>
              Test the connection
            </Button>
          </div>
          <TestSteps
            steps={test.steps}
            isBusy={test.isPending}
            error={form.isTold(test.error) ? null : test.error}
            onField={form.goTo}
          />
        </div>
      </Card>
      {save.error !== null && !form.isTold(save.error) && <ErrorNotice error={save.error} />}
      {Object.keys(form.errors).length > 0 && (
        <p role="alert" className="text-error">
          Something in the form is not right yet: see there.
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" type="submit" isBusy={save.isPending}>
          {isNew ? 'Save and forward' : 'Save'}
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
      <p className="text-xs text-muted">
        {isNew
          ? 'Delivery begins with the next event. What came before can be sent afterwards, by a replay of history.'
          : 'Who changes where an integration leads has to give its secrets again.'}
      </p>
    </div>
  );
}

function Fields({ form, fields }: { form: IntegrationFormModel; fields: readonly FormField[] }) {
  return (
    <div className="flex flex-col gap-4">
      {fields.filter(form.shown).map((one) => {
        const control = (
          <FormControl
            key={one.id}
            field={one}
            value={form.values[one.id] ?? null}
            error={form.errors[one.id]}
            onChange={(value) => form.set(one.id, value)}
          />
        );
        return one.groupId === null ? control : <Indented key={one.id}>{control}</Indented>;
      })}
    </div>
  );
}

const Indented = ({ children }: { children: ReactNode }) => (
  <div className="border-l-2 border-line pl-3">{children}</div>
);

interface FoldProps {
  title: string;
  note: string;
  form: IntegrationFormModel;
  fields: readonly FormField[];
}

/** Folded until it is wanted, or something in it is wrong. */
function Fold({ title, note, form, fields }: FoldProps) {
  const isWrong = fields.some(({ id }) => form.errors[id] !== undefined);
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      open={isOpen || isWrong}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="rounded-lg border border-line bg-raised"
    >
      <summary className="cursor-pointer px-4 py-3">
        <span className="font-semibold">{title}</span>
        <span className="text-muted"> · {note}</span>
      </summary>
      <div className="border-t border-line px-4 py-3">
        <Fields form={form} fields={fields} />
      </div>
    </details>
  );
}
