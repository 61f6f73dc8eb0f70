import { goQuote } from '../values/index.ts';
import { callBuiltin } from './call.ts';
import type { FunctionTable, GoFunction, ParamType, TemplateContext } from './function.ts';
import { checkTextLength, MAX_CALL_DEPTH, MAX_STEPS, MAX_TEXT_LENGTH } from './limits.ts';
import { member } from './member.ts';
import type {
  AnyNode,
  BranchNode,
  CommandNode,
  ListNode,
  Operand,
  PipeNode,
  Statement,
  TemplateNode,
} from './nodes.ts';
import { nodeText } from './nodes.ts';
import type { TemplateSet } from './parse.ts';
import { printValue } from './print.ts';
import {
  FunctionError,
  GoInt,
  type GoValue,
  isArray,
  isLabelMap,
  isTrue,
  JsonObject,
  type LabelMap,
  sortedEntries,
  TemplateError,
  typeName,
} from './value.ts';

/** No argument came through the pipe. */
const NONE = Symbol('no final argument');
type Final = GoValue | typeof NONE;

type Flow = 'next' | 'break' | 'continue';

export interface Program {
  name: string;
  text: string;
  templates: TemplateSet;
  functions: FunctionTable;
}

/**
 * Runs the template over an event's labels, in the ways of Go's text/template with missingkey=zero.
 * @throws TemplateError with Go's text and place
 */
export function execute(program: Program, labels: LabelMap, context: TemplateContext): string {
  return new Execution(program, labels, context).run();
}

class Execution {
  private readonly program: Program;
  private readonly context: TemplateContext;
  private readonly data: LabelMap;
  private templateName: string;
  private node: AnyNode | null = null;
  private names = ['$'];
  private values: GoValue[];
  private output = '';
  private steps = 0;
  private depth = 0;
  /** The dot is an element of a JSON value, of which Go's errors say that its type is interface {}. */
  private dotInInterface = false;

  constructor(program: Program, labels: LabelMap, context: TemplateContext) {
    this.program = program;
    this.context = context;
    this.data = labels;
    this.templateName = program.name;
    this.values = [labels];
  }

  run(): string {
    const root = this.program.templates.get(this.program.name);
    if (root !== undefined) this.walkList(this.data, root);
    return this.output;
  }

  private fail(message: string): TemplateError {
    if (this.node === null) return new TemplateError(`template: ${this.templateName}: ${message}`);
    const before = this.program.text.slice(0, this.node.at);
    const lineStart = before.lastIndexOf('\n') + 1;
    const line = before.split('\n').length;
    const column = Buffer.byteLength(before.slice(lineStart));
    const place = `${this.program.name}:${line}:${column}`;
    const executing = `executing ${goQuote(this.templateName)} at <${nodeText(this.node)}>`;
    return new TemplateError(`template: ${place}: ${executing}: ${message}`);
  }

  private at(node: AnyNode): void {
    this.node = node;
    this.spend(1);
  }

  private spend(steps: number): void {
    this.steps += steps;
    if (this.steps > MAX_STEPS) throw this.fail('template takes too many steps');
  }

  private write(text: string): void {
    this.output += text;
    if (this.output.length > MAX_TEXT_LENGTH) throw this.fail(`output exceeds ${MAX_TEXT_LENGTH} characters`);
  }

  private walkList(dot: GoValue, list: ListNode): Flow {
    this.at(list);
    for (const node of list.nodes) {
      const flow = this.walk(dot, node);
      if (flow !== 'next') return flow;
    }
    return 'next';
  }

  private walk(dot: GoValue, node: Statement): Flow {
    this.at(node);
    switch (node.kind) {
      case 'text':
        this.write(node.text);
        return 'next';
      case 'action': {
        const value = this.pipeline(dot, node.pipe);
        if (node.pipe.variables.length > 0) return 'next';
        this.node = node;
        this.write(typeof value === 'string' ? value : printValue(value));
        return 'next';
      }
      case 'if':
      case 'with':
        return this.branch(dot, node);
      case 'range':
        return this.range(dot, node);
      case 'template':
        this.template(dot, node);
        return 'next';
      default:
        return node.kind;
    }
  }

