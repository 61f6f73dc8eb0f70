import { findEmails } from './email.ts';
import { findPaymentCards, findSsns } from './numbers.ts';
import { findPasswords } from './password.ts';
import { findPrivateKeys } from './private-key.ts';
import { RULE_IDS, type RuleId } from './rule-ids.ts';
import { type FindSpans, mergeSpans, type Span } from './spans.ts';
import { findAwsKeys, findBearers, findGithubTokens, findJwts, findSlackTokens, findStripeKeys } from './tokens.ts';

/** The rules that look at texts, which is all but `attribute`. */
const FINDERS: Record<Exclude<RuleId, 'attribute'>, FindSpans> = {
  'private-key': findPrivateKeys,
  'aws-key': findAwsKeys,
  'github-token': findGithubTokens,
  'slack-token': findSlackTokens,
  'stripe-key': findStripeKeys,
  jwt: findJwts,
  bearer: findBearers,
  password: findPasswords,
  'payment-card': findPaymentCards,
  'us-ssn': findSsns,
  email: findEmails,
};
const TEXT_RULES: readonly FindSpans[] = RULE_IDS.flatMap((id) => (id === 'attribute' ? [] : [FINDERS[id]]));

/** What the rules in the mask find: in order, without overlaps. */
export function findSpans(text: string, mask: number): Span[] {
  const spans: Span[] = [];
  for (let rule = 0; rule < TEXT_RULES.length; rule++) {
    if ((mask & (1 << rule)) !== 0) TEXT_RULES[rule](text, rule, spans);
  }
  return mergeSpans(spans);
}
