import {
  acceptCompletion,
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { type Diagnostic, linter } from '@codemirror/lint';
import { type Extension, RangeSetBuilder } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, keymap, placeholder, ViewPlugin } from '@codemirror/view';
import { isFunctionKind, LogqlError, parseQuery, RESERVED_WORDS, tokenSpans } from '@tailwater/schema/logql';
import type { TimeRange } from '../../../lib/time.ts';
import { faultSpan, logqlContext } from './completion.ts';
import { knownLabels, knownValues } from './known-labels.ts';
import { FUNCTIONS, LINE_OPERATORS, MATCHER_OPERATORS, STAGES } from './words.ts';

export interface EditorNeeds {
  run(): void;
  /** Somebody wrote. */
  changed(): void;
  range(): TimeRange;
}

/** CodeMirror for LogQL. Its styles carry the nonce of the page, without which the policy would refuse them. */
export function editorSetup(needs: EditorNeeds): Extension[] {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
  const run = () => {
    needs.run();
    return true;
  };
  return [
    EditorView.cspNonce.of(nonce),
    history(),
    closeBrackets(),
    bracketMatching(),
    EditorView.lineWrapping,
    placeholder('{service_name="checkout"} |= "timeout"'),
    colours,
    linter(({ state }) => faultsOf(state.doc.toString()), { delay: 300 }),
    autocompletion({ override: [(context) => complete(context, needs.range())], icons: false }),
    keymap.of([
      { key: 'Mod-Enter', run },
      { key: 'Tab', run: acceptCompletion },
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...historyKeymap,
      ...defaultKeymap,
    ]),
    EditorView.updateListener.of(({ docChanged, transactions }) => {
      if (docChanged && transactions.some((one) => one.isUserEvent('input') || one.isUserEvent('delete')))
        needs.changed();
    }),
    EditorView.contentAttributes.of({ 'aria-label': 'LogQL query', spellcheck: 'false' }),
    look,
  ];
}

/** Where the parser stops, in Loki's words. */
function faultsOf(text: string): Diagnostic[] {
  const fault = parseFault(text);
  if (fault === null) return [];
  return [{ ...faultSpan(text, fault), severity: 'error', message: fault.message }];
}

export function parseFault(text: string): LogqlError | null {
  if (text.trim() === '') return null;
  try {
    parseQuery(text);
    return null;
  } catch (error) {
    if (error instanceof LogqlError) return error;
    throw error;
  }
}

async function complete(context: CompletionContext, range: TimeRange): Promise<CompletionResult | null> {
  const at = logqlContext(context.state.doc.toString(), context.pos);
  if (at === null) return null;
  const isWritten = context.pos > at.from;
  switch (at.kind) {
    case 'label':
      return { from: at.from, options: await labelOptions(range), validFor: /^\w*$/ };
    case 'value': {
      const values = await knownValues(at.label, range);
      const apply = (value: string) => JSON.stringify(value).slice(1, -1);
      return {
        from: at.from,
        options: values.map((value) => ({ label: value, apply: apply(value) })),
        validFor: /^[^"`]*$/,
      };
    }
    case 'stage':
      return { from: at.from, options: [...STAGES, ...(await labelOptions(range))], validFor: /^\w*$/ };
    case 'function':
      return isWritten || context.explicit ? { from: at.from, options: FUNCTIONS, validFor: /^\w*$/ } : null;
    case 'line-operator':
      return context.explicit ? { from: at.from, options: LINE_OPERATORS } : null;
    default:
      return context.explicit ? { from: at.from, options: MATCHER_OPERATORS } : null;
  }
}

async function labelOptions(range: TimeRange) {
  const labels = [...(await knownLabels(range)).keys()].toSorted();
  return labels.map((label) => ({ label, type: 'property', detail: 'label' }));
}

const MARKS = {
  name: Decoration.mark({ class: 'lq-name' }),
  function: Decoration.mark({ class: 'lq-function' }),
  keyword: Decoration.mark({ class: 'lq-keyword' }),
  text: Decoration.mark({ class: 'lq-text' }),
  number: Decoration.mark({ class: 'lq-number' }),
  comment: Decoration.mark({ class: 'lq-comment' }),
};

function markOf(kind: string): Decoration | null {
  if (kind === 'IDENTIFIER') return MARKS.name;
  if (kind === 'STRING' || kind === 'INVALID') return MARKS.text;
  if (kind === 'COMMENT') return MARKS.comment;
  if (['NUMBER', 'DURATION', 'BYTES', 'RANGE'].includes(kind)) return MARKS.number;
  if (isFunctionKind(kind)) return MARKS.function;
  return RESERVED_WORDS.has(kind) || kind === 'FUNCTION_FLAG' ? MARKS.keyword : null;
}

function colour(text: string): DecorationSet {
  const marks = new RangeSetBuilder<Decoration>();
  for (const { kind, from, to } of tokenSpans(text)) {
    const mark = markOf(kind);
    if (mark !== null) marks.add(from, to, mark);
  }
  return marks.finish();
}

/** A query is short: all of it is coloured at each change. */
const colours = ViewPlugin.define(
  ({ state }) => ({
    marks: colour(state.doc.toString()),
    update(update) {
      if (update.docChanged) this.marks = colour(update.state.doc.toString());
    },
  }),
  { decorations: ({ marks }) => marks },
);

const look = EditorView.theme({
  '&': { fontSize: '13px', color: 'var(--text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', maxHeight: '12rem' },
  '.cm-content': { padding: '7px 0', caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-placeholder': { color: 'var(--muted)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-soft)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line)',
    borderRadius: '6px',
    color: 'var(--text)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--accent-strong)',
  },
  '.cm-completionDetail': { color: 'var(--muted)', fontStyle: 'normal', fontFamily: 'var(--font-sans)' },
  '.lq-name': { color: 'var(--accent-strong)' },
  '.lq-function': { color: 'var(--severity-critical)' },
  '.lq-keyword': { color: 'var(--severity-warn)' },
  '.lq-text': { color: 'var(--good)' },
  '.lq-number': { color: 'var(--severity-info)' },
  '.lq-comment': { color: 'var(--muted)', fontStyle: 'italic' },
});