  private branch(dot: GoValue, node: BranchNode): Flow {
    const mark = this.values.length;
    const value = this.pipeline(dot, node.pipe);
    const outerDot = this.dotInInterface;
    let flow: Flow = 'next';
    if (isTrue(value)) {
      if (node.kind === 'with') this.dotInInterface = false;
      flow = this.walkList(node.kind === 'with' ? value : dot, node.body);
      this.dotInInterface = outerDot;
    } else if (node.otherwise !== null) flow = this.walkList(dot, node.otherwise);
    this.pop(mark);
    return flow;
  }

  private range(dot: GoValue, node: BranchNode): Flow {
    const outer = this.values.length;
    const value = this.pipeline(dot, node.pipe);
    const mark = this.values.length;
    const outerDot = this.dotInInterface;
    let flow: Flow = 'next';
    let ran = false;
    for (const [key, element] of this.elements(value, node)) {
      ran = true;
      this.assignElement(node.pipe, key, element);
      this.dotInInterface = isArray(value) || value instanceof JsonObject;
      flow = this.walkList(element, node.body);
      this.dotInInterface = outerDot;
      this.pop(mark);
      if (flow === 'break') break;
    }
    if (!ran && node.otherwise !== null) flow = this.walkList(dot, node.otherwise);
    else flow = 'next';
    this.pop(outer);
    return flow;
  }

  private *elements(value: GoValue, node: BranchNode): Iterable<readonly [GoValue, GoValue]> {
    if (value instanceof GoInt) {
      if (node.pipe.variables.length > 1)
        throw this.fail(`can't use ${printValue(value)} to iterate over more than one variable`);
      for (let at = 0n; at < value.value; at += 1n) yield [undefined, new GoInt(at, value.type)];
    } else if (isArray(value)) {
      for (const [index, element] of value.entries()) yield [new GoInt(BigInt(index)), element];
    } else if (value instanceof JsonObject) {
      yield* sortedEntries(value.entries);
    } else if (isLabelMap(value)) {
      yield* sortedEntries(value);
    } else if (value !== undefined && value !== null) {
      throw this.fail(`range can't iterate over ${printValue(value)}`);
    }
  }

  private assignElement({ variables, assigns }: PipeNode, key: GoValue, element: GoValue): void {
    const [first, second] = variables;
    if (first === undefined) return;
    if (assigns) {
      this.setVariable(first.names[0] ?? '', second === undefined ? element : key);
      if (second !== undefined) this.setVariable(second.names[0] ?? '', element);
      return;
    }
    this.values[this.values.length - 1] = element;
    if (second !== undefined) this.values[this.values.length - 2] = key;
  }

  private template(dot: GoValue, node: TemplateNode): void {
    const body = this.program.templates.get(node.name);
    if (body === undefined) throw this.fail(`template ${goQuote(node.name)} not defined`);
    if (this.depth >= MAX_CALL_DEPTH) throw this.fail(`exceeded maximum template depth (${MAX_CALL_DEPTH})`);
    const data = node.pipe === null ? undefined : this.pipeline(dot, node.pipe);
    const { names, values, templateName, dotInInterface } = this;
    this.depth += 1;
    this.names = ['$'];
    this.values = [data];
    this.templateName = node.name;
    this.dotInInterface = false;
    this.walkList(data, body);
    this.depth -= 1;
    this.names = names;
    this.values = values;
    this.templateName = templateName;
    this.dotInInterface = dotInInterface;
  }

  private pop(mark: number): void {
    this.names.length = mark;
    this.values.length = mark;
  }

  private variableIndex(name: string): number {
    const index = this.names.lastIndexOf(name);
    if (index === -1) throw this.fail(`undefined variable: ${name}`);
    return index;
  }

  private setVariable(name: string, value: GoValue): void {
    this.values[this.variableIndex(name)] = value;
  }

