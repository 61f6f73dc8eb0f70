import { goQuote } from '../values/index.ts';
import { lexTemplate, type Token, type TokenKind, tokenText } from './lex.ts';
import { numberNode, unquote } from './literal.ts';
import type {
  BranchNode,
  ChainNode,
  CommandNode,
  ListNode,
  Operand,
  PipeNode,
  Statement,
  VariableNode,
} from './nodes.ts';
import { nodeText } from './nodes.ts';
import { TemplateError } from './value.ts';

/** A stage's template and those that it defines, by name. */
export type TemplateSet = ReadonlyMap<string, ListNode>;

/** Blocks and parentheses nest so deep at most (Go: 10,000): deeper ones would exhaust the stack. */
const MAX_DEPTH = 500;
const OPERANDS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'bool',
  'rune',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'raw',
  'string',
  'variable',
  '(',
]);
const CONSTANTS: ReadonlySet<Operand['kind']> = new Set<Operand['kind']>(['bool', 'dot', 'nil', 'number', 'string']);

/**
 * Parses a template. `name` is what Go's texts call it.
 * @throws TemplateError with Go's text: `template: line:1: function "x" not defined`
 */
export function parseTemplate(name: string, text: string, isFunction: (name: string) => boolean): TemplateSet {
  return new Parser(name, lexTemplate(text), isFunction).parse();
}

/** What a list of statements ended with. */
type Terminator = { kind: 'end'; at: number } | { kind: 'else'; at: number };

class Parser {
  private readonly name: string;
  private readonly tokens: readonly Token[];
  private readonly isFunction: (name: string) => boolean;
  private readonly templates = new Map<string, ListNode>();
  private at = 0;
  /** The token read last, looked ahead or not: Go's errors are at its line. */
  private furthest = 0;
  private variables = ['$'];
  private actionLine = 0;
  private rangeDepth = 0;
  private depth = 0;

  constructor(name: string, tokens: readonly Token[], isFunction: (name: string) => boolean) {
    this.name = name;
    this.tokens = tokens;
    this.isFunction = isFunction;
  }

  parse(): TemplateSet {
    const nodes: Statement[] = [];
    const at = this.peek().at;
    while (this.peek().kind !== 'eof') {
      if (this.peek().kind === 'left') {
        const start = this.at;
        this.next();
        if (isKeyword(this.nextNonSpace(), 'define')) {
          this.definition();
          continue;
        }
        this.at = start;
      }
      const node = this.textOrAction();
      if (node.kind === 'end' || node.kind === 'else') throw this.error(`unexpected {{${node.kind}}}`);
      nodes.push(node);
    }
    this.add(this.name, { kind: 'list', at, nodes });
    return this.templates;
  }

  private error(message: string): TemplateError {
    return new TemplateError(`template: ${this.name}:${this.token(this.furthest).line}: ${message}`);
  }

  private unexpected(token: Token, context: string): TemplateError {
    if (token.kind !== 'error') return this.error(`unexpected ${tokenText(token)} in ${context}`);
    if (this.actionLine === 0 || this.actionLine === token.line) return this.error(token.text);
    const place = `started at ${this.name}:${this.actionLine}`;
    return this.error(`${token.text} ${token.text.endsWith(' action') ? '' : 'in action '}${place}`);
  }

  private token(index: number): Token {
    const last = this.tokens.length - 1;
    const token = this.tokens[Math.min(index, last)];
    if (token === undefined) throw new Error('the lexer ends with a token');
    return token;
  }

  private next(): Token {
    if (this.at > this.furthest) this.furthest = this.at;
    const token = this.token(this.at);
    this.at += 1;
    return token;
  }

  private peek(): Token {
    const token = this.next();
    this.at -= 1;
    return token;
  }

  private nextNonSpace(): Token {
    let token = this.next();
    while (token.kind === 'space') token = this.next();
    return token;
  }

  private peekNonSpace(): Token {
    const token = this.nextNonSpace();
    this.at -= 1;
    return token;
  }

  private expectRight(context: string): Token {
    const token = this.nextNonSpace();
    if (token.kind !== 'right') throw this.unexpected(token, context);
    return token;
  }

  private add(name: string, list: ListNode): void {
    const known = this.templates.get(name);
    if (known === undefined || isEmpty(known)) this.templates.set(name, list);
    else if (!isEmpty(list)) throw this.error(`template: multiple definition of template ${goQuote(name)}`);
  }

  private definition(): void {
    const name = this.templateName(this.nextNonSpace(), 'define clause');
    this.expectRight('define clause');
    this.add(name, this.ownBody('define clause'));
  }

