import type { RuleId } from '@tailwater/schema/redaction';
import { LOOKALIKE_ATTRIBUTES, LOOKALIKES } from './lookalikes.ts';
import { SECRET_ATTRIBUTES, SECRETS } from './secrets.ts';

/**
 * The labelled corpus that recall and precision are measured on. A line is a text with its secrets marked
 * `⟦rule|secret⟧`; a text without marks has none, however much it looks it. All secrets are made up. The joint `‖`
 * stands for nothing: it cuts tokens so that scanners of source code do not take them for real ones.
 */
export interface CorpusLine {
  text: string;
  /** Which parts of the text must go, and by which rule. */
  secrets: readonly { rule: RuleId; start: number; end: number }[];
  /** Set where the rules are known to be wrong: why. Counts in recall and precision all the same. */
  known: string;
}

/** An attribute and whether the rule `attribute` must take its value. */
export interface CorpusAttribute {
  name: string;
  value: string;
  kind: 'string' | 'number' | 'json';
  isSecret: boolean;
}

/** A line as it is written down; with `known` where the rules are wrong about it. */
export type SourceLine = string | { text: string; known: string };
/** `[name, value]`, and the value's kind when it is no string. */
export type SourceAttribute = readonly [name: string, value: string, kind?: 'number' | 'json'];

const JOINT = /‖/g;
const MARK = /⟦([a-z-]+)\|([^⟧]*)⟧/g;

function parseLine(source: SourceLine): CorpusLine {
  const marked = (typeof source === 'string' ? source : source.text).replace(JOINT, '');
  const secrets: { rule: RuleId; start: number; end: number }[] = [];
  let text = '';
  let from = 0;
  for (const mark of marked.matchAll(MARK)) {
    text += marked.slice(from, mark.index);
    secrets.push({ rule: mark[1] as RuleId, start: text.length, end: text.length + mark[2].length });
    text += mark[2];
    from = mark.index + mark[0].length;
  }
  return { text: text + marked.slice(from), secrets, known: typeof source === 'string' ? '' : source.known };
}

export const CORPUS_LINES: readonly CorpusLine[] = [...SECRETS, ...LOOKALIKES].map(parseLine);

const attribute = ([name, value, kind]: SourceAttribute, isSecret: boolean): CorpusAttribute => ({
  name,
  value: value.replace(JOINT, ''),
  kind: kind ?? 'string',
  isSecret,
});

export const CORPUS_ATTRIBUTES: readonly CorpusAttribute[] = [
  ...SECRET_ATTRIBUTES.map((source) => attribute(source, true)),
  ...LOOKALIKE_ATTRIBUTES.map((source) => attribute(source, false)),
];