  private pipeline(dot: GoValue, pipe: PipeNode): GoValue {
    this.at(pipe);
    let value: Final = NONE;
    for (const command of pipe.commands) {
      value = this.command(dot, command, value);
      // What has the type interface {} is taken out of it: a nil in it becomes no value at all.
      if (value === null) value = undefined;
    }
    const result = value === NONE ? undefined : value;
    for (const variable of pipe.variables) {
      const name = variable.names[0] ?? '';
      if (pipe.assigns) this.setVariable(name, result);
      else {
        this.names.push(name);
        this.values.push(result);
      }
    }
    return result;
  }

  private command(dot: GoValue, command: CommandNode, final: Final): GoValue {
    const [first] = command.args;
    if (first === undefined) return undefined;
    switch (first.kind) {
      case 'identifier':
        return this.call(dot, first, command, command.args, final);
      case 'field':
      case 'chain':
      case 'variable':
        return this.reference(dot, first, command.args, final);
      case 'pipe':
        this.noArguments(command.args, final);
        return this.pipeline(dot, first);
    }
    this.at(first);
    this.noArguments(command.args, final);
    if (first.kind === 'nil') throw this.fail('nil is not a command');
    return this.constant(dot, first);
  }

  private noArguments(args: readonly Operand[], final: Final): void {
    const [first] = args;
    if (first !== undefined && (args.length > 1 || final !== NONE))
      throw this.fail(`can't give argument to non-function ${nodeText(first)}`);
  }

  private constant(dot: GoValue, node: Operand): GoValue {
    switch (node.kind) {
      case 'bool':
      case 'string':
        return node.value;
      case 'dot':
        return dot;
      case 'number':
        this.at(node);
        if (node.isFloat) return node.float;
        if (node.integer === null) throw this.fail(`${node.text} overflows int`);
        return new GoInt(node.integer);
      default:
        throw this.fail(`can't handle assignment of ${nodeText(node)} to empty interface argument`);
    }
  }

  /** A field, a variable or a chain, with the arguments that only a method may have. */
  private reference(
    dot: GoValue,
    node: Operand & { kind: 'field' | 'variable' | 'chain' },
    args: readonly Operand[],
    final: Final,
  ): GoValue {
    this.at(node);
    let receiver = dot;
    let names = node.names;
    if (node.kind === 'variable') {
      receiver = this.values[this.variableIndex(names[0] ?? '')];
      if (names.length === 1) {
        this.noArguments(args, final);
        return receiver;
      }
      names = names.slice(1);
    } else if (node.kind === 'chain') {
      if (node.node.kind === 'nil') throw this.fail(`indirection through explicit nil in ${nodeText(node)}`);
      receiver = this.argument(dot, null, node.node);
    }
    let inInterface = node.kind === 'field' && this.dotInInterface;
    for (const [index, name] of names.entries()) {
      const isLast = index === names.length - 1;
      const known = receiver;
      receiver = this.field(dot, name, node, isLast ? args : [], isLast ? final : NONE, receiver, inInterface);
      inInterface = known instanceof JsonObject;
    }
    return receiver;
  }

  private field(
    dot: GoValue,
    name: string,
    node: Operand,
    args: readonly Operand[],
    final: Final,
    receiver: GoValue,
    inInterface: boolean,
  ): GoValue {
    if (receiver === undefined) return undefined;
    if (receiver === null) throw this.fail(`nil pointer evaluating interface {}.${name}`);
    const method = member(receiver, name);
    if (method !== null) return this.invoke(dot, method, name, node, args, final);
    if (isLabelMap(receiver) || receiver instanceof JsonObject) {
      if (args.length > 1 || final !== NONE) throw this.fail(`${name} is not a method but has arguments`);
      return isLabelMap(receiver) ? (receiver.get(name) ?? '') : (receiver.entries.get(name) ?? null);
    }
    throw this.fail(`can't evaluate field ${name} in type ${inInterface ? 'interface {}' : typeName(receiver)}`);
  }

  private call(
    dot: GoValue,
    node: Operand & { kind: 'identifier' },
    place: AnyNode,
    args: readonly Operand[],
    final: Final,
  ): GoValue {
    this.at(node);
    const { name } = node;
    const known = this.program.functions[name];
    if (known === undefined) throw this.fail(`${goQuote(name)} is not a defined function`);
    return this.invoke(dot, known, name, place, args, final);
  }

