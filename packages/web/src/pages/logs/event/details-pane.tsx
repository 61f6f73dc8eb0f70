import { type ReactNode, useRef } from 'react';
import { dragWidth } from '../table/drag-width.ts';
import { handlePart } from '../table/grid-roles.ts';
import { DETAILS_ID } from './details-id.ts';
import { DETAILS_WIDTH_MAX, DETAILS_WIDTH_MIN, useDetailsWidth } from './use-details-width.ts';

/** The place of the open event beside the table. Its border can be moved. */
export function DetailsPane({ children }: { children: ReactNode }) {
  const pane = useRef<HTMLElement>(null);
  const { width, setWidth } = useDetailsWidth();
  const drag = () =>
    dragWidth({ width: pane.current?.offsetWidth ?? DETAILS_WIDTH_MIN, isMirrored: true, onWidth: setWidth });
  return (
    <aside
      ref={pane}
      aria-label="Event"
      id={DETAILS_ID}
      tabIndex={-1}
      className="relative flex min-h-0 max-w-[70%] shrink-0 flex-col border-l border-line bg-raised outline-offset-[-2px]"
      style={{ width: width ?? 'clamp(24rem, 42%, 52rem)' }}
    >
      <div
        {...handlePart({
          'aria-label': 'Width of the event',
          'aria-valuenow': width ?? DETAILS_WIDTH_MIN,
          'aria-valuemin': DETAILS_WIDTH_MIN,
          'aria-valuemax': DETAILS_WIDTH_MAX,
          onPointerDown: (event) => drag().onPointerDown(event),
          onKeyDown: (event) => drag().onKeyDown(event),
        })}
        tabIndex={0}
        className="absolute inset-y-0 -left-1 z-20 w-2 cursor-col-resize touch-none hover:bg-accent/30 focus-visible:bg-accent/30"
      />
      {children}
    </aside>
  );
}
