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
  return outsideReplacements(text, mergeSpans(spans));
}

/** Leaves out what starts inside a replacement that the text had before: senders redact too. */
function outsideReplacements(text: string, spans: Span[]): Span[] {
  if (spans.length === 0 || !text.includes('[REDACTED:')) return spans;
  const replaced = [...text.matchAll(/\[REDACTED:[\w-]{1,40}\]/g)];
  let next = 0;
  return spans.filter(({ start }) => {
    while (next < replaced.length && replaced[next].index + replaced[next][0].length <= start) next++;
    const inside = replaced[next];
    return inside === undefined || start <= inside.index;
  });
}
