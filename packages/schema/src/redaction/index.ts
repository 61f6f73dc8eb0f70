export { freeName, isSecretValue } from './named-values.ts';
export { type SecretKind, secretKindOfAttribute } from './names.ts';
export { type ActiveRules, RULE_IDS, type RuleId, replacementOf, ruleIndex } from './rule-ids.ts';
export { ALL_FORMS, findSpans, rulesWithout } from './rules.ts';
export { scan, scanText, scanValues } from './scan.ts';
export { replaceSpans } from './spans.ts';
export { type Hits, newHits, redactText, scanAndRedact, TEXT_BYTES_MIN } from './text.ts';
