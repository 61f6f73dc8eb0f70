export * from './ast.ts';
export { parseDurationMs } from './durations.ts';
export { type LogqlChecks, LogqlError } from './errors.ts';
export { formatQuery } from './format.ts';
export { type IpAddress, type IpPattern, parseIpAddress, parseIpPattern } from './ip.ts';
export { parseJsonPath } from './json-path.ts';
export { MAX_QUERY_BYTES, parseQuery, parseSelector } from './parse.ts';
export { type PatternNode, parsePatternExpression } from './pattern.ts';
export { printQuery } from './printer.ts';
