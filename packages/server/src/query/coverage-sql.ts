import type { ContractField, DeclaredAttribute, DeclaredEvent } from '@tailwater/schema/event-contract';
import { attributeTypeText } from '../batch/attribute-types.ts';
import type { SqlQuery } from '../stores/store.ts';
import { EVENTS } from './events-sql.ts';
import { renderScope, SELECT_SETTINGS, SqlParams } from './sql.ts';
import type { Scope } from './stats-sql.ts';

/** Kinds of events that are looked at; an org that has more names its events by data. */
export const SEEN_MAX = 10_000;

/** A row of `seenQuery`, 64-bit integers as text. */
export interface SeenRow {
  log_type: string;
  event_type: string;
  service: string;
  events: string;
  last_ms: string;
}

/** The kinds of events that came, per service, the most frequent first. */
export function seenQuery(scope: Scope): SqlQuery {
  const params = new SqlParams();
  const sql =
    'SELECT log_type, event_type, service, count() AS events, toUnixTimestamp64Milli(max(ts)) AS last_ms' +
    ` FROM ${EVENTS} WHERE ${renderScope(scope, params)} GROUP BY log_type, event_type, service` +
    ` ORDER BY events DESC, log_type, event_type, service LIMIT ${SEEN_MAX} ${SELECT_SETTINGS}`;
  return { sql, params: params.values };
}

/** Something that a declared event has to keep to, and whether it does not: a ClickHouse expression. */
interface Rule {
  attribute: string;
  problem: string;
  isBroken: string;
}

/** A rule that events broke. */
export interface Violation {
  service: string;
  attribute: string;
  problem: string;
  events: number;
  /** The newest of them. */
  example: { frame: string; index: number };
}

export interface ViolationsQuery {
  query: SqlQuery;
  /** Reads the answer's rows. */
  read(rows: readonly Record<string, string | number>[]): Violation[];
}

/** Which rules of a declared event were broken, how often, per service. Null when it has no rules. */
export function violationsQuery(scope: Scope, declared: DeclaredEvent): ViolationsQuery | null {
  const params = new SqlParams();
  const rules = rulesOf(declared, params);
  if (rules.length === 0) return null;
  const columns = rules.flatMap(({ isBroken }, i) => [
    `countIf(${isBroken}) AS n${i}`,
    `argMaxIf(frame, (ts, frame, frame_index), ${isBroken}) AS f${i}`,
    `argMaxIf(frame_index, (ts, frame, frame_index), ${isBroken}) AS i${i}`,
  ]);
  const logType = params.add('String', declared.log_type);
  const eventType = params.add('String', declared.event_type);
  const sql =
    `SELECT service, ${columns.join(', ')}` +
    ` FROM ${EVENTS} WHERE ${renderScope(scope, params)} AND log_type = ${logType} AND event_type = ${eventType}` +
    ` GROUP BY service ORDER BY service ${SELECT_SETTINGS}`;
  return {
    query: { sql, params: params.values },
    read: (rows) =>
      rows.flatMap((row) =>
        rules.flatMap(({ attribute, problem }, i) => {
          const events = Number(row[`n${i}`]);
          if (events === 0) return [];
          const example = { frame: String(row[`f${i}`]), index: Number(row[`i${i}`]) };
          return [{ service: String(row.service), attribute, problem, events, example }];
        }),
      ),
  };
}

function rulesOf(declared: DeclaredEvent, params: SqlParams): Rule[] {
  const rules = declared.requires.map((field) => fieldRule(field));
  if (declared.severity.length > 0) {
    const names = params.add('Array(String)', declared.severity);
    rules.push({
      attribute: 'severity',
      problem: `is none of ${declared.severity.join(', ')}`,
      isBroken: `NOT has(${names}, toString(severity))`,
    });
  }
  if (declared.services.length > 0) {
    const names = params.add('Array(String)', declared.services);
    rules.push({
      attribute: 'service',
      problem: `is none of ${declared.services.join(', ')}`,
      isBroken: `NOT has(${names}, service)`,
    });
  }
  for (const [name, attribute] of Object.entries(declared.metadata))
    rules.push(...attributeRules(name, attribute, params));
  return rules;
}

function fieldRule(field: ContractField): Rule {
  const isNumber = field === 'duration_ms' || field === 'cost';
  return { attribute: field, problem: 'is missing', isBroken: isNumber ? `isNull(${field})` : `${field} = ''` };
}

function attributeRules(name: string, { type, required, values }: DeclaredAttribute, params: SqlParams): Rule[] {
  const key = params.add('String', name);
  const has = `mapContains(attributes, ${key})`;
  const value = `attributes[${key}]`;
  const attribute = `metadata.${name}`;
  const rules: Rule[] = [];
  if (required) rules.push({ attribute, problem: 'is missing', isBroken: `NOT ${presence(type, name, has, params)}` });
  rules.push({ attribute, problem: `is no ${type}`, isBroken: `${has} AND NOT (${fits(type, name, value, params)})` });
  if (values !== undefined) {
    const allowed = params.add('Array(String)', values.map(String));
    rules.push({
      attribute,
      problem: 'has a value that is not listed',
      isBroken: `${has} AND NOT has(${allowed}, ${value})`,
    });
  }
  return rules;
}

/** Objects are flattened: of `client` there is `client.ip`. */
function presence(type: DeclaredAttribute['type'], name: string, has: string, params: SqlParams): string {
  if (type !== 'object') return has;
  return `(${has} OR arrayExists(k -> startsWith(k, ${params.add('String', `${name}.`)}), mapKeys(attributes)))`;
}

function fits(type: DeclaredAttribute['type'], name: string, value: string, params: SqlParams): string {
  const isKind = (kind: 'number' | 'bool' | 'json') =>
    `has(splitByChar(',', attribute_types), ${params.add('String', attributeTypeText(name, kind))})`;
  switch (type) {
    case 'string':
      return `NOT (${isKind('number')} OR ${isKind('bool')} OR ${isKind('json')})`;
    case 'number':
      return isKind('number');
    case 'integer':
      return `${isKind('number')} AND match(${value}, '^-?[0-9]+$')`;
    case 'boolean':
      return isKind('bool');
    case 'array':
      return `${isKind('json')} AND startsWith(${value}, '[')`;
    case 'object':
      return `${isKind('json')} AND startsWith(${value}, '{')`;
  }
}
