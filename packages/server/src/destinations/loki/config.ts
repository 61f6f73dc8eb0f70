import { z } from 'zod';
import { connectionFields, httpUrl } from '../util/http.ts';
import { payloadMappingSchema } from '../util/payload.ts';

/** Loki's default limit, and Grafana Cloud's: https://grafana.com/docs/loki/latest/configure/#limits_config */
const LABELS_MAX = 15;

/** Fields that can be stream labels: those of few values. */
export const LABEL_FIELDS = [
  'service_name',
  'host',
  'log_type',
  'event_type',
  'severity',
  'logger',
  'action',
  'resource_type',
  'org_id',
] as const;

const labelName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,1023}$/, 'a label name: letters, digits and _');

export const lokiConfig = z
  .strictObject({
    url: httpUrl.meta({
      description: 'Address of Loki, such as https://logs-prod-eu-west-0.grafana.net; /loki/api/v1/push is added.',
    }),
    tenant: z
      .string()
      .regex(/^[\w.()!*'-]{1,150}$/, "letters, digits and !-_.*'()")
      .optional()
      .meta({ description: 'Tenant (`X-Scope-OrgID`) of a Loki with several.' }),
    username: z
      .string()
      .max(256)
      .optional()
      .meta({ description: 'User of Basic authentication; at Grafana Cloud the number of the Loki instance.' }),
    labels: z.array(z.enum(LABEL_FIELDS)).default(['service_name', 'log_type', 'severity']).meta({
      description: 'Fields that become stream labels. Each combination of values is a stream: take few, of few values.',
    }),
    event_labels: z.array(z.string().min(1).max(1024)).default([]).meta({
      description: 'Names of labels of events that become stream labels; the others are structured metadata.',
    }),
    static_labels: z
      .record(labelName, z.string().min(1).max(2048))
      .default({})
      .meta({ description: 'Stream labels of every event.' }),
    line: z.enum(['message', 'json']).default('message').meta({
      description:
        '`message`: the line is the message, all else is structured metadata. `json`: the line is the whole event, for a Loki without structured metadata.',
    }),
    format: z
      .enum(['json', 'protobuf'])
      .default('json')
      .meta({ description: 'JSON with gzip, or protobuf with snappy as Promtail sends it.' }),
    payload: payloadMappingSchema('platform'),
    ...connectionFields,
  })
  .superRefine(({ labels, event_labels, static_labels }, context) => {
    const count = new Set(labels).size + new Set(event_labels).size + Object.keys(static_labels).length;
    if (count === 0)
      context.addIssue({ code: 'custom', path: ['labels'], message: 'a stream needs one label at least' });
    if (count <= LABELS_MAX) return;
    context.addIssue({ code: 'custom', path: ['labels'], message: `Loki takes at most ${LABELS_MAX} labels a stream` });
  });
export type LokiConfig = z.output<typeof lokiConfig>;
