import type { AnyNode, ListNode, PipeNode } from './nodes.ts';
import { compareText } from './value.ts';

/** What a template reads of an event. */
export interface References {
  labels: readonly string[];
  usesAllLabels: boolean;
  usesLine: boolean;
}

/**
 * Labels that templates may read. Fields of other values than the labels are among them, as in Loki: too many names
 * cost time, too few would cost the result.
 */
export function references(roots: Iterable<ListNode>): References {
  const found = { labels: new Set<string>(), usesAllLabels: false, usesLine: false };
  for (const root of roots) collect(root, found);
  return { ...found, labels: [...found.labels].sort(compareText) };
}

interface Found {
  labels: Set<string>;
  usesAllLabels: boolean;
  usesLine: boolean;
}

function collect(node: AnyNode, found: Found): void {
  switch (node.kind) {
    case 'field':
    case 'chain':
      for (const name of node.names) found.labels.add(name);
      if (node.kind === 'chain') collect(node.node, found);
      return;
    case 'variable':
      if (node.names.length > 1) for (const name of node.names.slice(1)) found.labels.add(name);
      else if (node.names[0] === '$') found.usesAllLabels = true;
      return;
    case 'dot':
      found.usesAllLabels = true;
      return;
    case 'identifier':
      if (node.name === '__line__') found.usesLine = true;
      return;
    case 'pipe':
      for (const command of node.commands) for (const arg of command.args) collect(arg, found);
      return;
    case 'action':
      collect(node.pipe, found);
      return;
    case 'template':
      if (node.pipe !== null) collect(node.pipe, found);
      return;
    case 'list':
      for (const statement of node.nodes) collect(statement, found);
      return;
    case 'if':
    case 'with':
    case 'range':
      collectBranch(node.pipe, [node.body, node.otherwise], found);
  }
}

function collectBranch(pipe: PipeNode, lists: readonly (ListNode | null)[], found: Found): void {
  collect(pipe, found);
  for (const list of lists) if (list !== null) collect(list, found);
}
