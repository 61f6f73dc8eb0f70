import { Check, Copy } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { say } from '../app/toasts.tsx';
import { classNames } from '../lib/class-names.ts';
import { copyText } from '../lib/clipboard.ts';
import { isSeverity, SEVERITY_LOOKS } from '../lib/severity.ts';
import { Button } from './button.tsx';

/** The severity as a word on its colour. */
export function SeverityBadge({ severity }: { severity: string }) {
  const look = SEVERITY_LOOKS[isSeverity(severity) ? severity : 'info'];
  return (
    <span className={classNames('inline-block rounded px-1.5 py-px text-xs font-semibold', look.soft, look.text)}>
      {severity}
    </span>
  );
}

const BADGES = {
  neutral: 'bg-sunken text-muted border-line',
  good: 'bg-good-soft text-good border-transparent',
  warn: 'bg-warn-soft text-warn border-transparent',
  bad: 'bg-error-soft text-error border-transparent',
  accent: 'bg-accent-soft text-accent-strong border-transparent',
} as const;
export type BadgeKind = keyof typeof BADGES;

export function Badge({ kind = 'neutral', children }: { kind?: BadgeKind; children: ReactNode }) {
  return (
    <span
      className={classNames(
        'inline-flex items-center gap-1 rounded border px-1.5 py-px text-xs font-medium whitespace-nowrap',
        BADGES[kind],
      )}
    >
      {children}
    </span>
  );
}

interface CardProps {
  title?: ReactNode;
  /** At the right of the title: buttons, a switch. */
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
}

export function Card({ title, actions, children, className }: CardProps) {
  return (
    <section className={classNames('rounded-lg border border-line bg-raised', className)}>
      {(title !== undefined || actions !== undefined) && (
        <header className="flex min-h-11 flex-wrap items-center gap-2 border-b border-line px-4 py-2">
          <h2 className="min-w-0 flex-1 font-semibold">{title}</h2>
          {actions}
        </header>
      )}
      <div className="px-4 py-3">{children}</div>
    </section>
  );
}

/** One number with its name. */
export function Figure({ label, value, note }: { label: string; value: ReactNode; note?: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="text-xl font-semibold tabular-nums">{value}</dd>
      {note !== undefined && <dd className="text-xs text-muted">{note}</dd>}
    </div>
  );
}

/** Copies `text`, and shows that it did. */
export function CopyButton({
  text,
  label = 'Copy',
  isIconOnly = false,
}: {
  text: string;
  label?: string;
  isIconOnly?: boolean;
}) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    await copyText(text);
    setDone(true);
    say('Copied');
    setTimeout(() => setDone(false), 1500);
  };
  const Icon = isDone ? Check : Copy;
  return (
    <Button kind="quiet" size="small" onClick={copy} aria-label={isIconOnly ? label : undefined} title={label}>
      <Icon size={14} aria-hidden />
      {!isIconOnly && label}
    </Button>
  );
}

/** Code to be copied, as it stands. */
export function CodeBlock({ code, label = 'Copy' }: { code: string; label?: string }) {
  return (
    <div className="relative rounded-md border border-line bg-sunken">
      <div className="absolute top-1 right-1 rounded bg-raised">
        <CopyButton text={code} label={label} />
      </div>
      {/* In the tab order: what scrolls has to be reached by keyboard. */}
      <pre tabIndex={0} className="overflow-x-auto p-3 pr-20 font-mono text-xs leading-5">
        {code}
      </pre>
    </div>
  );
}

/** A line of small values, oldest first, as a picture; `label` says it in words. */
export function Sparkline({
  values,
  label,
  className,
}: {
  values: readonly number[];
  label: string;
  className?: string;
}) {
  const max = Math.max(1, ...values);
  const step = 100 / Math.max(1, values.length);
  return (
    <svg
      viewBox="0 0 100 24"
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      className={classNames('h-6 w-24 text-accent', className)}
    >
      {values.map((value, index) => {
        const height = (value / max) * 24;
        const place = index * step;
        return <rect key={place} x={place} y={24 - height} width={step * 0.8} height={height} fill="currentColor" />;
      })}
    </svg>
  );
}
