import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';
import type { TimeRange } from '../../../lib/time.ts';
import type { QueryHandle } from '../query/query-box.tsx';
import { faultSpan } from './completion.ts';
import { editorSetup, parseFault } from './editor-setup.ts';

interface LogqlEditorProps {
  /** The query that holds now. */
  q: string;
  range: TimeRange;
  onRun(q: string): void;
  handle: Ref<QueryHandle>;
}

/** Where one writes LogQL. Ctrl Enter runs it. */
export default function LogqlEditor({ q, range, onRun, handle }: LogqlEditorProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ q, range, onRun });
  latest.current = { q, range, onRun };
  const [refused, setRefused] = useState(() => parseFault(q));
  const run = () => {
    const text = view.current?.state.doc.toString().trim() ?? '';
    const fault = parseFault(text);
    setRefused(fault);
    if (fault === null) latest.current.onRun(text);
    else goTo(faultSpan(text, fault).from);
  };
  const goTo = (character: number) => {
    view.current?.dispatch({ selection: { anchor: character } });
    view.current?.focus();
  };
  const runs = useRef(run);
  runs.current = run;

  useEffect(() => {
    const extensions = editorSetup({
      run: () => runs.current(),
      range: () => latest.current.range,
      changed: () => setRefused(null),
    });
    const state = EditorState.create({ doc: latest.current.q, extensions });
    view.current = new EditorView({ state, parent: box.current! });
    return () => {
      view.current?.destroy();
      view.current = null;
    };
  }, []);
  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString().trim() === q) return;
    setRefused(parseFault(q));
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: q } });
  }, [q]);
  useImperativeHandle(handle, () => ({
    focus: () => view.current?.focus(),
    goTo,
    run,
  }));
  return (
    <div className="min-w-0 flex-1">
      <div
        ref={box}
        className={`rounded-md border bg-raised px-1.5 focus-within:outline-2 focus-within:outline-accent ${refused === null ? 'border-line-strong' : 'border-error'}`}
      />
      {refused !== null && (
        <p role="alert" className="mt-1 font-mono text-[13px] break-words text-error">
          {refused.message}
        </p>
      )}
    </div>
  );
}
