import { RULE_IDS, type RuleId } from '@tailwater/schema/redaction';
import { z } from 'zod';

/** What each rule finds, in half a line. docs/guides/redaction.md has all of it. */
export const RULE_DESCRIPTIONS: Readonly<Record<RuleId, string>> = {
  'private-key': 'PEM and PGP private-key blocks',
  'aws-key': 'AWS access key ids, and secret keys behind their names',
  'github-token': 'GitHub tokens: ghp_, gho_, github_pat_ …',
  'slack-token': 'Slack tokens and secret webhook paths',
  'stripe-key': 'Stripe secret and restricted keys, webhook secrets',
  jwt: 'JSON web tokens',
  bearer: 'Credentials of Authorization headers, Bearer … and Basic … in text',
  password: 'password=…, "token": "…", api_key: …, cookies, passwords in URLs',
  'payment-card': 'Payment card numbers with a right check digit',
  'us-ssn': 'US social security numbers',
  email: 'E-mail addresses',
  attribute: 'The whole value of an attribute or label whose name announces a secret',
};

export const redactionSchema = z
  .strictObject({
    rules: z.array(
      z.strictObject({
        id: z.enum(RULE_IDS),
        description: z.string(),
        is_on: z.boolean(),
        off_by: z
          .enum(['configuration', 'org'])
          .nullable()
          .meta({ description: "Where it is switched off: for every org, or in this org's settings." }),
      }),
    ),
  })
  .meta({ id: 'Redaction' });

const TEXT_CHARACTERS_MAX = 100_000;

export const redactionTryBodySchema = z
  .union([
    z.strictObject({ text: z.string().max(TEXT_CHARACTERS_MAX).meta({ description: 'A message.' }) }),
    z.strictObject({
      event: z.record(z.string(), z.json()).meta({ description: 'An event as POST /api/logs takes it.' }),
    }),
  ])
  .meta({ id: 'RedactionTryBody' });

export const redactionTrySchema = z
  .strictObject({
    after: z
      .union([z.string(), z.record(z.string(), z.json())])
      .meta({ description: 'The text, or the fields of the event that are not empty, as they would be stored.' }),
    hits: z.array(z.strictObject({ rule: z.enum(RULE_IDS), count: z.int().min(1) })),
  })
  .meta({ id: 'RedactionTry' });