  private invoke(
    dot: GoValue,
    known: GoFunction,
    name: string,
    place: AnyNode,
    args: readonly Operand[],
    final: Final,
  ): GoValue {
    const given = Math.max(args.length - 1, 0);
    const count = given + (final === NONE ? 0 : 1);
    const fixed = known.params.length;
    if (known.rest !== null) {
      if (count < fixed) throw this.fail(`wrong number of args for ${name}: want at least ${fixed} got ${given}`);
    } else if (count !== fixed) {
      throw this.fail(`wrong number of args for ${name}: want ${fixed} got ${count}`);
    }
    if (name === 'and' || name === 'or') return this.shortCircuit(dot, name, args, final);
    const values: GoValue[] = [];
    for (let index = 0; index < given; index += 1) {
      const arg = args[index + 1];
      if (arg !== undefined) values.push(this.argument(dot, known.params[index] ?? known.rest, arg));
    }
    if (final !== NONE) values.push(this.checked(final, known.params[given] ?? known.rest));
    return this.guarded(known, name, place, values, args);
  }

  private guarded(
    known: GoFunction,
    name: string,
    place: AnyNode,
    values: readonly GoValue[],
    args: readonly Operand[],
  ): GoValue {
    for (const value of values) if (typeof value === 'string') this.spend(value.length >> 6);
    try {
      const result = name === 'call' ? callBuiltin(values, args[1]) : known.call(values, this.context);
      if (typeof result !== 'string') return result;
      checkTextLength(result.length);
      this.spend(result.length >> 6);
      return result;
    } catch (error) {
      if (!(error instanceof FunctionError)) throw error;
      this.node = place;
      throw this.fail(`error calling ${name}: ${error.message}`);
    }
  }

  private shortCircuit(dot: GoValue, name: 'and' | 'or', args: readonly Operand[], final: Final): GoValue {
    let value: GoValue;
    for (const arg of args.slice(1)) {
      value = this.argument(dot, 'reflect.Value', arg);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return final === NONE ? value : final;
  }

  private argument(dot: GoValue, type: ParamType | null, node: Operand): GoValue {
    this.at(node);
    switch (node.kind) {
      case 'dot':
        return this.checked(dot, type);
      case 'nil':
        if (type === 'interface {}') return null;
        if (type === 'reflect.Value') return undefined;
        throw this.fail(`cannot assign nil to ${type ?? ''}`);
      case 'field':
      case 'variable':
      case 'chain':
        return this.checked(this.reference(dot, node, [], NONE), type);
      case 'pipe':
        return this.checked(this.pipeline(dot, node), type);
      case 'identifier':
        return this.checked(this.call(dot, node, node, [], NONE), type);
      default:
        return this.literal(dot, type, node);
    }
  }

  private literal(
    dot: GoValue,
    type: ParamType | null,
    node: Operand & { kind: 'bool' | 'number' | 'string' },
  ): GoValue {
    switch (type) {
      case 'string':
        if (node.kind === 'string') return node.value;
        throw this.fail(`expected string; found ${nodeText(node)}`);
      case 'int':
        if (node.kind === 'number' && node.integer !== null) return new GoInt(node.integer);
        throw this.fail(`expected integer; found ${nodeText(node)}`);
      case 'float64':
        if (node.kind === 'number' && node.float !== null) return node.float;
        throw this.fail(`expected float; found ${nodeText(node)}`);
      case 'bool':
        if (node.kind === 'bool') return node.value;
        throw this.fail(`expected bool; found ${nodeText(node)}`);
      case 'time.Time':
        throw this.fail(`can't handle ${nodeText(node)} for arg of type time.Time`);
      default:
        return this.constant(dot, node);
    }
  }

  private checked(value: GoValue, type: ParamType | null): GoValue {
    if (type === null || type === 'interface {}' || type === 'reflect.Value') return value;
    if (value === undefined) throw this.fail(`invalid value; expected ${type}`);
    const actual = typeName(value);
    if (actual !== type) throw this.fail(`wrong type for value; expected ${type}; got ${actual}`);
    return value;
  }
}
