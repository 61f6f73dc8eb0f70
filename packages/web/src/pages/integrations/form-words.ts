import { type FormField, type FormValue, initialValues, type Pair } from './form-model.ts';

export interface ChangedValue {
  id: string;
  label: string;
  text: string;
}

/** Values that are not as by default, in words, in the order of the form. */
export function changedValues(fields: readonly FormField[], saved: object): ChangedValue[] {
  const values = initialValues(fields, saved);
  return fields
    .map((one) => ({ one, value: values[one.id] ?? null }))
    .filter(({ one, value }) => JSON.stringify(value) !== JSON.stringify(one.initial))
    .map(({ one, value }) => ({ id: one.id, label: one.label, text: wordsOf(one, value) }))
    .filter(({ text }) => text !== '');
}

function wordsOf({ kind, options }: FormField, value: FormValue): string {
  if (kind === 'switch' || kind === 'group') return value === true ? 'on' : 'off';
  if (kind === 'pairs') return (value as readonly Pair[]).map((pair) => `${pair.name} = ${pair.value}`).join('\n');
  if (Array.isArray(value)) return value.join(', ');
  return options.find(({ id }) => id === value)?.label ?? String(value ?? '');
}
