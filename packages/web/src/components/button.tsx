import type { ComponentProps } from 'react';
import { classNames } from '../lib/class-names.ts';

const KINDS = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong border-transparent',
  plain: 'bg-raised text-text hover:bg-sunken border-line',
  quiet: 'bg-transparent text-muted hover:bg-sunken hover:text-text border-transparent',
  danger: 'bg-raised text-error hover:bg-error-soft border-error',
} as const;

export interface ButtonProps extends ComponentProps<'button'> {
  kind?: keyof typeof KINDS;
  size?: 'small' | 'normal';
  /** A round trip is under way: the button waits, and says so. */
  isBusy?: boolean;
}

export function Button({ kind = 'plain', size = 'normal', isBusy = false, className, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || isBusy}
      aria-busy={isBusy || undefined}
      className={classNames(
        'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap transition-colors disabled:opacity-60',
        size === 'small' ? 'h-7 px-2 text-xs' : 'h-9 px-3',
        KINDS[kind],
        className,
      )}
    />
  );
}

/** A button that shows a picture only: `label` is its name for everybody who does not see it, and its tooltip. */
export function IconButton({ label, className, ...rest }: ButtonProps & { label: string }) {
  return (
    <Button
      kind="quiet"
      {...rest}
      aria-label={label}
      title={label}
      className={classNames('px-0!', rest.size === 'small' ? 'w-7' : 'w-9', className)}
    />
  );
}
