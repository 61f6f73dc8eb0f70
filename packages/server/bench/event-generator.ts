/**
 * Structured application events like a company's that runs an AI gateway: 20 orgs, eight log types, traces, skewed
 * endpoints, log-normal durations. The same options always give the same bytes: it is the data behind every budget in
 * the benchmarks, and what peers are measured on.
 */
export interface GeneratorOptions {
  count: number;
  /** End of the time span, ms since the epoch. */
  endMs: number;
  hours: number;
  seed: number;
}

export const DEFAULT_GENERATOR: GeneratorOptions = {
  count: 1_000_000,
  endMs: Date.parse('2026-11-21T08:00:00Z'),
  hours: 24,
  seed: 1,
};

/** A word that one single event contains. */
export const NEEDLE = 'zephyrquartz7781';

export interface GeneratedEvent {
  ts: string;
  org: string;
  log_type: string;
  event_type: string;
  severity: string;
  service: string;
  host: string;
  trace_id: string;
  user_id: string;
  message: string;
  metadata: Record<string, unknown>;
  duration_ms?: number;
  cost?: number;
}

const ORGS =
  'acme globex initech umbrella hooli stark wayne wonka cyberdyne tyrell soylent massive aperture blackmesa oscorp vandelay dunder pied-piper monarch zorg'.split(
    ' ',
  );
export const GENERATED_ORGS: readonly string[] = ORGS;
const TYPES = ['gateway', 'auth', 'agent', 'kb', 'admin', 'deployment', 'billing', 'compliance'] as const;
const SEVERITIES = ['debug', 'info', 'warn', 'error', 'critical'];
const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1', 'ap-south-1', 'ap-northeast-1'];
const MODELS =
  'gpt-4o gpt-4o-mini claude-sonnet-4 claude-haiku-3.5 gemini-2.0-flash llama-3.3-70b mistral-large qwen-2.5-72b deepseek-v3 command-r-plus o3-mini nova-pro'.split(
    ' ',
  );
const METHODS = ['GET', 'POST', 'POST', 'POST', 'PUT', 'DELETE'];
const RESOURCES =
  'chat/completions embeddings models files threads assistants images audio batches fine_tuning moderations responses vector_stores usage keys'.split(
    ' ',
  );
const VERBS = ['list', 'get', 'run', 'cancel', 'export', 'search', 'stream'];
const ENDPOINTS = Array.from({ length: 150 }, (_, i) => {
  const verb = i >= 45 ? `/${VERBS[(i * 5) % 7]}${i >= 90 ? `-${i % 9}` : ''}` : '';
  return `/v${1 + (i % 3)}/${RESOURCES[i % RESOURCES.length]}${verb}`;
});
const TOOLS = ['web_search', 'code_runner', 'sql_query', 'calendar', 'mailer', 'browser', 'file_read', 'ticketing'];
const SERVICES: Record<(typeof TYPES)[number], string[]> = {
  gateway: ['gateway-api', 'gateway-edge'],
  auth: ['auth-api', 'sso-bridge'],
  agent: ['agent-runner', 'agent-scheduler', 'tool-proxy'],
  kb: ['kb-indexer', 'kb-search'],
  admin: ['admin-api'],
  deployment: ['deployer', 'image-builder'],
  billing: ['billing-meter', 'invoicer'],
  compliance: ['policy-engine', 'audit-export'],
};
const USERS = 20_000;
const twoDigits = (n: number) => n.toString().padStart(2, '0');
const HOSTS: Record<string, string[]> = {};
for (const [type, services] of Object.entries(SERVICES)) {
  for (const service of services) {
    const short = service.replace(/[a-z]+$/, (word) => word[0]);
    HOSTS[service] = Array.from({ length: type === 'gateway' ? 8 : 4 }, (_, i) => `${short}${twoDigits(i)}`);
  }
}

