import { FIELD } from '../../batch/fields.ts';
import { CODE, codeOfName } from '../util/json-event/names.ts';

/**
 * Names of rsyslog's own template for JSON, which omelasticsearch sends when it is given none.
 * https://www.rsyslog.com/doc/configuration/templates.html#reserved-template-names
 */
const RSYSLOG: Readonly<Record<string, number>> = {
  fromhost: (FIELD.host + 1) | CODE.alias | CODE.weak,
  priority: (FIELD.severity + 1) | CODE.alias | CODE.weak,
  timereported: (FIELD.timestamp + 1) | CODE.alias | CODE.weak,
};

export function codeOf(name: string): number {
  return Object.hasOwn(RSYSLOG, name) ? RSYSLOG[name] : codeOfName(name);
}

const LOG_TYPES = new Set(['gateway', 'auth', 'agent', 'kb', 'admin', 'deployment', 'billing', 'compliance']);

/**
 * The log type that an index names, empty when it names none: the first word of the index (`auth-2026.11.21`), or of the
 * dataset when it is a data stream `logs-<dataset>-<namespace>` (`logs-auth.login-prod`).
 * https://www.elastic.co/docs/reference/fleet/data-streams#data-streams-naming-scheme
 */
export function logTypeOfIndex(index: string): string {
  const [first, dataset] = index.toLowerCase().split('-', 2);
  const [word] = (first === 'logs' ? (dataset ?? '') : first).split(/[^a-z0-9]/, 1);
  return LOG_TYPES.has(word) ? word : '';
}