  /** The body of a definition: it sees no variables of what is around it. */
  private ownBody(context: string): ListNode {
    const { variables, rangeDepth, actionLine } = this;
    this.variables = ['$'];
    this.rangeDepth = 0;
    const [list, end] = this.itemList();
    if (end.kind !== 'end') throw this.error(`unexpected {{${end.kind}}} in ${context}`);
    this.variables = variables;
    this.rangeDepth = rangeDepth;
    this.actionLine = actionLine;
    return list;
  }

  private itemList(): [ListNode, Terminator] {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw this.error('max expression depth exceeded');
    const nodes: Statement[] = [];
    const at = this.peekNonSpace().at;
    while (this.peekNonSpace().kind !== 'eof') {
      const node = this.textOrAction();
      if (node.kind === 'end' || node.kind === 'else') {
        this.depth -= 1;
        return [{ kind: 'list', at, nodes }, node];
      }
      nodes.push(node);
    }
    throw this.error('unexpected EOF');
  }

  private textOrAction(): Statement | Terminator {
    const token = this.nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', at: token.at, text: token.text };
    if (token.kind !== 'left') throw this.unexpected(token, 'input');
    this.actionLine = token.line;
    const node = this.action();
    this.actionLine = 0;
    return node;
  }

  private action(): Statement | Terminator {
    const token = this.nextNonSpace();
    if (token.kind === 'keyword') {
      switch (token.text) {
        case 'if':
        case 'with':
        case 'range':
          return this.control(token.text);
        case 'break':
        case 'continue':
          return this.loopControl(token.text, token.at);
        case 'else':
          return this.elseControl();
        case 'end':
          return { kind: 'end', at: this.expectRight('end').at };
        case 'template':
          return this.templateControl();
        case 'block':
          return this.blockControl();
      }
    }
    this.at -= 1;
    return { kind: 'action', at: this.peek().at, pipe: this.pipeline('command', 'right') };
  }

  private loopControl(kind: 'break' | 'continue', at: number): Statement {
    this.expectRight(`{{${kind}}}`);
    if (this.rangeDepth === 0) throw this.error(`{{${kind}}} outside {{range}}`);
    return { kind, at };
  }

  private elseControl(): Terminator {
    const next = this.peekNonSpace();
    if (isKeyword(next, 'if') || isKeyword(next, 'with')) return { kind: 'else', at: next.at };
    return { kind: 'else', at: this.expectRight('else').at };
  }

  private control(kind: BranchNode['kind']): BranchNode {
    const known = this.variables.length;
    const pipe = this.pipeline(kind, 'right');
    if (kind === 'range') this.rangeDepth += 1;
    const [body, end] = this.itemList();
    if (kind === 'range') this.rangeDepth -= 1;
    const otherwise = end.kind === 'else' ? this.otherwise(kind, end.at) : null;
    this.variables.length = known;
    return { kind, at: pipe.at, pipe, body, otherwise };
  }

  private otherwise(kind: BranchNode['kind'], at: number): ListNode {
    if (kind !== 'range' && isKeyword(this.peek(), kind)) {
      this.next();
      this.depth += 1;
      if (this.depth > MAX_DEPTH) throw this.error('max expression depth exceeded');
      const chained = this.control(kind);
      this.depth -= 1;
      return { kind: 'list', at, nodes: [chained] };
    }
    const [list, end] = this.itemList();
    if (end.kind !== 'end') throw this.error(`expected end; found {{${end.kind}}}`);
    return list;
  }

