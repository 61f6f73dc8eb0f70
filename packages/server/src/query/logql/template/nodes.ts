/** Parts of a parsed template. `at` is the offset in UTF-16 units, for the place in an error. */
export interface NumberNode {
  kind: 'number';
  at: number;
  text: string;
  /** What the literal can stand for: `1.0` is an integer too, where one is wanted. */
  integer: bigint | null;
  float: number | null;
  /** What it is where anything is taken: an int or a float64. */
  isFloat: boolean;
}

export interface FieldNode {
  kind: 'field';
  at: number;
  names: readonly string[];
}

export interface VariableNode {
  kind: 'variable';
  at: number;
  /** The name with its `$`, then the fields. */
  names: readonly string[];
}

export interface ChainNode {
  kind: 'chain';
  at: number;
  node: Operand;
  names: readonly string[];
}

export interface PipeNode {
  kind: 'pipe';
  at: number;
  assigns: boolean;
  variables: readonly VariableNode[];
  commands: readonly CommandNode[];
}

export interface CommandNode {
  kind: 'command';
  at: number;
  args: readonly Operand[];
}

export type Operand =
  | NumberNode
  | FieldNode
  | VariableNode
  | ChainNode
  | PipeNode
  | { kind: 'identifier'; at: number; name: string }
  | { kind: 'dot'; at: number }
  | { kind: 'nil'; at: number }
  | { kind: 'bool'; at: number; value: boolean }
  | { kind: 'string'; at: number; quoted: string; value: string };

export interface ListNode {
  kind: 'list';
  at: number;
  nodes: readonly Statement[];
}

export interface BranchNode {
  kind: 'if' | 'with' | 'range';
  at: number;
  pipe: PipeNode;
  body: ListNode;
  otherwise: ListNode | null;
}

export interface TemplateNode {
  kind: 'template';
  at: number;
  name: string;
  pipe: PipeNode | null;
}

export type Statement =
  | { kind: 'text'; at: number; text: string }
  | { kind: 'action'; at: number; pipe: PipeNode }
  | { kind: 'break'; at: number }
  | { kind: 'continue'; at: number }
  | BranchNode
  | TemplateNode;

export type AnyNode = Operand | CommandNode | Statement | ListNode;

/** A node as Go prints it in the text of an error. */
export function nodeText(node: AnyNode): string {
  switch (node.kind) {
    case 'number':
    case 'text':
      return node.text;
    case 'field':
      return node.names.map((name) => `.${name}`).join('');
    case 'variable':
      return node.names.join('.');
    case 'chain':
      return [node.node.kind === 'pipe' ? `(${nodeText(node.node)})` : nodeText(node.node), ...node.names].join('.');
    case 'pipe':
      return pipeText(node);
    case 'command':
      return node.args.map((arg) => (arg.kind === 'pipe' ? `(${pipeText(arg)})` : nodeText(arg))).join(' ');
    case 'identifier':
      return node.name;
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'string':
      return node.quoted;
    default:
      return statementText(node);
  }
}

function pipeText(node: PipeNode): string {
  const commands = node.commands.map(nodeText).join(' | ');
  if (node.variables.length === 0) return commands;
  return `${node.variables.map(nodeText).join(', ')} ${node.assigns ? '=' : ':='} ${commands}`;
}

function statementText(node: Exclude<Statement, { kind: 'text' }> | ListNode): string {
  switch (node.kind) {
    case 'list':
      return node.nodes.map(nodeText).join('');
    case 'action':
      return `{{${pipeText(node.pipe)}}}`;
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`;
    case 'template':
      return `{{template ${JSON.stringify(node.name)}${node.pipe === null ? '' : ` ${pipeText(node.pipe)}`}}}`;
    default:
      return branchText(node);
  }
}

function branchText(node: BranchNode): string {
  const otherwise = node.otherwise === null ? '' : `{{else}}${nodeText(node.otherwise)}`;
  return `{{${node.kind} ${pipeText(node.pipe)}}}${nodeText(node.body)}${otherwise}{{end}}`;
}
