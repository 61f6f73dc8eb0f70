import { ChevronDown, ListFilter } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import { classNames } from '../../lib/class-names.ts';

interface ViewBarProps {
  panel: { isOpen: boolean; toggle(): void };
  /** Null where there is none. */
  histogram: { isShown: boolean; toggle(): void } | null;
  summary: ReactNode;
}

/** What of the page is shown, and what was found. */
export function ViewBar({ panel, histogram, summary }: ViewBarProps) {
  return (
    <div className="flex items-center gap-1 border-t border-line py-1">
      <Button kind="quiet" size="small" aria-pressed={panel.isOpen} onClick={panel.toggle} title="Fields (f)">
        <ListFilter size={14} aria-hidden />
        Fields
      </Button>
      {histogram !== null && (
        <Button kind="quiet" size="small" aria-expanded={histogram.isShown} onClick={histogram.toggle}>
          <ChevronDown size={14} aria-hidden className={classNames(!histogram.isShown && '-rotate-90')} />
          Histogram
        </Button>
      )}
      <div className="ml-auto min-w-0">{summary}</div>
    </div>
  );
}