  private templateName(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'raw') throw this.unexpected(token, context);
    return this.located(() => unquote(token.text));
  }

  private templateControl(): Statement {
    const token = this.nextNonSpace();
    const name = this.templateName(token, 'template clause');
    if (this.nextNonSpace().kind === 'right') return { kind: 'template', at: token.at, name, pipe: null };
    this.at -= 1;
    return { kind: 'template', at: token.at, name, pipe: this.pipeline('template clause', 'right') };
  }

  private blockControl(): Statement {
    const token = this.nextNonSpace();
    const name = this.templateName(token, 'block clause');
    const pipe = this.pipeline('block clause', 'right');
    this.add(name, this.ownBody('block clause'));
    return { kind: 'template', at: token.at, name, pipe };
  }

  private pipeline(context: string, end: 'right' | ')'): PipeNode {
    const at = this.peekNonSpace().at;
    const variables: VariableNode[] = [];
    const assigns = this.declarations(context, variables);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.nextNonSpace();
      if (token.kind === end) break;
      if (!OPERANDS.has(token.kind) && !isKeyword(token, 'nil')) throw this.unexpected(token, context);
      this.at -= 1;
      commands.push(this.command());
    }
    if (commands.length === 0) throw this.error(`missing value for ${context}`);
    commands.forEach((command, index) => {
      if (index > 0 && CONSTANTS.has(command.args[0]?.kind ?? 'nil'))
        throw this.error(`non executable command in pipeline stage ${index + 1}`);
    });
    return { kind: 'pipe', at, assigns, variables, commands };
  }

  /** `$x :=`, `$x =` and, in a range, `$i, $x :=`; answers whether it is `=`. */
  private declarations(context: string, variables: VariableNode[]): boolean {
    for (;;) {
      const token = this.peekNonSpace();
      if (token.kind !== 'variable') return false;
      const start = this.at;
      this.next();
      const next = this.peekNonSpace();
      if (next.kind === 'assign' || next.kind === 'declare') {
        this.nextNonSpace();
        this.addVariable(token, variables);
        return next.kind === 'assign';
      }
      if (next.kind !== 'char' || next.text !== ',') {
        this.at = start;
        return false;
      }
      this.nextNonSpace();
      this.addVariable(token, variables);
      if (context !== 'range' || variables.length >= 2) throw this.error(`too many declarations in ${context}`);
      const after = this.peekNonSpace().kind;
      if (after !== 'variable' && after !== 'right' && after !== ')')
        throw this.error('range can only initialize variables');
    }
  }

  private addVariable(token: Token, variables: VariableNode[]): void {
    variables.push({ kind: 'variable', at: token.at, names: [token.text] });
    this.variables.push(token.text);
  }

  private command(): CommandNode {
    const at = this.peekNonSpace().at;
    const args: Operand[] = [];
    for (;;) {
      this.peekNonSpace();
      const operand = this.operand();
      if (operand !== null) args.push(operand);
      const token = this.next();
      if (token.kind === 'space') continue;
      if (token.kind === 'right' || token.kind === ')') this.at -= 1;
      else if (token.kind !== 'pipe') throw this.unexpected(token, 'operand');
      break;
    }
    if (args.length === 0) throw this.error('empty command');
    return { kind: 'command', at, args };
  }

  private operand(): Operand | null {
    const node = this.term();
    if (node === null || this.peek().kind !== 'field') return node;
    const at = this.peek().at;
    const names: string[] = [];
    while (this.peek().kind === 'field') names.push(this.next().text.slice(1));
    if (node.kind === 'field' || node.kind === 'variable') return { ...node, at, names: [...node.names, ...names] };
    if (CONSTANTS.has(node.kind)) throw this.error(`unexpected . after term ${goQuote(nodeText(node))}`);
    const chain: ChainNode = { kind: 'chain', at, node, names };
    return chain;
  }

  private term(): Operand | null {
    const token = this.nextNonSpace();
    const at = token.at;
    switch (token.kind) {
      case 'identifier':
        if (!this.isFunction(token.text)) throw this.error(`function ${goQuote(token.text)} not defined`);
        return { kind: 'identifier', at, name: token.text };
      case 'dot':
        return { kind: 'dot', at };
      case 'variable':
        if (!this.variables.includes(token.text)) throw this.error(`undefined variable ${goQuote(token.text)}`);
        return { kind: 'variable', at, names: [token.text] };
      case 'field':
        return { kind: 'field', at, names: [token.text.slice(1)] };
      case 'bool':
        return { kind: 'bool', at, value: token.text === 'true' };
      case 'rune':
      case 'number':
      case 'complex':
        return this.located(() => numberNode(at, token.text, token.kind === 'rune'));
      case '(':
        return this.parenthesized();
      case 'string':
      case 'raw':
        return { kind: 'string', at, quoted: token.text, value: this.located(() => unquote(token.text)) };
      case 'keyword':
        if (token.text === 'nil') return { kind: 'nil', at };
    }
    this.at -= 1;
    return null;
  }

  private parenthesized(): Operand {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw this.error('max expression depth exceeded');
    const pipe = this.pipeline('parenthesized pipeline', ')');
    this.depth -= 1;
    return pipe;
  }

  /** Adds the template's name and line to what a literal's reader reports. */
  private located<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw error instanceof TemplateError ? this.error(error.message) : error;
    }
  }
}

function isKeyword(token: Token, word: string): boolean {
  return token.kind === 'keyword' && token.text === word;
}

function isEmpty(list: ListNode): boolean {
  return list.nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
}
