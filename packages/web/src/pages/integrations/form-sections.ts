import { SEVERITIES } from '@tailwater/schema';
import { type FormField, type FormValues, field } from './form-model.ts';

const HOUR_MS = 3_600_000;
const MIB = 2 ** 20;

export const NAME_FIELD: FormField = field({
  id: 'name',
  label: 'Name',
  help: 'What you and others will find it by.',
  kind: 'text',
  initial: '',
  isRequired: true,
});

/** Which events are forwarded. All parts have to hold. */
export const FILTER_FIELDS: readonly FormField[] = [
  field({
    id: 'filter.min_severity',
    label: 'Severity',
    help: 'This severity and graver ones.',
    kind: 'choice',
    initial: '',
    whenEmpty: 'null',
    options: [{ id: '', label: 'Every severity' }, ...SEVERITIES.map((id) => ({ id, label: `${id} and graver` }))],
  }),
  field({
    id: 'filter.log_types',
    label: 'Log types',
    help: 'One a line; only events of these. Empty: all.',
    kind: 'list',
    initial: [],
  }),
  field({
    id: 'filter.event_types',
    label: 'Event types',
    help: 'One a line; only events of these. Empty: all.',
    kind: 'list',
    initial: [],
  }),
  field({
    id: 'filter.attributes',
    label: 'Attributes',
    help: 'Only events that have all of these, by their exact text.',
    kind: 'pairs',
    initial: [],
  }),
  field({
    id: 'filter.sample_rate',
    label: 'Share of the events, %',
    help: 'Chosen by event id: the same event is always in or always out.',
    kind: 'number',
    initial: '100',
    factor: 0.01,
  }),
];

/** How events are forwarded, and what happens while the destination is away. */
export const DELIVERY_FIELDS: readonly FormField[] = [
  field({
    id: 'delivery.events_per_second_max',
    label: 'Events per second, at most',
    help: 'Empty: as fast as the destination takes them.',
    kind: 'number',
    initial: '',
    whenEmpty: 'null',
  }),
  field({
    id: 'delivery.journal_bytes_max',
    label: 'Journal kept for it, MiB at most',
    help: 'While the destination is away. Empty: a quarter of the disk, at most 10 GiB.',
    kind: 'number',
    initial: '',
    factor: MIB,
    whenEmpty: 'null',
  }),
  field({
    id: 'delivery.when_full',
    label: 'When that is full',
    help: 'What is left out is counted; replay of history can send it later.',
    kind: 'choice',
    initial: 'skip',
    options: [
      { id: 'skip', label: 'Leave the oldest events out' },
      { id: 'disable', label: 'Disable the integration' },
    ],
  }),
  field({
    id: 'delivery.retry_age_max_ms',
    label: 'Try again for, hours',
    help: 'Older events become dead letters while the destination fails. Empty: for as long as it takes.',
    kind: 'number',
    initial: '72',
    factor: HOUR_MS,
    whenEmpty: 'null',
  }),
];

type Condition = readonly [field: string, values: readonly string[]];

const AWS_KEYS: Readonly<Record<string, Condition>> = {
  'secrets.access_key_id': ['config.credentials', ['keys']],
  'secrets.secret_access_key': ['config.credentials', ['keys']],
  'secrets.session_token': ['config.credentials', ['keys']],
};

/** Fields that only count with a choice made elsewhere in the form, by type: they are there when it is made. */
const CONDITIONS: Readonly<Record<string, Readonly<Record<string, Condition>>>> = {
  'azure-blob': {
    'config.tenant_id': ['config.auth', ['application']],
    'config.client_id': ['config.auth', ['application']],
    'config.authority': ['config.auth', ['application']],
    'secrets.account_key': ['config.auth', ['shared_key']],
    'secrets.sas_token': ['config.auth', ['sas']],
    'secrets.client_secret': ['config.auth', ['application']],
  },
  cloudwatch: AWS_KEYS,
  s3: AWS_KEYS,
  elasticsearch: {
    'config.username': ['config.auth', ['basic']],
    'config.aws': ['config.auth', ['aws']],
    'config.aws_service': ['config.auth', ['aws']],
    'secrets.api_key': ['config.auth', ['api_key']],
    'secrets.password': ['config.auth', ['basic']],
    'secrets.access_key_id': ['config.auth', ['aws']],
    'secrets.secret_access_key': ['config.auth', ['aws']],
    'secrets.session_token': ['config.auth', ['aws']],
  },
  kafka: {
    'config.username': ['config.sasl', ['plain', 'scram-sha-256', 'scram-sha-512']],
    'secrets.password': ['config.sasl', ['plain', 'scram-sha-256', 'scram-sha-512']],
  },
  webhook: {
    'config.username': ['config.auth', ['basic']],
    'config.auth_header': ['config.auth', ['header']],
    'config.signature_header': ['config.signature', ['sha256']],
    'secrets.token': ['config.auth', ['bearer', 'basic', 'header']],
    'secrets.signing_secret': ['config.signature', ['standard', 'sha256']],
    'secrets.previous_signing_secret': ['config.signature', ['standard']],
  },
};

/** Whether the field counts with what is chosen. One that the server has complained of is there in any case. */
export function isShown(
  type: string,
  one: FormField,
  values: FormValues,
  errors: Readonly<Record<string, string>>,
): boolean {
  if (errors[one.id] !== undefined) return true;
  if (one.groupId !== null && values[one.groupId] !== true) return false;
  const condition = CONDITIONS[type]?.[one.groupId ?? one.id] ?? CONDITIONS[type]?.[one.id];
  if (condition === undefined) return true;
  const [other, wanted] = condition;
  return wanted.includes(String(values[other] ?? ''));
}

/** Of these one has to be there; the schema cannot say that. */
const ONE_OF: Readonly<Record<string, readonly [field: string, other: string]>> = {
  webhook: ['config.url', 'secrets.secret_url'],
};

/** What is missing because neither of two fields that stand for each other is set. */
export function missingOf(type: string, fields: readonly FormField[], values: FormValues): Record<string, string> {
  const either = ONE_OF[type];
  if (either === undefined) return {};
  const has = (id: string) => {
    const isSet = fields.some((one) => one.id === id && one.isSet) && values[id] !== null;
    return isSet || String(values[id] ?? '').trim() !== '';
  };
  return either.some(has) ? {} : { [either[0]]: 'An address is needed, here or as a secret' };
}