const cumulate = (weights: number[]) => {
  let total = 0;
  const sums = weights.map((weight) => (total += weight));
  return sums.map((sum) => sum / total);
};
const ORG_WEIGHTS = cumulate(ORGS.map((_, i) => 1 / (i + 1.5)));
const TYPE_WEIGHTS = cumulate([40, 16, 18, 10, 4, 3, 6, 3]);
const SEVERITY_WEIGHTS = cumulate([18, 68, 9, 4.6, 0.4]);
const ENDPOINT_WEIGHTS = cumulate(ENDPOINTS.map((_, i) => 1 / (i + 3)));
const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** The random choices behind the events: mulberry32, seeded. https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = (seed * 2654435761) >>> 0 || 1;
  }

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  int(below: number): number {
    return Math.floor(this.next() * below);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.int(values.length)];
  }

  weighted<T>(values: readonly T[], cumulated: readonly number[]): T {
    const roll = this.next();
    let i = 0;
    while (cumulated[i] < roll && i < values.length - 1) i++;
    return values[i];
  }

  hex(bytes: number): string {
    let digits = '';
    for (let i = 0; i < bytes; i++) digits += HEX[this.int(256)];
    return digits;
  }

  /** Log-normal-like milliseconds with two decimals. */
  duration(median: number): number {
    const spread = this.next() + this.next() + this.next() - 1.5;
    return Math.max(0.05, Math.round(median * Math.exp(spread * 1.6) * 100) / 100);
  }

  ip(): string {
    return `10.${this.int(32)}.${this.int(256)}.${1 + this.int(254)}`;
  }
}

interface Body {
  event_type: string;
  message: string;
  metadata: Record<string, unknown>;
  duration_ms: number | null;
  cost: number | null;
}

const isBad = (severity: string) => severity === 'error' || severity === 'critical';
const body = (
  event_type: string,
  message: string,
  metadata: Record<string, unknown>,
  duration_ms: number | null,
  cost: number | null,
): Body => ({ event_type, message, metadata, duration_ms, cost });
const tokenCost = (tokensIn: number, tokensOut: number) => Math.round((tokensIn * 3 + tokensOut * 15) / 10) / 1e5;

function gateway(dice: Dice, severity: string): Body {
  const method = dice.pick(METHODS);
  const endpoint = dice.weighted(ENDPOINTS, ENDPOINT_WEIGHTS);
  const bad = isBad(severity);
  const warn = severity === 'warn';
  const status = bad
    ? 500 + dice.int(5)
    : dice.pick(warn ? [400, 401, 404, 409, 429, 429] : [200, 200, 200, 200, 201, 204]);
  const duration = dice.duration(bad ? 420 : 180);
  const tokens_in = dice.int(6000);
  const tokens_out = dice.int(2000);
  const model = dice.pick(MODELS);
  const metadata = { model, endpoint, status, tokens_in, tokens_out, client: { ip: dice.ip() } };
  const ms = Math.floor(duration);
  const kind = dice.int(10);
  const { ip } = metadata.client;
  if (status === 429) {
    const message = `Rate limit exceeded for key ak_${dice.hex(4)} on ${endpoint} from ${ip}, retry after ${1 + dice.int(60)}s`;
    return body('request.throttled', message, metadata, duration, 0);
  }
  if (bad && kind < 4) {
    const message = `Upstream ${model} timeout after ${ms}ms on ${method} ${endpoint}, attempt ${1 + dice.int(3)} of 3, request req_${dice.hex(6)}`;
    return body('upstream.failure', message, metadata, duration, 0);
  }
  if (kind < 7) {
    const message = `${method} ${endpoint} completed with status ${status} in ${ms}ms from ${ip} request req_${dice.hex(6)}`;
    return body('request.completed', message, metadata, duration, tokenCost(tokens_in, tokens_out));
  }
  const message = `Routed request req_${dice.hex(6)} to ${model} in ${dice.pick(REGIONS)} with ${tokens_in} prompt tokens`;
  return body('request.routed', message, metadata, duration, tokenCost(tokens_in, 0));
}

