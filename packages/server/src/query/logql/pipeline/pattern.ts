import { parsePatternExpression } from '@tailwater/schema/logql';
import { ALL_FOUND, DROPPED, type Outcome, setParsed, targetSlot } from './extract.ts';
import type { LabelSlot } from './label-slot.ts';
import type { RowLabels } from './row-labels.ts';
import type { StageFunction } from './stage.ts';

interface Capture {
  /** Null for `<_>`. */
  slot: LabelSlot | null;
  /** What ends the capture; null: it takes the rest. */
  until: string | null;
}

/**
 * `| pattern "<ip> - <user> [<_>]"`: each capture reaches to the next literal. A line that does not begin with the
 * pattern's first literal gives no label; where a literal is missing its capture takes the rest, and the others are not
 * set. https://grafana.com/docs/loki/latest/query/log_queries/#pattern
 */
export function patternStage(labels: RowLabels, pattern: string, stage: number): StageFunction {
  const { head, captures } = compilePattern(labels, pattern);
  return ({ line }) => {
    if (labels.allFound() || line === '' || !line.startsWith(head)) return true;
    return extract(labels, line, head.length, captures, stage) !== DROPPED;
  };
}

function compilePattern(labels: RowLabels, pattern: string): { head: string; captures: Capture[] } {
  const nodes = parsePatternExpression(pattern);
  const [first] = nodes;
  const captures: Capture[] = [];
  for (const [index, node] of nodes.entries()) {
    if (node.kind !== 'capture') continue;
    const next = nodes[index + 1];
    captures.push({
      slot: node.name === null ? null : labels.slots.pin(node.name),
      until: next?.kind === 'literal' ? next.text : null,
    });
  }
  return { head: first?.kind === 'literal' ? first.text : '', captures };
}

function extract(labels: RowLabels, line: string, start: number, captures: readonly Capture[], stage: number): Outcome {
  let at = start;
  let isDone = false;
  for (const { slot, until } of captures) {
    const found = until === null ? -1 : line.indexOf(until, at);
    const end = found === -1 ? line.length : found;
    const target = slot === null ? null : targetSlot(labels, slot);
    if (target !== null && !isDone) {
      const outcome = setParsed(labels, target, line.slice(at, end), stage);
      if (outcome === DROPPED) return DROPPED;
      isDone = outcome === ALL_FOUND;
    }
    if (found === -1 || isDone) break;
    at = found + (until as string).length;
  }
  return ALL_FOUND;
}

/**
 * The walk of `|>`: the literals in order, each at its first place behind the one before, no capture empty. Not a
 * regular expression: a place once taken is not given back, and a first literal need not begin the line.
 */
export function patternTest(pattern: string): (line: string) => boolean {
  const nodes = parsePatternExpression(pattern);
  if (nodes.length === 0) return (line) => line === '';
  const literals = nodes.flatMap((node, index) => (node.kind === 'literal' ? [{ text: node.text, index }] : []));
  const hasTail = nodes.at(-1)?.kind === 'capture';
  return (line) => {
    if (line === '') return false;
    let at = 0;
    for (const { text, index } of literals) {
      const found = line.indexOf(text, at);
      if (found === -1 || (index > 0 && found === at)) return false;
      at = found + text.length;
    }
    return hasTail === at < line.length;
  };
}
