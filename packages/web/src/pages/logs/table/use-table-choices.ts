import { useCallback, useMemo, useState } from 'react';
import { stored, useStored } from '../../../app/stored.ts';
import { type ColumnWidths, parseWidths } from './column-widths.ts';

const widthsStored = stored<string>('logs.columnWidths', '{}', (text): text is string => text !== '');
const wrapStored = stored<'on' | 'off'>('logs.wrap', 'off', (text) => text === 'on' || text === 'off');

/** How wide columns are and whether messages wrap: choices of whoever sits here, kept in the browser. */
export function useTableChoices() {
  const [text, setText] = useStored(widthsStored);
  const [wrap, setWrap] = useStored(wrapStored);
  const kept = useMemo(() => parseWidths(text), [text]);
  const [drawn, setDrawn] = useState<ColumnWidths>({});
  const widths = useMemo(() => ({ ...kept, ...drawn }), [kept, drawn]);
  const setWidth = useCallback(
    (column: string, width: number, isDone: boolean) => {
      setDrawn(isDone ? {} : { [column]: width });
      if (isDone) setText(JSON.stringify({ ...kept, [column]: width }));
    },
    [kept, setText],
  );
  const setWrapped = useCallback((isWrapped: boolean) => setWrap(isWrapped ? 'on' : 'off'), [setWrap]);
  return { widths, setWidth, isWrapped: wrap === 'on', setWrapped };
}
