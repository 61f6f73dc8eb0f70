import { execute } from './exec.ts';
import type { TemplateContext } from './function.ts';
import { FUNCTIONS } from './functions/index.ts';
import { MAX_TEXT_LENGTH } from './limits.ts';
import type { ListNode } from './nodes.ts';
import { parseTemplate } from './parse.ts';
import { references } from './references.ts';
import { type LabelMap, TemplateError } from './value.ts';

/** What Loki calls a template in errors: of line_format `line`, of label_format `label`. */
export type TemplateName = 'line' | 'label';

export interface Template {
  /** Names of the labels that it reads; all of them, and more, when `usesAllLabels`. Sorted. */
  readonly labels: readonly string[];
  /** It has the whole map in hand (`{{.}}`, `range .`, `index . …`). */
  readonly usesAllLabels: boolean;
  /** It reads the line (`__line__`). */
  readonly usesLine: boolean;
  /** The only label, of a template that is nothing but `{{.label}}`; the result is then that label's value. */
  readonly simpleLabel: string | null;
  /**
   * The text for an event; a label that is not there is "".
   * @throws TemplateError with Go's text, `template: line:1:2: executing "line" at <…>: …`
   */
  execute(labels: LabelMap, context: TemplateContext): string;
}

/** A literal text, or a label to put in. */
type Piece = { text: string } | { label: string };

/**
 * Compiles a template of Go's text/template with Loki's functions.
 * https://grafana.com/docs/loki/latest/query/template_functions/
 * @throws TemplateError with Go's text, `template: line:1: function "x" not defined`
 */
export function compileTemplate(text: string, name: TemplateName = 'line'): Template {
  const templates = parseTemplate(name, text, (word) => Object.hasOwn(FUNCTIONS, word));
  const root = templates.get(name);
  const pieces = root === undefined ? null : plainPieces(root);
  const { labels, usesAllLabels, usesLine } = references(templates.values());
  const [first] = pieces ?? [];
  const program = { name, text, templates, functions: FUNCTIONS };
  return {
    labels,
    usesAllLabels,
    usesLine,
    simpleLabel: pieces?.length === 1 && first !== undefined && 'label' in first ? first.label : null,
    execute: pieces === null ? (values, context) => execute(program, values, context) : concatenation(name, pieces),
  };
}

/** The pieces of a template of only text and `{{.label}}`; null for any other. */
function plainPieces(root: ListNode): Piece[] | null {
  const pieces: Piece[] = [];
  for (const node of root.nodes) {
    if (node.kind === 'text') {
      pieces.push({ text: node.text });
      continue;
    }
    if (node.kind !== 'action' || node.pipe.variables.length > 0 || node.pipe.commands.length !== 1) return null;
    const [operand, ...others] = node.pipe.commands[0]?.args ?? [];
    if (operand?.kind !== 'field' || operand.names.length !== 1 || others.length > 0) return null;
    pieces.push({ label: operand.names[0] ?? '' });
  }
  return pieces;
}

function concatenation(name: string, pieces: readonly Piece[]): Template['execute'] {
  return (labels) => {
    let output = '';
    for (const piece of pieces) output += 'text' in piece ? piece.text : (labels.get(piece.label) ?? '');
    if (output.length > MAX_TEXT_LENGTH)
      throw new TemplateError(`template: ${name}: output exceeds ${MAX_TEXT_LENGTH} characters`);
    return output;
  };
}
