import type { MetricExpr } from '../ast.ts';
import { LogqlError } from '../errors.ts';
import { MAX_DEPTH, tooDeep } from './cursor.ts';

/**
 * Faults of meaning are told only when the whole query has parsed, the leftmost first: a placeholder stands for such a
 * part until then. Also measures how deep the tree gets.
 */
export class Drafts {
  private readonly faults = new Map<MetricExpr, LogqlError>();
  private readonly depths = new Map<MetricExpr, number>();

  fault(detail: string | LogqlError): MetricExpr {
    const placeholder: MetricExpr = { kind: 'literal', value: Number.NaN };
    this.faults.set(placeholder, typeof detail === 'string' ? new LogqlError(detail) : detail);
    return placeholder;
  }

  faultOf(expr: MetricExpr): LogqlError | undefined {
    return this.faults.get(expr);
  }

  /** Notes `expr` with its parts; throws when it is too deep to be walked. */
  node(expr: MetricExpr, parts: readonly MetricExpr[]): MetricExpr {
    const depth = 1 + Math.max(...parts.map((part) => this.depths.get(part) ?? 1));
    if (depth > MAX_DEPTH) throw tooDeep();
    this.depths.set(expr, depth);
    return expr;
  }
}
