import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { CopyButton } from '../../../components/display.tsx';
import { prettyJson } from '../../../lib/exact-json.ts';
import type { LogRow } from '../table/row.ts';
import { type JsonToken, jsonTokens } from './json-lines.ts';

const LINE_HEIGHT = 20;
const COLOURS: Readonly<Record<JsonToken['kind'], string>> = {
  name: 'text-accent',
  text: 'text-text',
  number: 'text-info',
  word: 'text-critical',
  sign: 'text-muted',
};

/** The event as the API answers it. Only the lines that are seen are drawn. */
export function JsonTab({ row }: { row: LogRow }) {
  const scroller = useRef<HTMLDivElement>(null);
  const json = useMemo(() => prettyJson(row.event ?? lineObject(row)), [row]);
  const lines = useMemo(() => json.split('\n'), [json]);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  });
  const shown = virtualizer.getVirtualItems();
  return (
    <>
      <div className="flex shrink-0 justify-end border-b border-line px-2 py-1">
        <CopyButton text={json} label="Copy JSON" />
      </div>
      <section
        ref={scroller}
        aria-label="JSON of the event"
        tabIndex={0}
        className="min-h-0 flex-1 overflow-y-auto py-2 outline-offset-[-2px]"
      >
        <div className="relative" style={{ height: virtualizer.getTotalSize() }}>
          <div className="absolute inset-x-0 top-0" style={{ transform: `translateY(${shown[0]?.start ?? 0}px)` }}>
            {shown.map(({ index }) => (
              <div
                key={index}
                ref={virtualizer.measureElement}
                data-index={index}
                className="px-3 font-mono text-xs leading-5 break-all whitespace-pre-wrap"
              >
                {jsonTokens(lines[index]!).map(({ text, kind, start }) => (
                  <span key={start} className={COLOURS[kind]}>
                    {text}
                  </span>
                ))}
              </div>
            ))}
          </div>
        </div>
      </section>
    </>
  );
}

/** What is known of a line of a LogQL answer. */
function lineObject(row: LogRow): unknown {
  const labels = Object.fromEntries(row.fields().map(({ name, value }) => [name, value]));
  return { timestamp: row.timestamp, line: row.message, labels };
}
