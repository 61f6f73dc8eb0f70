import { readFileSync } from 'node:fs';
import { type FoundValue, type FoundValues, readConfigFile } from './config/file.ts';
import { CONFIG_KEYS, type ConfigKey } from './config/keys.ts';
import { isLoopbackHost } from './config/loopback.ts';
import { ConfigError, type ConfigProblem } from './config/problems.ts';
import { type Config as ConfiguredValues, configSchema } from './config/schema.ts';
import { suggest } from './config/suggest.ts';

export { CONFIG_KEYS, type ConfigKey } from './config/keys.ts';
export { ConfigError } from './config/problems.ts';

export interface Config extends ConfiguredValues {
  /** Variables of others, which destinations of `logDestination` are described by; empty without any. */
  vendorEnvironment: Readonly<Record<string, string | undefined>>;
}

export interface ConfigSources {
  /** Flags by name without dashes: `{'http-port': '0'}`. */
  flags: Readonly<Record<string, string>>;
  environment: Readonly<Record<string, string | undefined>>;
  /** The text of a file. Throws when it cannot be read. */
  readFile: (path: string) => string;
}

/** Variables of the destination `tailwater`: the only ones of `LOG_DESTINATION` that begin like our own. */
const FORWARD_VARIABLES = new Set(['TAILWATER_FORWARD_URL', 'TAILWATER_FORWARD_KEY']);

/** Names the command line client reads for itself. */
const CLIENT_VARIABLES = new Set(['TAILWATER_URL', 'TAILWATER_API_KEY', 'TAILWATER_PROFILE']);

/**
 * Variables that Kubernetes sets for a Service called `tailwater` or `tailwater-…`; `TAILWATER_HTTP_PORT` may be one
 * of them. https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
function isKubernetesServiceVariable(name: string, value: string): boolean {
  if (/_SERVICE_(HOST|PORT(_\w+)?)$/.test(name) || /_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name))
    return true;
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value);
}

/**
 * The configuration from flags over environment over file over defaults, key by key (a map counts as one value).
 * An empty environment variable counts as not set, as Compose's `${NAME:-}` makes it.
 * @throws ConfigError with every problem found.
 */
export function loadConfig(sources: ConfigSources): Config {
  const flags = readFlags(sources.flags);
  const environment = readEnvironment(sources.environment);
  const file = readFileOf(flags.values.get('config') ?? environment.values.get('config'), sources.readFile);
  const found = new Map([...file.values, ...environment.values, ...flags.values]);
  const problems = [...flags.problems, ...environment.problems, ...file.problems];
  const result = configSchema.safeParse(nest(found));
  for (const issue of result.error?.issues ?? []) problems.push(describeProblem(issue.path.join('.'), found));
  if (result.success && problems.length === 0) {
    return { ...withClickhouseUser(result.data), vendorEnvironment: vendorVariables(sources, result.data) };
  }
  throw new ConfigError(problems);
}

function vendorVariables(
  { environment }: ConfigSources,
  { logDestination }: ConfiguredValues,
): Config['vendorEnvironment'] {
  if (logDestination.length === 0) return {};
  const isTheirs = (name: string) => FORWARD_VARIABLES.has(name) || !name.startsWith('TAILWATER_');
  return Object.fromEntries(Object.entries(environment).filter(([name]) => isTheirs(name)));
}

/** `loadConfig` on this process's environment and files. The only reader of `process.env` in the server. */
export function loadConfigOfProcess(flags: Readonly<Record<string, string>>): Config {
  return loadConfig({ flags, environment: process.env, readFile: (path) => readFileSync(path, 'utf8') });
}

/** Ids of the redaction rules that are off for every org. */
export function redactRulesOff({ redact }: Pick<Config, 'redact'>): string[] {
  return Object.entries(redact.rules).flatMap(([rule, on]) => (on ? [] : [rule]));
}

