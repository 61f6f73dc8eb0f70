import {
  findSpans,
  isSecretValue,
  RULE_IDS,
  type RuleId,
  scanText,
  secretKindOfAttribute,
} from '@tailwater/schema/redaction';
import { CORPUS_ATTRIBUTES, CORPUS_LINES, type CorpusLine } from './corpus/corpus.ts';

/** What a rule did on the corpus. A secret counts as found only with its exact bounds and under its own rule. */
export interface Measured {
  rule: RuleId;
  secrets: number;
  found: number;
  wrong: number;
  recall: number;
  precision: number;
}

/** A place where the rules and the labels differ. */
export interface Difference {
  line: string;
  rule: RuleId;
  text: string;
  kind: 'missed' | 'wrong';
  known: string;
}

/** Recall and precision of each rule on the corpus, and every line on which a rule is wrong. */
export function measureCorpus(): { rules: Measured[]; differences: Difference[] } {
  const differences = [...CORPUS_LINES.flatMap(differencesOf), ...attributeDifferences()];
  const secretRules = [
    ...CORPUS_LINES.flatMap((line) => line.secrets.map((secret) => secret.rule)),
    ...CORPUS_ATTRIBUTES.filter((attribute) => attribute.isSecret).map((): RuleId => 'attribute'),
  ];
  const rules = RULE_IDS.map((rule): Measured => {
    const count = (kind: Difference['kind']) => differences.filter((d) => d.rule === rule && d.kind === kind).length;
    const secrets = secretRules.filter((id) => id === rule).length;
    const found = secrets - count('missed');
    const wrong = count('wrong');
    return { rule, secrets, found, wrong, recall: found / secrets, precision: found / (found + wrong) };
  });
  return { rules, differences };
}

function differencesOf({ text, secrets, known }: CorpusLine): Difference[] {
  const found = findSpans(text, scanText(text));
  const key = (rule: string, start: number, end: number) => `${rule} ${start} ${end}`;
  const expected = new Set(secrets.map(({ rule, start, end }) => key(rule, start, end)));
  const got = new Set(found.map(({ rule, start, end }) => key(RULE_IDS[rule], start, end)));
  return [
    ...secrets
      .filter(({ rule, start, end }) => !got.has(key(rule, start, end)))
      .map(({ rule, start, end }) => ({
        line: text,
        rule,
        text: text.slice(start, end),
        kind: 'missed' as const,
        known,
      })),
    ...found
      .filter(({ rule, start, end }) => !expected.has(key(RULE_IDS[rule], start, end)))
      .map(({ rule, start, end }) => ({
        line: text,
        rule: RULE_IDS[rule],
        text: text.slice(start, end),
        kind: 'wrong' as const,
        known,
      })),
  ];
}

function attributeDifferences(): Difference[] {
  return CORPUS_ATTRIBUTES.flatMap(({ name, value, kind, isSecret }) => {
    if (isSecretValue(secretKindOfAttribute(name), value, kind === 'number') === isSecret) return [];
    return [
      {
        line: `${name}: ${value}`,
        rule: 'attribute',
        text: value,
        kind: isSecret ? 'missed' : 'wrong',
        known: '',
      } as const,
    ];
  });
}
