import { useState } from 'react';
import { Switch } from '../../../components/choices.tsx';
import { CopyButton } from '../../../components/display.tsx';
import { hasAnsi, stripAnsi } from '../../../lib/ansi.ts';
import { plural } from '../../../lib/format.ts';
import { MessageText } from '../table/message-text.tsx';
import type { LogRow } from '../table/row.ts';

const NO_WORDS: readonly string[] = [];

/** The message exactly as it came. */
export function RawTab({ row: { message } }: { row: LogRow }) {
  const [isColoured, setColoured] = useState(true);
  const isAnsi = hasAnsi(message);
  return (
    <>
      <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1 text-xs">
        <span className="mr-auto text-muted tabular-nums">{plural(message.length, 'character')}</span>
        {isAnsi && <Switch label="Colours" isOn={isColoured} onChange={setColoured} />}
        {isAnsi && <CopyButton text={stripAnsi(message)} label="Copy without colours" />}
        <CopyButton text={message} label="Copy message" />
      </div>
      <pre
        tabIndex={0}
        dir="auto"
        className="min-h-0 flex-1 overflow-auto p-3 font-mono text-xs leading-5 break-words whitespace-pre-wrap outline-offset-[-2px]"
      >
        {message === '' && <span className="text-muted italic">empty message</span>}
        {isAnsi && !isColoured ? message.replaceAll('\u001b', '␛') : <MessageText text={message} words={NO_WORDS} />}
      </pre>
    </>
  );
}
