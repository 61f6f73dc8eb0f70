import { CircleCheck, CircleX, LoaderCircle } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { formatDuration } from '../../lib/format.ts';
import type { TestStep } from './integration-queries.ts';
import { Quoted } from './quoted.tsx';

interface TestStepsProps {
  steps: readonly TestStep[] | null;
  isBusy: boolean;
  error?: unknown;
  /** From sending to the answer, when it was watched. */
  tookMs?: number | null;
  /** Where the setting at fault can be gone to. */
  onField?(field: string): void;
}

/** A connection test: under way, with how long it takes, and then each step with what came back. */
export function TestSteps({ steps, isBusy, error, tookMs = null, onField }: TestStepsProps) {
  return (
    <div aria-live="polite" className="flex flex-col gap-2">
      {isBusy ? (
        <UnderWay />
      ) : error !== undefined && error !== null ? (
        <ErrorNotice error={error} />
      ) : (
        steps !== null && <Outcome steps={steps} tookMs={tookMs} {...(onField && { onField })} />
      )}
    </div>
  );
}

const TICK_MS = 100;

function UnderWay() {
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
        Looks the address up, connects, asks the destination whether it would take events, and sends one marked event …{' '}
        <span aria-hidden className="text-muted tabular-nums">
          {(tookMs / 1000).toFixed(1)} s of at most 10
        </span>
      </span>
    </p>
  );
}

function Outcome({
  steps,
  tookMs,
  onField,
}: Pick<TestStepsProps, 'onField'> & { steps: readonly TestStep[]; tookMs: number | null }) {
  const isOk = steps.length > 0 && steps.every(({ ok }) => ok);
  const took = tookMs === null ? '' : ` in ${formatDuration(Math.round(tookMs))}`;
  return (
    <>
      <p className={isOk ? 'font-medium text-good' : 'font-medium text-error'}>
        {isOk
          ? `It works: the destination took a marked event${took}.`
          : `It does not work yet${took && `; found${took}`}.`}
      </p>
      <ol className="flex flex-col gap-2">
        {steps.map((step) => (
          <Step key={`${step.name} ${step.detail}`} step={step} {...(onField && { onField })} />
        ))}
      </ol>
    </>
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
          <span className="text-muted"> · {step.detail}</span>
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
