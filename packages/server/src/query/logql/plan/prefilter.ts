import type { LabelFilter, Matcher, Stage } from '@tailwater/schema/logql';
import type { SqlParams } from '../../sql.ts';
import type { StreamSettings } from '../events/streams.ts';
import { labelMatcher } from '../pipeline/label-filter.ts';
import { metadataSql } from './label-sql.ts';
import { type Selection, streamsOf } from './selection.ts';

/** How the labels of a line can have come about when a filter looks at them. */
export interface ParserState {
  /** json or logfmt without expressions: a label's name is spelled by a key of the line. */
  keys: boolean;
  /** Any parser whose labels hold text of the line as it stands: regexp, pattern. */
  texts: boolean;
  /** Parsers with expressions, unpack, formats: nothing is known. */
  unknown: boolean;
}

/**
 * What the message surely holds when the filter behind a parser lets an event through; null: nothing is sure.
 * A label that is none of the event's own can only come from the line, and a filter that refuses events without the
 * label asks for its key: sanitising a key changes no letter or digit, and flattening joins keys by `_`.
 */
export function labelPrefilter(
  filter: LabelFilter,
  state: ParserState,
  selection: Selection,
  settings: StreamSettings,
  params: SqlParams,
): string | null {
  const of = (part: LabelFilter) => labelPrefilter(part, state, selection, settings, params);
  if (state.unknown) return null;
  switch (filter.kind) {
    case 'and': {
      const parts = [of(filter.left), of(filter.right)].filter((part) => part !== null);
      return parts.length === 0 ? null : parts.join(' AND ');
    }
    case 'or': {
      const parts = [of(filter.left), of(filter.right)];
      return parts.includes(null) ? null : `((${parts.join(') OR (')}))`;
    }
    case 'ip':
      return null;
    case 'matcher':
      return refusesAbsent(filter.matcher) ? presence(filter.matcher.name, filter.matcher) : null;
    default:
      return presence(filter.name, null);
  }

  function presence(name: string, matcher: Matcher | null): string | null {
    if (name.endsWith('_extracted') || name.startsWith('__')) return null;
    const parts = [...(state.keys && !state.texts ? keyParts(name) : []), ...valueParts(matcher)];
    if (parts.length === 0) return null;
    const streams = streamsOf(selection);
    if (streams.some(({ stream }) => stream.labels.has(name))) return null;
    const metadata = metadataSql(name, streams, selection, settings, params);
    if (metadata === null) return null;
    const escaped = state.keys ? ` OR position(message, ${params.add('String', '\\')}) > 0` : '';
    return `((${parts.join(' AND ')})${escaped} OR ${metadata.has})`;
  }

  function keyParts(name: string): string[] {
    const runs = name.match(/[a-zA-Z0-9]+/g) ?? [];
    return runs.map((run) => `position(message, ${params.add('String', run)}) > 0`);
  }

  function valueParts(matcher: Matcher | null): string[] {
    if (matcher?.op !== '=' || !PLAIN_VALUE.test(matcher.value)) return [];
    return [`position(message, ${params.add('String', matcher.value)}) > 0`];
  }
}

/** Values that no parser makes from other text: escapes are asked for apart. */
const PLAIN_VALUE = /^[ -!#-.0-[\]-~]+$/;

function refusesAbsent(matcher: Matcher): boolean {
  return !labelMatcher(matcher)('');
}

/** What is known of labels behind the stage. */
export function afterStage(state: ParserState, stage: Stage): ParserState {
  switch (stage.kind) {
    case 'json':
    case 'logfmt':
      return stage.extractions.length === 0 ? { ...state, keys: true } : { ...state, unknown: true };
    case 'regexp':
    case 'pattern':
      return { ...state, texts: true };
    case 'unpack':
    case 'line-format':
    case 'label-format':
    case 'decolorize':
      return { ...state, unknown: true };
    default:
      return state;
  }
}
