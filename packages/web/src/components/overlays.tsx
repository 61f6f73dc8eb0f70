import { X } from 'lucide-react';
import { DropdownMenu, Dialog as RadixDialog, Popover as RadixPopover } from 'radix-ui';
import type { ReactNode } from 'react';
import { classNames } from '../lib/class-names.ts';
import { IconButton } from './button.tsx';

interface DialogProps {
  isOpen: boolean;
  onClose(): void;
  title: string;
  description?: string;
  /** `drawer` stands at the right side, over the whole height. */
  shape?: 'dialog' | 'drawer';
  size?: 'normal' | 'wide';
  children: ReactNode;
  footer?: ReactNode;
}

/** Something to be done before going on. Escape and a click beside it close it; the focus goes back. */
export function Dialog({
  isOpen,
  onClose,
  title,
  description,
  shape = 'dialog',
  size = 'normal',
  children,
  footer,
}: DialogProps) {
  const width = size === 'wide' ? 'max-w-4xl' : 'max-w-xl';
  return (
    <RadixDialog.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <RadixDialog.Content
          {...(description === undefined && { 'aria-describedby': undefined })}
          className={classNames(
            'fixed z-40 flex w-full flex-col border-line bg-surface shadow-2xl',
            width,
            shape === 'drawer'
              ? 'inset-y-0 right-0 border-l'
              : 'top-1/2 left-1/2 max-h-[92dvh] -translate-x-1/2 -translate-y-1/2 rounded-lg border',
          )}
        >
          <header className="flex items-start gap-3 border-b border-line px-4 py-3">
            <div className="min-w-0 flex-1">
              <RadixDialog.Title className="text-base font-semibold">{title}</RadixDialog.Title>
              {description !== undefined && (
                <RadixDialog.Description className="mt-0.5 text-muted">{description}</RadixDialog.Description>
              )}
            </div>
            <RadixDialog.Close asChild>
              <IconButton label="Close" size="small">
                <X size={16} aria-hidden />
              </IconButton>
            </RadixDialog.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-4 py-3">{children}</div>
          {footer !== undefined && (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-4 py-3">{footer}</footer>
          )}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

interface PopoverProps {
  trigger: ReactNode;
  label: string;
  children: ReactNode;
  className?: string;
  isOpen?: boolean;
  onOpenChange?(isOpen: boolean): void;
}

/** A panel at its button. `trigger` is one element that takes a ref: a Button. */
export function Popover({ trigger, label, children, className, isOpen, onOpenChange }: PopoverProps) {
  return (
    <RadixPopover.Root
      {...(isOpen !== undefined && { open: isOpen })}
      {...(onOpenChange !== undefined && { onOpenChange })}
    >
      <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content
          aria-label={label}
          align="end"
          sideOffset={6}
          collisionPadding={8}
          className={classNames(
            'z-50 max-h-[var(--radix-popover-content-available-height)] max-w-[calc(100vw-1rem)] overflow-y-auto rounded-md border border-line bg-raised p-3 shadow-xl',
            className,
          )}
        >
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  isDanger?: boolean;
  isDisabled?: boolean;
  onSelect(): void;
}

/** Actions behind one button. `trigger` is one element that takes a ref: a Button. */
export function Menu({ trigger, items }: { trigger: ReactNode; items: readonly MenuItem[] }) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          className="z-50 min-w-44 rounded-md border border-line bg-raised p-1 shadow-xl"
        >
          {items.map(({ label, icon, isDanger, isDisabled, onSelect }) => (
            <DropdownMenu.Item
              key={label}
              disabled={isDisabled ?? false}
              onSelect={onSelect}
              className={classNames(
                'flex cursor-pointer items-center gap-2 rounded px-2 py-1.5 outline-none data-[disabled]:opacity-50 data-[highlighted]:bg-sunken',
                isDanger && 'text-error',
              )}
            >
              {icon}
              {label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
