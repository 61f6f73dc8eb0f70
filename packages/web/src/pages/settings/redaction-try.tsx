import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answerOf, api } from '../../api/client.ts';
import type { components } from '../../api/schema.gen.ts';
import { Button } from '../../components/button.tsx';
import { Badge, Card } from '../../components/display.tsx';
import { Field, TextArea } from '../../components/field.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { formatCount, plural } from '../../lib/format.ts';
import { jsonPartsBefore, type Part, partsAfter, partsBefore } from './redaction-marks.ts';
import { askedOf } from './redaction-text.ts';

type Outcome = components['schemas']['RedactionTry'];

const EXAMPLE = `login of bob@example.com failed, password=hunter2
charged card 4111 1111 1111 1111 for order 5001
Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl`;

/** A text or an event before and after redaction. It is in no URL and kept nowhere: it may well hold a secret. */
export function RedactionTry() {
  const [text, setText] = useState('');
  const attempt = useMutation({
    mutationFn: async (tried: string) => {
      const outcome = await answerOf(api.POST('/api/redaction/try', { body: askedOf(tried) }));
      return { tried, outcome };
    },
  });
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (text.trim() !== '') attempt.mutate(text);
  };
  const tryExample = () => {
    setText(EXAMPLE);
    attempt.mutate(EXAMPLE);
  };
  const isEvent = 'event' in askedOf(text);
  return (
    <Card title="Try it">
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field
          label="A message, or an event as JSON"
          help={`${isEvent ? 'Read as an event. ' : ''}The server redacts it by the rules of this org, answers, and keeps nothing. Ctrl Enter tries it.`}
        >
          {(ids) => (
            <TextArea
              {...ids}
              rows={5}
              spellCheck={false}
              className="font-mono text-xs"
              value={text}
              onChange={(event) => setText(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
              }}
            />
          )}
        </Field>
        <div className="flex gap-2">
          <Button kind="primary" type="submit" isBusy={attempt.isPending} disabled={text.trim() === ''}>
            Redact
          </Button>
          <Button onClick={tryExample}>Try an example</Button>
        </div>
      </form>
      <div aria-live="polite" className="mt-3">
        {attempt.error !== null && <ErrorNotice error={attempt.error} />}
        {attempt.data !== undefined && attempt.error === null && <Compared {...attempt.data} />}
      </div>
    </Card>
  );
}

function Compared({ tried, outcome: { after, hits } }: { tried: string; outcome: Outcome }) {
  const total = hits.reduce((sum, { count }) => sum + count, 0);
  const isText = typeof after === 'string';
  const asked = askedOf(tried);
  const before = 'event' in asked ? jsonPartsBefore(asked.event, after) : partsBefore(tried, isText ? after : tried);
  return (
    <div className="flex flex-col gap-3">
      <p className="flex flex-wrap items-center gap-2">
        <span className="font-medium">
          {total === 0 ? 'Nothing was replaced.' : `Replaced in ${plural(total, 'place')}:`}
        </span>
        {hits.map(({ rule, count }) => (
          <Badge key={rule} kind="accent">
            {rule} {formatCount(count)}
          </Badge>
        ))}
      </p>
      <div className="grid gap-3 lg:grid-cols-2">
        <Side title="Before" parts={before} />
        <Side
          title={isText ? 'After, as it would be stored' : 'After: the fields as they would be stored'}
          parts={partsAfter(isText ? after : JSON.stringify(after, null, 2))}
        />
      </div>
    </div>
  );
}

function Side({ title, parts }: { title: string; parts: readonly Part[] }) {
  let at = 0;
  const placed = parts.map((part) => {
    const key = at;
    at += part.text.length;
    return { ...part, key };
  });
  return (
    <section aria-label={title} className="min-w-0">
      <h3 className="mb-1 text-xs font-semibold text-muted">{title}</h3>
      <pre className="max-h-96 overflow-y-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs leading-5 break-words whitespace-pre-wrap">
        {placed.map(({ key, text, rule }) =>
          rule === null ? (
            text
          ) : (
            <mark key={key} title={`rule ${rule}`} className="rounded bg-mark px-0.5 text-text">
              {text}
            </mark>
          ),
        )}
      </pre>
    </section>
  );
}
