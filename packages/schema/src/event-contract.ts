import { z } from 'zod';
import { SEVERITIES } from './severity.ts';

/**
 * What an organisation's programs are to emit: the content of `tailwater.events.yaml`. A page of it with every key is
 * docs/guides/event-contract.md.
 */

/** Types of metadata. `integer` is a number without a fraction; `array` and `object` are JSON. */
export const METADATA_TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object'] as const;
export type MetadataType = (typeof METADATA_TYPES)[number];

/** Fields of an event that a contract may ask for: they have columns of their own, all else is metadata. */
export const CONTRACT_FIELDS = [
  'message',
  'user_id',
  'resource_id',
  'resource_type',
  'action',
  'trace_id',
  'span_id',
  'request_id',
  'duration_ms',
  'cost',
] as const;
export type ContractField = (typeof CONTRACT_FIELDS)[number];

const WORD = /^[a-z][\w.-]{0,62}$/;
const ATTRIBUTE = /^[^\s.][^\s]{0,199}$/;
const EVENTS_MAX = 1000;
const METADATA_MAX = 50;

const word = z.string().regex(WORD, 'a word of lower case letters, digits, `_`, `-` and `.`, such as login_failed');
const text = z.string().max(1000);

const attributeSchema = z
  .strictObject({
    type: z.enum(METADATA_TYPES),
    required: z.boolean().default(false),
    /** Says something of a person: shown with the coverage, and a hint for redaction. */
    pii: z.boolean().default(false),
    description: text.optional(),
    /** The only values. */
    values: z
      .array(z.union([z.string(), z.number()]))
      .min(1)
      .max(200)
      .optional(),
  })
  .refine(
    ({ type, values = [] }) => values.every((value) => fitsType(value, type)),
    'every one of `values` must be of the type',
  );

const eventSchema = z.strictObject({
  log_type: word,
  event_type: word,
  description: text.optional(),
  owner: z.string().max(200).optional(),
  /** Services that emit it; none given: any may. */
  services: z.array(z.string().min(1).max(200)).max(100).default([]),
  /** Severities it may have; none given: any. */
  severity: z.array(z.enum(SEVERITIES)).max(5).default([]),
  /** The event's own fields that must not be empty. */
  requires: z.array(z.enum(CONTRACT_FIELDS)).max(CONTRACT_FIELDS.length).default([]),
  metadata: z
    .record(z.string().regex(ATTRIBUTE, 'a name without white space'), attributeSchema)
    .default({})
    .refine(
      (metadata) => Object.keys(metadata).length <= METADATA_MAX,
      `an event may declare ${METADATA_MAX} attributes`,
    ),
});

export const eventContractSchema = z
  .strictObject({
    version: z.literal(1, 'must be 1'),
    /** Of events that name none. */
    owner: z.string().max(200).optional(),
    events: z.array(eventSchema).max(EVENTS_MAX),
  })
  .superRefine(({ events }, context) => {
    const seen = new Set<string>();
    for (const [i, event] of events.entries()) {
      const name = nameOf(event);
      if (seen.has(name))
        context.addIssue({ code: 'custom', path: ['events', i], message: `${name} is declared twice` });
      seen.add(name);
    }
  });

export type EventContract = z.output<typeof eventContractSchema>;
export type DeclaredEvent = EventContract['events'][number];
export type DeclaredAttribute = DeclaredEvent['metadata'][string];

export const nameOf = ({ log_type, event_type }: { log_type: string; event_type: string }): string =>
  `${log_type}.${event_type}`;

/** One fault of a contract: where, as `events[2].metadata.ip.type`, and what. */
export interface ContractFault {
  field: string;
  message: string;
}

/** Checks what a file's YAML or JSON holds. */
export function parseEventContract(value: unknown): { contract: EventContract } | { faults: ContractFault[] } {
  const result = eventContractSchema.safeParse(value);
  if (result.success) return { contract: result.data };
  return {
    faults: result.error.issues.map(({ path, message }) => ({ field: pathText(path), message })),
  };
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

function fitsType(value: string | number, type: MetadataType): boolean {
  if (type === 'string') return typeof value === 'string';
  if (type === 'integer') return Number.isInteger(value);
  return type === 'number' && typeof value === 'number';
}
