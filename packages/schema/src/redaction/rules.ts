import { findEmails } from './email.ts';
import { findPaymentCards, findSsns } from './numbers.ts';
import { findFlags, findPairs, findQuoted } from './password.ts';
import { findPrivateKeys } from './private-key.ts';
import { type ActiveRules, FORM, type RuleId, ruleIndex } from './rule-ids.ts';
import { type FindSpans, mergeSpans, type Span } from './spans.ts';
import {
  findAuthorizations,
  findAwsKeyIds,
  findAwsSecrets,
  findBearers,
  findGithubTokens,
  findJwts,
  findSlackTokens,
  findStripeKeys,
} from './tokens.ts';
import { findUrlPasswords } from './url-password.ts';

const FORMS: readonly [form: number, rule: RuleId, find: FindSpans][] = [
  [FORM.privateKey, 'private-key', findPrivateKeys],
  [FORM.awsKeyId, 'aws-key', findAwsKeyIds],
  [FORM.awsSecret, 'aws-key', findAwsSecrets],
  [FORM.githubToken, 'github-token', findGithubTokens],
  [FORM.slackToken, 'slack-token', findSlackTokens],
  [FORM.stripeKey, 'stripe-key', findStripeKeys],
  [FORM.jwt, 'jwt', findJwts],
  [FORM.authorization, 'bearer', findAuthorizations],
  [FORM.bearer, 'bearer', findBearers],
  [FORM.pair, 'password', findPairs],
  [FORM.flag, 'password', findFlags],
  [FORM.quoted, 'password', findQuoted],
  [FORM.urlPassword, 'password', findUrlPasswords],
  [FORM.paymentCard, 'payment-card', findPaymentCards],
  [FORM.ssn, 'us-ssn', findSsns],
  [FORM.email, 'email', findEmails],
];

export const ALL_FORMS = FORMS.reduce((mask, [form]) => mask | form, 0);

/** All rules but these. Ids that are none are ignored: a setting may name a rule of a newer version. */
export function rulesWithout(ids: readonly string[]): ActiveRules {
  const isOn = (rule: RuleId) => !ids.includes(rule);
  return {
    forms: FORMS.reduce((mask, [form, rule]) => (isOn(rule) ? mask | form : mask), 0),
    attributes: isOn('attribute'),
  };
}

/** What is found of these forms: in order, without overlaps. Linear in the text's length. */
export function findSpans(text: string, forms: number): Span[] {
  const spans: Span[] = [];
  for (const [form, rule, find] of INDEXED) if ((forms & form) !== 0) find(text, rule, spans);
  return spans.length === 0 ? spans : outsideReplacements(text, mergeSpans(spans));
}

const INDEXED = FORMS.map(([form, rule, find]) => [form, ruleIndex(rule), find] as const);

/** Leaves out what starts inside a replacement that the text had before: senders redact too. */
function outsideReplacements(text: string, spans: Span[]): Span[] {
  if (!text.includes('[REDACTED:')) return spans;
  const replaced = [...text.matchAll(/\[REDACTED:[\w-]{1,40}\]/g)];
  let next = 0;
  return spans.filter(({ start }) => {
    while (next < replaced.length && replaced[next].index + replaced[next][0].length <= start) next++;
    const inside = replaced[next];
    return inside === undefined || start <= inside.index;
  });
}
