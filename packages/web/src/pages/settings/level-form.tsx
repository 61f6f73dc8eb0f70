import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { answerOf, api } from '../../api/client.ts';
import { say } from '../../app/toasts.tsx';
import { Button } from '../../components/button.tsx';
import { Segments } from '../../components/choices.tsx';
import { Card } from '../../components/display.tsx';
import { Field, Input, Select } from '../../components/field.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { isSeverity, SEVERITIES, type Severity } from '../../lib/severity.ts';
import { fieldError, otherError } from './field-error.ts';
import { EXPIRIES, type Expiry, targetWords } from './level-words.ts';
import { useMay } from './scope-notice.tsx';

const FIELDS = ['service', 'logger', 'level', 'for'];

/** Sets a level for a service, a logger, or both. */
export function LevelForm() {
  const isAllowed = useMay('admin');
  const queries = useQueryClient();
  const [service, setService] = useState('');
  const [logger, setLogger] = useState('*');
  const [level, setLevel] = useState<Severity>('debug');
  const [expiry, setExpiry] = useState<Expiry>('15m');
  const set = useMutation({
    mutationFn: () => {
      const body = { service: service.trim(), logger: logger.trim(), level, ...(expiry !== '' && { for: expiry }) };
      return answerOf(api.PUT('/api/log-levels', { body }));
    },
    onSuccess: async (done) => {
      await queries.invalidateQueries({ queryKey: ['log-levels'] });
      say(`${targetWords(done.service, done.logger)}: ${done.level} and graver, within seconds.`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate();
  };
  const other = otherError(set.error, FIELDS);
  return (
    <Card title="Set a level">
      <form onSubmit={submit}>
        <fieldset disabled={!isAllowed} className="flex flex-col gap-4">
          <ServiceField value={service} onChange={setService} error={fieldError(set.error, 'service')} />
          <Field
            label="Logger"
            isRequired
            error={fieldError(set.error, 'logger')}
            help="A name such as app.db, or * for every one."
          >
            {(ids) => (
              <Input
                {...ids}
                required
                autoComplete="off"
                value={logger}
                onChange={(event) => setLogger(event.target.value)}
              />
            )}
          </Field>
          <Field label="From this severity on" error={fieldError(set.error, 'level')}>
            {(ids) => (
              <Select {...ids} value={level} onChange={({ target: { value } }) => isSeverity(value) && setLevel(value)}>
                {SEVERITIES.map((severity) => (
                  <option key={severity} value={severity}>
                    {severity}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <div className="flex flex-col items-start gap-1">
            <span className="font-medium">For</span>
            <Segments label="For how long" options={EXPIRIES} value={expiry} onChange={(id) => setExpiry(id)} />
            {fieldError(set.error, 'for') !== null && <p className="text-error">{fieldError(set.error, 'for')}</p>}
          </div>
          {other !== null && <ErrorNotice error={other} />}
          <div>
            <Button kind="primary" type="submit" isBusy={set.isPending} disabled={!isAllowed}>
              Set the level
            </Button>
          </div>
        </fieldset>
      </form>
    </Card>
  );
}

interface ServiceFieldProps {
  value: string;
  error: string | null;
  onChange(service: string): void;
}

/** Services whose programs have checked in are offered; others can be typed. */
function ServiceField({ value, error, onChange }: ServiceFieldProps) {
  const listId = useId();
  const producers = useQuery({
    queryKey: ['producers', 'services'],
    queryFn: async ({ signal }) => {
      const { producers: all } = await answerOf(api.GET('/api/producers', { signal }));
      return [...new Set(all.map(({ service }) => service).filter((name) => name !== ''))].toSorted();
    },
    staleTime: 60_000,
  });
  return (
    <Field label="Service" error={error} help="Empty: programs of every service.">
      {(ids) => (
        <>
          <Input
            {...ids}
            list={listId}
            autoComplete="off"
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <datalist id={listId}>
            {producers.data?.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
