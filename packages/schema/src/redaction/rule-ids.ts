/**
 * The redaction rules. The id stands in the replacement, in counters and in settings. Where what two rules find
 * overlaps, the one that comes first names it: the narrower before the wider.
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

/** A rule's place in the list, by which hits are counted. */
export const ruleIndex = (id: RuleId): number => RULE_IDS.indexOf(id);

/** What stands where the rule found something. */
export const replacementOf = (rule: number): string => `[REDACTED:${RULE_IDS[rule]}]`;

/**
 * What the exact rules consist of, a bit each: some rules look for several forms, and a glance at the bytes (scan.ts)
 * tells which of them a text may hold. The rule `attribute` looks at names and has none.
 */
export const FORM = {
  privateKey: 1 << 0,
  awsKeyId: 1 << 1,
  awsSecret: 1 << 2,
  githubToken: 1 << 3,
  slackToken: 1 << 4,
  stripeKey: 1 << 5,
  jwt: 1 << 6,
  /** `Authorization: …` */
  authorization: 1 << 7,
  /** `Bearer …` and `Basic …` in running text. */
  bearer: 1 << 8,
  /** `password=…` */
  pair: 1 << 9,
  /** `--password …` */
  flag: 1 << 10,
  /** `password '…'` */
  quoted: 1 << 11,
  /** `scheme://user:…@host` */
  urlPassword: 1 << 12,
  paymentCard: 1 << 13,
  ssn: 1 << 14,
  email: 1 << 15,
} as const;

/** The rules that are on, ready for use. */
export interface ActiveRules {
  /** Bits of FORM. */
  forms: number;
  /** Whether the rule `attribute` is on. */
  attributes: boolean;
}
