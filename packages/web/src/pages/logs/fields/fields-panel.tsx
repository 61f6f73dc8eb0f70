import { useState } from 'react';
import { stored, useStored } from '../../../app/stored.ts';
import { Dialog } from '../../../components/overlays.tsx';
import { useIsNarrow } from '../../../lib/use-media.ts';
import type { LogsQuestion } from '../logs-search.ts';
import { FieldSidebar } from './field-sidebar.tsx';

const isChoice = (text: string): text is 'yes' | 'no' => text === 'yes' || text === 'no';
const shown = stored<'yes' | 'no'>('fields.shown', 'yes', isChoice);

interface Panel {
  isOpen: boolean;
  toggle(): void;
}

/** On a desk the fields stand beside the events for as long as wanted, on a phone they come over them. */
export function useFieldsPanel(): Panel {
  const isNarrow = useIsNarrow();
  const [choice, choose] = useStored(shown);
  const [isDrawer, setDrawer] = useState(false);
  return isNarrow
    ? { isOpen: isDrawer, toggle: () => setDrawer(!isDrawer) }
    : { isOpen: choice === 'yes', toggle: () => choose(choice === 'yes' ? 'no' : 'yes') };
}

interface FieldsPanelProps {
  panel: Panel;
  question: LogsQuestion;
  /** The histogram has been answered, or will not be. */
  isReady: boolean;
  onTerms(terms: readonly string[]): void;
  onColumns(columns: readonly string[]): void;
}

export function FieldsPanel({ panel, ...rest }: FieldsPanelProps) {
  const isNarrow = useIsNarrow();
  if (!panel.isOpen) return null;
  const sidebar = <FieldSidebar {...rest} />;
  if (isNarrow) {
    return (
      <Dialog isOpen onClose={panel.toggle} title="Fields" shape="drawer">
        {sidebar}
      </Dialog>
    );
  }
  return (
    <aside aria-label="Fields" className="flex w-60 shrink-0 flex-col border-r border-line px-2 pt-2">
      {sidebar}
    </aside>
  );
}
