import { Plus, X } from 'lucide-react';
import { type ComponentProps, useState } from 'react';
import { Button, IconButton } from '../../components/button.tsx';
import { Switch } from '../../components/choices.tsx';
import { Badge } from '../../components/display.tsx';
import { Field, Input, Select, TextArea } from '../../components/field.tsx';
import type { FormField, FormValue, Pair } from './form-model.ts';
import { Quoted } from './quoted.tsx';

interface FormControlProps {
  field: FormField;
  value: FormValue;
  error: string | undefined;
  onChange(value: FormValue): void;
}

/** One field of the form, by its kind. Its control has the field's id as `name`, by which it can be found and focused. */
export function FormControl({ field, value, error, onChange }: FormControlProps) {
  if (field.kind === 'switch' || field.kind === 'group') {
    return (
      <div className="flex flex-col gap-1">
        <Switch label={field.label} isOn={value === true} onChange={onChange} />
        <Help text={field.help} />
        {error !== undefined && <p className="text-error">{error}</p>}
      </div>
    );
  }
  if (field.kind === 'choices' || field.kind === 'pairs') {
    return (
      <fieldset className="flex min-w-0 flex-col gap-1">
        <legend className="mb-1 font-medium">{field.label}</legend>
        {field.kind === 'choices' ? (
          <Choices field={field} value={value as readonly string[]} onChange={onChange} />
        ) : (
          <Pairs field={field} value={value as readonly Pair[]} onChange={onChange} />
        )}
        {error !== undefined && <p className="text-error">{error}</p>}
        <Help text={pairsHelp(field)} />
      </fieldset>
    );
  }
  if (field.kind === 'secret') return <Secret field={field} value={value} error={error} onChange={onChange} />;
  return (
    <Field label={field.label} error={error} isRequired={field.isRequired} help={<Quoted text={field.help} />}>
      {(ids) => <Plain {...ids} field={field} value={value} onChange={onChange} />}
    </Field>
  );
}

type PlainProps = Omit<FormControlProps, 'error'> & {
  id: string;
  'aria-describedby': string | undefined;
  isWrong: boolean;
};