/** Whether requests without a key may be answered: open mode is not off and the server is bound to loopback only. */
export function isOpenMode(config: Config): boolean {
  return config.openMode === 'auto' && isLoopbackHost(config.http.host);
}

function readFlags(flags: ConfigSources['flags']): FoundValues {
  const keysByFlag = new Map(CONFIG_KEYS.filter((key) => key.flag !== null).map((key) => [key.flag, key]));
  const found: FoundValues = { values: new Map(), problems: [] };
  for (const [name, raw] of Object.entries(flags)) {
    const flag = `--${name}`;
    const key = keysByFlag.get(flag);
    if (key) found.values.set(key.path, { raw, from: flag });
    else found.problems.push({ path: flag, from: flag, message: unknownName('flag', flag, [...keysByFlag.keys()]) });
  }
  return found;
}

function readEnvironment(environment: ConfigSources['environment']): FoundValues {
  const found: FoundValues = { values: new Map(), problems: [] };
  const isSet = (name: string): boolean => {
    const value = environment[name] ?? '';
    return value !== '' && !(name.startsWith('TAILWATER_') && isKubernetesServiceVariable(name, value));
  };
  for (const key of CONFIG_KEYS) {
    const name = key.environment.find(isSet);
    if (name) found.values.set(key.path, { raw: environment[name], from: name });
  }
  const names = CONFIG_KEYS.map((key) => key.environment[0]!);
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('TAILWATER_') || !isSet(name) || names.includes(name)) continue;
    if (CLIENT_VARIABLES.has(name) || FORWARD_VARIABLES.has(name)) continue;
    found.problems.push({ path: name, from: name, message: unknownName('variable', name, names) });
  }
  return found;
}

function unknownName(kind: string, name: string, names: readonly (string | null)[]): string {
  const near = suggest(
    name,
    names.filter((each) => each !== null),
  );
  return near ? `unknown ${kind}. Did you mean \`${near}\`?` : `unknown ${kind}`;
}

function readFileOf(config: FoundValue | undefined, readFile: ConfigSources['readFile']): FoundValues {
  if (!config || typeof config.raw !== 'string') return { values: new Map(), problems: [] };
  try {
    return readConfigFile(readFile(config.raw), config.raw, CONFIG_KEYS);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const problem: ConfigProblem = { path: 'config', from: config.from, message: `the file cannot be read: ${reason}` };
    return { values: new Map(), problems: [problem] };
  }
}

/** Values by path to the nested form of the schema, every group present. */
function nest(found: ReadonlyMap<string, FoundValue>): unknown {
  type Group = { [name: string]: Group | unknown };
  const root: Group = {};
  for (const key of CONFIG_KEYS) {
    const names = key.path.split('.');
    let group = root;
    for (const name of names.slice(0, -1)) {
      group[name] ??= {};
      group = group[name] as Group;
    }
    const value = found.get(key.path);
    if (value) group[names.at(-1)!] = value.raw;
  }
  return root;
}

function describeProblem(path: string, found: ReadonlyMap<string, FoundValue>): ConfigProblem {
  const { info } = CONFIG_KEYS.find((key) => key.path === path) as ConfigKey;
  const { raw, from } = found.get(path) ?? { raw: undefined, from: 'default' };
  const shown = info.secret ? 'a value that is not shown here' : (JSON.stringify(raw)?.slice(0, 100) ?? 'nothing');
  return { path, from, message: `expected ${info.expected}; got ${shown}` };
}

/** Takes user and password out of the URL, so that no later message can print them. */
function withClickhouseUser(config: ConfiguredValues): ConfiguredValues {
  const { clickhouse } = config.store;
  if (clickhouse.url === undefined) return config;
  const url = new URL(clickhouse.url);
  const user = clickhouse.user ?? (decodeURIComponent(url.username) || undefined);
  const password = clickhouse.password ?? (decodeURIComponent(url.password) || undefined);
  url.username = '';
  url.password = '';
  return { ...config, store: { ...config.store, clickhouse: { ...clickhouse, url: url.href, user, password } } };
}
