import { CircleCheck, CircleX, LoaderCircle } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { formatDuration } from '../../lib/format.ts';
import type { TestStep } from './integration-queries.ts';
import { Quoted } from './quoted.tsx';

interface TestStepsProps {
  /** As far as they are known. */
  steps: readonly TestStep[];
  isBusy: boolean;
  error?: unknown;
  /** Where the setting at fault can be gone to. */
  onField?(field: string): void;
}

/** A connection test: each step as it is done with what came back, how long it takes, and what came out. */
export function TestSteps({ steps, isBusy, error, onField }: TestStepsProps) {
  const isOver = !isBusy && steps.length > 0;
  return (
    <div aria-live="polite" className="flex flex-col gap-2">
      {isOver && <Outcome steps={steps} />}
      <ol className="flex flex-col gap-2">
        {steps.map((step) => (
          <Step key={`${step.name} ${step.detail}`} step={step} {...(onField && { onField })} />
        ))}
        {isBusy && (
          <li>
            <UnderWay isFirst={steps.length === 0} />
          </li>
        )}
      </ol>
      {!isBusy && error !== undefined && error !== null && <ErrorNotice error={error} />}
    </div>
  );
}

const TICK_MS = 100;

function UnderWay({ isFirst }: { isFirst: boolean }) {
  const [startedMs] = useState(() => performance.now());
  const [tookMs, setTookMs] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTookMs(performance.now() - startedMs), TICK_MS);
    return () => clearInterval(timer);
  }, [startedMs]);
  return (
    <p className="flex items-start gap-2">
      <LoaderCircle size={17} className="mt-0.5 shrink-0 animate-spin text-accent" aria-hidden />
      <span>
        {isFirst ? 'Looks the address up and connects …' : 'Waits for the next step …'}{' '}
        <span aria-hidden className="text-muted tabular-nums">
          {(tookMs / 1000).toFixed(1)} s of at most 10
        </span>
      </span>
    </p>
  );
}

function Outcome({ steps }: { steps: readonly TestStep[] }) {
  const isOk = steps.every(({ ok }) => ok);
  const tookMs = steps.reduce((sum, { took_ms }) => sum + (took_ms ?? 0), 0);
  const took = steps.some(({ took_ms }) => took_ms === undefined) ? '' : ` in ${formatDuration(tookMs)}`;
  return (
    <p className={isOk ? 'font-medium text-good' : 'font-medium text-error'}>
      {isOk
        ? `It works: the destination took a marked event${took}.`
        : `It does not work yet${took && `; found${took}`}.`}
    </p>
  );
}

function Step({ step, onField }: { step: TestStep; onField?(field: string): void }) {
  const Icon = step.ok ? CircleCheck : CircleX;
  const { field } = step;
  return (
    <li className="flex items-start gap-2">
      <Icon size={17} className={`mt-0.5 shrink-0 ${step.ok ? 'text-good' : 'text-error'}`} aria-hidden />
      <div className="min-w-0">
        <p className="break-words">
          <span className="font-medium">{step.name}</span>
          <span className="sr-only">{step.ok ? ' works' : ' failed'}</span>
          <span className="text-muted">
            {' '}
            · <Quoted text={step.detail} />
          </span>
          {step.took_ms !== undefined && (
            <span className="text-muted tabular-nums">
              {' · '}
              <span className="whitespace-nowrap">{formatDuration(step.took_ms)}</span>
            </span>
          )}
        </p>
        {step.advice !== undefined && (
          <p className="break-words">
            <Quoted text={step.advice} />
          </p>
        )}
        {field !== undefined && onField !== undefined && (
          <Button size="small" className="mt-1" onClick={() => onField(field)}>
            Go to {field}
          </Button>
        )}
      </div>
    </li>
  );
}
