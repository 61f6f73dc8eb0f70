import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { answerOf, api } from '../../api/client.ts';
import { ApiError } from '../../api/error.ts';
import type { components } from '../../api/schema.gen.ts';
import {
  bodyOf,
  configFields,
  type FormField,
  type FormValue,
  type FormValues,
  fieldNamed,
  initialValues,
  type JsonSchema,
  problemsOf,
  secretFields,
} from './form-model.ts';
import { DELIVERY_FIELDS, FILTER_FIELDS, isShown, missingOf, NAME_FIELD } from './form-sections.ts';
import type { Integration, IntegrationType } from './integration-queries.ts';
import { useTest } from './use-test.ts';

export interface FormParts {
  config: readonly FormField[];
  secrets: readonly FormField[];
  all: readonly FormField[];
}

function partsOf(type: IntegrationType, saved: Integration | null): FormParts {
  const config = configFields(type.config_schema as JsonSchema);
  const secrets = secretFields(type.secrets, (name) => saved?.secrets[name]?.set === true);
  return { config, secrets, all: [NAME_FIELD, ...config, ...secrets, ...FILTER_FIELDS, ...DELIVERY_FIELDS] };
}

/** The form of one type: its values, what is wrong with them, and what can be done with them. */
export function useIntegrationForm(
  type: IntegrationType,
  saved: Integration | null,
  onSaved: (saved: Integration) => void,
) {
  const parts = useMemo(() => partsOf(type, saved), [type, saved]);
  const [values, setValues] = useState<FormValues>(() => initialValues(parts.all, saved));
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const formRef = useRef<HTMLFormElement>(null);
  const { save, test, tested } = useRequests({ type, saved, onSaved });

  const shown = (one: FormField) => isShown(type.type, one, values, errors);
  const focus = (id: string) => {
    // What is folded has to open first.
    requestAnimationFrame(() => {
      const control = formRef.current?.querySelector<HTMLElement>(`[name="${CSS.escape(id)}"]`);
      control?.focus({ preventScroll: true });
      // In the middle: what is wrong with it stands below it.
      control?.scrollIntoView({ block: 'center' });
    });
  };
  const complain = (found: Readonly<Record<string, string>>) => {
    setErrors(found);
    const first = parts.all.find(({ id }) => found[id] !== undefined);
    if (first !== undefined) focus(first.id);
  };
  /** False: the form has a field for it, which says it. */
  const complainOf = (error: unknown) => {
    if (!(error instanceof ApiError) || error.field === null) return;
    const id = fieldNamed(parts.all, error.field);
    if (id !== null) complain({ [id]: error.message });
  };
  const checked = (fields: readonly FormField[]): Record<string, unknown> | null => {
    const problems = { ...missingOf(type.type, parts.all, values), ...problemsOf(fields.filter(shown), values) };
    complain(problems);
    return Object.keys(problems).length === 0 ? bodyOf(parts.all, values) : null;
  };
  const named = (field: string) => fieldNamed(parts.all, field);
  return {
    parts,
    values,
    errors,
    formRef,
    shown,
    focus,
    save,
    test,
    set(id: string, value: FormValue) {
      setValues((before) => ({ ...before, [id]: value }));
      setErrors((before) => Object.fromEntries(Object.entries(before).filter(([other]) => other !== id)));
    },
    /** Whether the error is told at its field. */
    isTold: (error: unknown) => error instanceof ApiError && error.field !== null && named(error.field) !== null,
    goTo(field: string) {
      const id = named(field);
      if (id !== null) complain({ [id]: 'The test failed at this setting' });
    },
    submitSave() {
      const body = checked(parts.all);
      if (body !== null) save.mutate(body, { onError: complainOf });
    },
    submitTest() {
      const body = checked(parts.all.filter(({ id }) => id !== 'name'));
      if (body !== null) test.mutate(tested(body), { onError: complainOf });
    },
  };
}

export type IntegrationFormModel = ReturnType<typeof useIntegrationForm>;

interface RequestsOptions {
  type: IntegrationType;
  saved: Integration | null;
  onSaved(saved: Integration): void;
}

type Body = components['schemas']['NewLogIntegrationInput'];

function useRequests({ type, saved, onSaved }: RequestsOptions) {
  const queries = useQueryClient();
  const full = (body: Record<string, unknown>) => ({ config: {}, secrets: {}, ...body, type: type.type }) as Body;
  const save = useMutation({
    mutationFn: (body: Record<string, unknown>) =>
      saved === null
        ? answerOf(api.POST('/api/log-integrations', { body: full(body) }))
        : answerOf(
            api.PUT('/api/log-integrations/{integration_id}', {
              params: { path: { integration_id: saved.id } },
              body: { ...full(body), enabled: saved.enabled },
            }),
          ),
    onSuccess: async (answer) => {
      await queries.invalidateQueries({ queryKey: ['log-integrations'] });
      onSaved(answer);
    },
  });
  const test = useTest('/api/log-integrations/test');
  const tested = (body: Record<string, unknown>) => ({
    ...full(body),
    name: String(body.name ?? '') || 'test',
    ...(saved !== null && { id: saved.id }),
  });
  return { save, test, tested };
}
