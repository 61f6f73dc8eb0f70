import { type ComponentProps, type ReactNode, useId } from 'react';
import { classNames } from '../lib/class-names.ts';

const BOX = 'w-full rounded-md border bg-raised px-2.5 text-text placeholder:text-muted disabled:opacity-60';

export function Input({ className, isWrong, ...rest }: ComponentProps<'input'> & { isWrong?: boolean }) {
  return (
    <input
      {...rest}
      aria-invalid={isWrong || undefined}
      className={classNames(BOX, 'h-9', isWrong ? 'border-error' : 'border-line-strong', className)}
    />
  );
}

export function TextArea({ className, isWrong, ...rest }: ComponentProps<'textarea'> & { isWrong?: boolean }) {
  return (
    <textarea
      {...rest}
      aria-invalid={isWrong || undefined}
      className={classNames(BOX, 'py-2', isWrong ? 'border-error' : 'border-line-strong', className)}
    />
  );
}

/** The system's own list: works on every screen and with every aid. */
export function Select({ className, isWrong, ...rest }: ComponentProps<'select'> & { isWrong?: boolean }) {
  return (
    <select
      {...rest}
      aria-invalid={isWrong || undefined}
      className={classNames(BOX, 'h-9 pr-1', isWrong ? 'border-error' : 'border-line-strong', className)}
    />
  );
}

interface FieldProps {
  label: string;
  /** What is wrong with it, in words. */
  error?: string | null | undefined;
  help?: ReactNode;
  isRequired?: boolean;
  /** Draws the control with the ids that tie it to label, help and error. */
  children(ids: { id: string; 'aria-describedby': string | undefined; isWrong: boolean }): ReactNode;
}

/** A control with its label above, help below, and what is wrong with it. */
export function Field({ label, error, help, isRequired = false, children }: FieldProps) {
  const id = useId();
  const isWrong = error !== null && error !== undefined && error !== '';
  const described = [help !== undefined && `${id}-help`, isWrong && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
        {isRequired && <span className="text-muted"> (required)</span>}
      </label>
      {children({ id, 'aria-describedby': described || undefined, isWrong })}
      {isWrong && (
        <p id={`${id}-error`} className="text-error">
          {error}
        </p>
      )}
      {help !== undefined && (
        <p id={`${id}-help`} className="text-xs text-muted">
          {help}
        </p>
      )}
    </div>
  );
}