function auth(dice: Dice, severity: string): Body {
  const method = dice.pick(['password', 'saml', 'oidc', 'api_key', 'passkey']);
  const ip = dice.ip();
  const ok = severity === 'info' || severity === 'debug';
  const metadata = { method, ip, mfa: dice.next() < 0.6, session: dice.hex(6), attempts: ok ? 1 : 1 + dice.int(6) };
  if (ok) {
    const message = `User signed in with ${method} from ${ip} session ${metadata.session}`;
    return body('login.succeeded', message, metadata, dice.duration(40), null);
  }
  const message = `Failed login with ${method} from ${ip}: invalid credentials after ${metadata.attempts} attempts`;
  return body('login.failed', message, metadata, dice.duration(60), null);
}

function agent(dice: Dice, severity: string): Body {
  const tool = dice.pick(TOOLS);
  const duration = dice.duration(900);
  const step = 1 + dice.int(12);
  const agent_id = `ag_${dice.int(400)}`;
  const metadata = {
    agent_id,
    tool,
    step,
    model: dice.pick(MODELS),
    tokens_in: dice.int(12_000),
    tokens_out: dice.int(3000),
  };
  if (isBad(severity)) {
    const message = `Tool ${tool} failed at step ${step} of run run_${dice.hex(5)}: connection reset by ${dice.ip()}:${1024 + dice.int(60_000)}`;
    return body('tool.failed', message, metadata, duration, 0);
  }
  const message = `Agent run run_${dice.hex(5)} step ${step} called ${tool} and got ${dice.int(90_000)} bytes in ${Math.floor(duration)}ms`;
  return body('tool.called', message, metadata, duration, tokenCost(metadata.tokens_in, metadata.tokens_out));
}

function kb(dice: Dice, severity: string): Body {
  const duration = dice.duration(250);
  const chunks = 1 + dice.int(200);
  const kb_id = `kb_${dice.int(120)}`;
  const bytes = dice.int(4_000_000);
  const source = dice.pick(['s3', 'confluence', 'gdrive', 'upload', 'notion']);
  const metadata = { kb_id, chunks, bytes, source, format: dice.pick(['pdf', 'md', 'html', 'docx']) };
  const file = `/kb/${kb_id}/docs/${dice.hex(4)}.${metadata.format}`;
  if (severity === 'error') {
    const message = `Could not parse document ${file}: unexpected end of stream at byte ${dice.int(1e6)}`;
    return body('document.rejected', message, metadata, duration, null);
  }
  return body(
    'document.indexed',
    `Indexed document ${file} into ${chunks} chunks, ${bytes} bytes`,
    metadata,
    duration,
    null,
  );
}

function admin(dice: Dice): Body {
  const action = dice.pick([
    'role.granted',
    'role.revoked',
    'key.created',
    'key.deleted',
    'member.invited',
    'setting.changed',
  ]);
  const actor = `u_${dice.int(USERS)}`;
  const target = `u_${dice.int(USERS)}`;
  const metadata = { actor, target, action, ip: dice.ip(), ui: dice.next() < 0.7 };
  return body(
    action,
    `Administrator ${actor} performed ${action} on ${target} from ${metadata.ip}`,
    metadata,
    null,
    null,
  );
}

function deployment(dice: Dice, severity: string): Body {
  const version = `${1 + dice.int(4)}.${dice.int(30)}.${dice.int(20)}`;
  const duration = dice.duration(30_000);
  const service = dice.pick(['gateway-api', 'agent-runner', 'kb-search', 'billing-meter']);
  const replicas = 1 + dice.int(12);
  const commit = dice.hex(5);
  const strategy = dice.pick(['rolling', 'canary', 'blue-green']);
  const metadata = { version, service, replicas, commit, strategy, region: dice.pick(REGIONS) };
  if (severity === 'error') {
    const missing = dice.int(replicas) + 1;
    const message = `Rollout of ${service} ${version} failed: ${missing} of ${replicas} pods not ready after ${Math.floor(duration / 1000)}s`;
    return body('rollout.failed', message, metadata, duration, null);
  }
  const message = `Rollout of ${service} ${version} at ${dice.int(101)} percent in ${metadata.region}, commit ${commit}`;
  return body('rollout.progress', message, metadata, duration, null);
}

