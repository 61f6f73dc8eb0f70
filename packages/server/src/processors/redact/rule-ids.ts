/**
 * The redaction rules. The id stands in the replacement, in counters and in settings; its place in this list is its
 * bit. Where what two rules find overlaps, the one that comes first names it: the narrower before the wider.
 */
export const RULE_IDS = [
  'private-key',
  'aws-key',
  'github-token',
  'slack-token',
  'stripe-key',
  'jwt',
  'bearer',
  'password',
  'payment-card',
  'us-ssn',
  'email',
  'attribute',
] as const;
export type RuleId = (typeof RULE_IDS)[number];

const bitOf = (id: RuleId): number => 1 << RULE_IDS.indexOf(id);

/** Bit of each rule in a mask of rules. */
export const RULE_BIT = {
  privateKey: bitOf('private-key'),
  awsKey: bitOf('aws-key'),
  githubToken: bitOf('github-token'),
  slackToken: bitOf('slack-token'),
  stripeKey: bitOf('stripe-key'),
  jwt: bitOf('jwt'),
  bearer: bitOf('bearer'),
  password: bitOf('password'),
  paymentCard: bitOf('payment-card'),
  usSsn: bitOf('us-ssn'),
  email: bitOf('email'),
  attribute: bitOf('attribute'),
} as const;

/** The mask of these rules. Ids that are none are ignored: a setting may name a rule of a newer version. */
export function ruleMask(ids: readonly string[]): number {
  let mask = 0;
  for (const id of ids) {
    const index = (RULE_IDS as readonly string[]).indexOf(id);
    if (index >= 0) mask |= 1 << index;
  }
  return mask;
}

/** What stands where the rule found something. */
export function replacementOf(ruleIndex: number): string {
  return `[REDACTED:${RULE_IDS[ruleIndex]}]`;
}
