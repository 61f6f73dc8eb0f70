import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import { ApiError } from '../../../api/error.ts';
import type { TimeRange } from '../../../lib/time.ts';
import type { QueryHandle } from '../query/query-box.tsx';
import { editorSetup, parseFault } from './editor-setup.ts';

interface LogqlEditorProps {
  /** The query that holds now. */
  q: string;
  range: TimeRange;
  /** What the server says of it. */
  error: unknown;
  onRun(q: string): void;
  handle: Ref<QueryHandle>;
}

/** Where one writes LogQL. Ctrl Enter runs it. */
export default function LogqlEditor({ q, range, error, onRun, handle }: LogqlEditorProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ q, range, onRun });
  latest.current = { q, range, onRun };
  const run = () => {
    const text = view.current?.state.doc.toString().trim() ?? '';
    latest.current.onRun(text);
  };
  const runs = useRef(run);
  runs.current = run;

  useEffect(() => {
    const extensions = editorSetup({
      run: () => runs.current(),
      range: () => latest.current.range,
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
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: q } });
  }, [q]);
  useImperativeHandle(handle, () => ({
    focus: () => view.current?.focus(),
    goTo: (character) => {
      view.current?.dispatch({ selection: { anchor: character } });
      view.current?.focus();
    },
    run,
  }));
  const fault = parseFault(q)?.message ?? (error instanceof ApiError && error.status === 400 ? error.message : null);
  return (
    <div className="min-w-0 flex-1">
      <div
        ref={box}
        className={`rounded-md border bg-raised px-1.5 focus-within:outline-2 focus-within:outline-accent ${fault === null ? 'border-line-strong' : 'border-error'}`}
      />
      {fault !== null && (
        <p role="alert" className="mt-1 font-mono text-[13px] break-words text-error">
          {fault}
        </p>
      )}
    </div>
  );
}
