import { type Command, InvalidArgumentError } from 'commander';

/** Fields that both `logs` and `tail` filter by, as GET /api/logs names them. */
const FIELDS: Readonly<Record<string, string>> = {
  log_type: 'gateway, auth, agent, kb, admin, deployment, billing, compliance, app, …',
  event_type: 'request, login_failed, …',
  severity: 'debug, info, warn, error or critical',
  min_severity: 'this severity and above',
  service: 'service name',
  host: 'host name',
  logger: 'logger name',
  user_id: 'user',
  resource_id: 'resource',
  resource_type: 'type of resource',
  action: 'action',
  trace_id: 'trace',
  span_id: 'span',
  request_id: 'request',
};

export type FilterOptions = Record<string, unknown> & { q?: string; type?: string[]; attr?: string[] };

const optionName = (field: string): string => field.replaceAll('_', '-');
const propertyName = (field: string): string =>
  field.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
const collect = (value: string, before: string[] = []): string[] => [...before, value];

/** `status=500`, `latency_ms>=100`: checked here, sent as the parameter it is. */
function collectAttribute(value: string, before: string[] = []): string[] {
  if (!/^[^=<>!]+(=|!=|<=?|>=?)/.test(value))
    throw new InvalidArgumentError('Expected name=value, or name with !=, <, <=, > or >=.');
  return [...before, value];
}

/** Adds the filters; all but min_severity and q may be given more than once. */
export function withFilters(command: Command): Command {
  command.option('-q <text>', 'words (all must be there), "a phrase", -not, field:value');
  for (const [field, help] of Object.entries(FIELDS)) {
    const flags = `--${optionName(field)} <value>`;
    if (field === 'min_severity') command.option(flags, help);
    else command.option(flags, help, collect);
  }
  return command
    .option('--type <value>', 'the same as --log-type', collect)
    .option('--attr <condition>', 'attribute, such as status=500 or latency_ms>=100', collectAttribute);
}

/** The filters as query parameters. */
export function filterParameters(options: FilterOptions): URLSearchParams {
  const parameters = new URLSearchParams();
  if (options.q !== undefined) parameters.append('q', options.q);
  for (const field of Object.keys(FIELDS)) {
    const given = options[propertyName(field)];
    for (const value of Array.isArray(given) ? given : [given]) {
      if (typeof value === 'string') parameters.append(field, value);
    }
  }
  for (const value of options.type ?? []) parameters.append('log_type', value);
  for (const condition of options.attr ?? []) {
    // `latency_ms>=100` is the parameter `attr.latency_ms>` with the value 100, as a URL is split at its first `=`.
    const at = condition.indexOf('=');
    parameters.append(`attr.${at < 0 ? condition : condition.slice(0, at)}`, at < 0 ? '' : condition.slice(at + 1));
  }
  return parameters;
}