function billing(dice: Dice): Body {
  const quantity = dice.int(100_000);
  const plan = dice.pick(['free', 'team', 'business', 'enterprise']);
  const meter = dice.pick(['tokens', 'storage_gb', 'agent_runs', 'seats']);
  const invoice = `in_${dice.int(5000)}`;
  const metadata = { plan, meter, quantity, currency: 'USD', invoice };
  const message = `Metered ${quantity} ${meter} for plan ${plan} on invoice ${invoice}`;
  return body('usage.metered', message, metadata, dice.duration(15), Math.round(quantity * 0.0021 * 1e4) / 1e4);
}

function compliance(dice: Dice): Body {
  const policy = dice.pick(['pii-redaction', 'data-residency', 'retention', 'prompt-safety', 'export-control']);
  const rule = `r${dice.int(300)}`;
  const score = Math.round(dice.next() * 1000) / 1000;
  const action = dice.pick(['allow', 'redact', 'block']);
  const categories = dice.pick([['pii'], ['pii', 'phi'], ['secrets'], ['toxicity', 'violence']]);
  const message = `Policy ${policy} rule ${rule} evaluated to ${action} with score ${score}`;
  return body('policy.evaluated', message, { policy, rule, score, action, categories }, dice.duration(8), null);
}

const BODIES = { gateway, auth, agent, kb, admin, deployment, billing, compliance };

interface Trace {
  id: string;
  org: string;
  user: string;
  left: number;
}

function nextTrace(dice: Dice, active: Trace[]): Trace {
  if (active.length > 300 || (active.length > 0 && dice.next() < 0.8)) {
    const at = dice.int(active.length);
    const trace = active[at];
    if (--trace.left <= 0) {
      active[at] = active[active.length - 1];
      active.pop();
    }
    return trace;
  }
  const trace = {
    id: dice.hex(16),
    org: dice.weighted(ORGS, ORG_WEIGHTS),
    user: `u_${Math.floor(USERS * dice.next() * dice.next())}`,
    left: 1 + dice.int(9),
  };
  active.push(trace);
  return trace;
}

/** Events in order of time, jittered inside their own slot. */
export function* generateEvents(options: GeneratorOptions = DEFAULT_GENERATOR): Generator<GeneratedEvent> {
  const { count, endMs, hours, seed } = options;
  const dice = new Dice(seed);
  const spanMs = hours * 3_600_000;
  const active: Trace[] = [];
  const needleAt = Math.floor(count * 0.618034);
  for (let i = 0; i < count; i++) {
    const offsetNs = Math.floor(((i + dice.next() * 0.98) / count) * spanMs * 1e6);
    const ms = endMs - spanMs + Math.floor(offsetNs / 1e6);
    const fraction = String((ms % 1000) * 1_000_000 + (offsetNs % 1_000_000)).padStart(9, '0');
    const trace = nextTrace(dice, active);
    const log_type = dice.weighted(TYPES, TYPE_WEIGHTS);
    const severity = dice.weighted(SEVERITIES, SEVERITY_WEIGHTS);
    const { event_type, message, metadata, duration_ms, cost } = BODIES[log_type](dice, severity);
    const service = dice.pick(SERVICES[log_type]);
    yield {
      ts: `${new Date(ms).toISOString().slice(0, 19)}.${fraction}Z`,
      org: trace.org,
      log_type,
      event_type,
      severity,
      service,
      host: dice.pick(HOSTS[service]),
      trace_id: trace.id,
      user_id: trace.user,
      message: i === needleAt ? `${message} marker ${NEEDLE}` : message,
      metadata,
      ...(duration_ms === null ? {} : { duration_ms }),
      ...(cost === null ? {} : { cost }),
    };
  }
}