function Plain({ field, value, onChange, ...ids }: PlainProps) {
  const common = { ...ids, name: field.id };
  if (field.kind === 'choice') {
    return (
      <Select {...common} value={String(value)} onChange={(event) => onChange(event.target.value)}>
        {field.options.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </Select>
    );
  }
  if (field.kind === 'list') return <Lines {...common} value={value as readonly string[]} onChange={onChange} />;
  const text = typeof value === 'string' ? value : '';
  if (field.kind === 'code') {
    return (
      <TextArea
        {...common}
        rows={3}
        spellCheck={false}
        className="font-mono text-xs"
        value={text}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  const isNumber = field.kind === 'number';
  return (
    <Input
      {...common}
      autoComplete="off"
      spellCheck={false}
      inputMode={isNumber ? 'decimal' : undefined}
      className={isNumber ? 'max-w-48 tabular-nums' : undefined}
      value={text}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** A text a line. What is typed stays as it is typed; the list is made of it. */
function Lines({
  value,
  onChange,
  ...rest
}: { value: readonly string[]; onChange(value: string[]): void; isWrong: boolean } & Omit<
  ComponentProps<'textarea'>,
  'value' | 'onChange'
>) {
  return (
    <TextArea
      {...rest}
      rows={Math.min(6, Math.max(2, value.length + 1))}
      spellCheck={false}
      value={value.join('\n')}
      onChange={(event) => onChange(event.target.value === '' ? [] : event.target.value.split('\n'))}
    />
  );
}

function Choices({
  field,
  value,
  onChange,
}: {
  field: FormField;
  value: readonly string[];
  onChange(value: string[]): void;
}) {
  const toggle = (id: string) => {
    const next = value.includes(id) ? value.filter((one) => one !== id) : [...value, id];
    onChange(next);
  };
  return (
    <div className="flex flex-wrap gap-x-4 gap-y-1.5">
      {field.options.map(({ id, label }) => (
        <label key={id} className="flex items-center gap-1.5">
          <input
            type="checkbox"
            name={field.id}
            checked={value.includes(id)}
            onChange={() => toggle(id)}
            className="size-4 accent-accent"
          />
          {label}
        </label>
      ))}
    </div>
  );
}

function Pairs({
  field,
  value,
  onChange,
}: {
  field: FormField;
  value: readonly Pair[];
  onChange(value: Pair[]): void;
}) {
  const set = (index: number, change: Partial<Pair>) =>
    onChange(value.map((pair, at) => (at === index ? { ...pair, ...change } : pair)));
  return (
    <div className="flex flex-col gap-1.5">
      {value.map((pair, index) => (
        <div key={rowKey(index)} className="flex gap-1.5">
          <Input
            aria-label={`${field.label}: name ${index + 1}`}
            name={field.id}
            placeholder="name"
            autoComplete="off"
            value={pair.name}
            onChange={(event) => set(index, { name: event.target.value })}
          />
          <Input
            aria-label={`${field.label}: value ${index + 1}`}
            placeholder="value"
            autoComplete="off"
            value={pair.value}
            onChange={(event) => set(index, { value: event.target.value })}
          />
          <IconButton label={`Remove ${pair.name}`} onClick={() => onChange(value.filter((_, at) => at !== index))}>
            <X size={15} aria-hidden />
          </IconButton>
        </div>
      ))}
      <div>
        <Button size="small" name={field.id} onClick={() => onChange([...value, { name: '', value: '' }])}>
          <Plus size={14} aria-hidden />
          Add<span className="sr-only"> to {field.label}</span>
        </Button>
      </div>
    </div>
  );
}

/** Rows have no other identity while their names are typed. */
const rowKey = (index: number): string => `row ${index}`;

const pairsHelp = ({ help, hasScalars }: FormField): string =>
  hasScalars ? `${help} \`5\` and \`true\` are sent as number and truth, \`"5"\` as text.` : help;

/** Write-only: what the server has is never shown. Empty keeps it. */
function Secret({ field, value, error, onChange }: FormControlProps) {
  const [isVisible, setVisible] = useState(false);
  const isRemoved = value === null;
  const text = typeof value === 'string' ? value : '';
  const keeps = field.isSet && !isRemoved;
  const placeholder = isRemoved ? 'Will be removed' : field.isSet ? 'Set; leave empty to keep it' : '';
  return (
    <Field
      label={field.label}
      error={error}
      isRequired={field.isRequired && !field.isSet}
      help={<Quoted text={field.help} />}
    >
      {(ids) => (
        <div className="flex flex-col gap-1">
          <div className="flex gap-1.5">
            {field.isMultiline ? (
              <TextArea
                {...ids}
                name={field.id}
                rows={4}
                spellCheck={false}
                autoComplete="off"
                placeholder={placeholder}
                className="font-mono text-xs"
                value={text}
                onChange={(event) => onChange(event.target.value)}
              />
            ) : (
              <Input
                {...ids}
                name={field.id}
                type={isVisible ? 'text' : 'password'}
                autoComplete="new-password"
                spellCheck={false}
                placeholder={placeholder}
                value={text}
                onChange={(event) => onChange(event.target.value)}
              />
            )}
            {!field.isMultiline && text !== '' && (
              <Button onClick={() => setVisible(!isVisible)}>{isVisible ? 'Hide' : 'Show'}</Button>
            )}
            {field.isSet && !field.isRequired && (
              <Button onClick={() => onChange(isRemoved ? '' : null)}>{isRemoved ? 'Keep it' : 'Remove'}</Button>
            )}
          </div>
          {keeps && (
            <span>
              <Badge kind="good">set</Badge>
            </span>
          )}
        </div>
      )}
    </Field>
  );
}

const Help = ({ text }: { text: string }) =>
  text === '' ? null : (
    <p className="text-xs text-muted">
      <Quoted text={text} />
    </p>
  );
