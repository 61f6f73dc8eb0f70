import type { Expr, MetricExpr } from '../ast.ts';
import { parseFloatLiteral } from '../numbers.ts';
import { PRECEDENCE, RANGE_KINDS, VECTOR_KINDS } from '../tokens.ts';
import { parseRangeAggregation, parseVectorAggregation } from './aggregations.ts';
import { binaryOpAhead, joinBinary, parseModifier } from './binary.ts';
import type { Cursor } from './cursor.ts';
import type { Drafts } from './drafts.ts';
import { readLiteral } from './label-filters.ts';
import { parseSelectorBlock } from './selector.ts';
import { parseStages } from './stages.ts';

/** Any expression whose operators bind at least as tightly as `minimum`; `first` is an operand that is read already. */
export function parseExpression(cursor: Cursor, drafts: Drafts, minimum = 1, first?: Expr): Expr {
  return cursor.nested(() => {
    let left = first ?? parseOperand(cursor, drafts);
    for (;;) {
      const op = binaryOpAhead(cursor);
      const precedence = op === null ? 0 : (PRECEDENCE.get(op) ?? 0);
      if (op === null || precedence < minimum) return left;
      cursor.next();
      const modifier = parseModifier(cursor);
      const right = parseExpression(cursor, drafts, op === '^' ? precedence : precedence + 1);
      left = joinBinary(drafts, op, modifier, left, right);
    }
  });
}

function parseMetric(cursor: Cursor, drafts: Drafts, first?: Expr): MetricExpr {
  const expr = parseExpression(cursor, drafts, 1, first);
  return expr.kind === 'log' ? cursor.fail() : expr;
}

function parseOperand(cursor: Cursor, drafts: Drafts): Expr {
  if (cursor.at('{')) {
    const selector = parseSelectorBlock(cursor);
    const { stages, unwrap } = parseStages(cursor);
    if (unwrap) cursor.fail();
    return { kind: 'log', selector, stages };
  }
  if (cursor.accept('(')) {
    const inner = parseExpression(cursor, drafts);
    cursor.expect(')', []);
    return inner;
  }
  if (cursor.at('NUMBER', '+', '-')) {
    const value = readLiteral(cursor);
    return typeof value === 'string' ? drafts.fault(value) : { kind: 'literal', value };
  }
  return parseFunction(cursor, drafts);
}

function parseFunction(cursor: Cursor, drafts: Drafts): MetricExpr {
  const { kind } = cursor.peek();
  const rangeOp = RANGE_KINDS.get(kind);
  const vectorOp = VECTOR_KINDS.get(kind);
  if (rangeOp === undefined && vectorOp === undefined && kind !== 'label_replace' && kind !== 'VECTOR') cursor.fail();
  cursor.next();
  if (rangeOp !== undefined) return parseRangeAggregation(cursor, drafts, rangeOp);
  if (vectorOp === undefined)
    return kind === 'VECTOR' ? parseVector(cursor, drafts) : parseLabelReplace(cursor, drafts);
  return parseVectorAggregation(cursor, drafts, vectorOp, {
    inner: () => parseMetric(cursor, drafts),
    from: (number) => parseMetric(cursor, drafts, literal(drafts, number)),
  });
}

function literal(drafts: Drafts, text: string): MetricExpr {
  const value = parseFloatLiteral(text);
  return typeof value === 'string'
    ? drafts.fault(`unable to parse literal as a float: ${value}`)
    : { kind: 'literal', value };
}

/** `vector(1)`. */
function parseVector(cursor: Cursor, drafts: Drafts): MetricExpr {
  cursor.expect('(');
  const value = parseFloatLiteral(cursor.expect('NUMBER').text);
  cursor.expect(')');
  return typeof value === 'string'
    ? drafts.fault(`unable to parse vectorExpr as a float: ${value}`)
    : { kind: 'vector', value };
}

/** `label_replace(inner, "destination", "replacement", "source", "pattern")`. */
function parseLabelReplace(cursor: Cursor, drafts: Drafts): MetricExpr {
  cursor.expect('(');
  const inner = parseMetric(cursor, drafts);
  const texts = [0, 1, 2, 3].map((index) => {
    cursor.expect(',', index === 0 ? [] : [',']);
    return cursor.string();
  });
  cursor.expect(')');
  const [destination = '', replacement = '', source = '', pattern = ''] = texts;
  const fault = cursor.checks.regexp?.(`^(?:${pattern})$`);
  if (typeof fault === 'string') return drafts.fault(`invalid regex in label_replace: ${fault}`);
  return drafts.node({ kind: 'label-replace', inner, destination, replacement, source, pattern }, [inner]);
}
