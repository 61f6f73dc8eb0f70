import { type ApiClient, ApiError } from '../api-client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { isObject, type JsonObject, objectsOf, textOf } from '../json.ts';
import { bytesText, counted } from '../quantity.ts';
import { type Finding, fail, messageOf, ok, skip, warn } from './finding.ts';

const SKEW_WARN_MS = 5_000;
const SKEW_FAIL_MS = 60_000;
/** Of the journal that is not stored yet: more is no longer the usual second of inserts. */
const BACKLOG_BYTES_MAX = 256e6;
const LATELY_MS = 3_600_000;

/** What can be said of a server that answers, or that none does. */
export async function checkServer(client: ApiClient, url: string): Promise<Finding[]> {
  const before = Date.now();
  let response: Response;
  try {
    response = await client.open('/healthz', {});
  } catch (error) {
    if (!(error instanceof CliError && error.exitCode === EXIT.unreachable)) {
      return [fail('server', `${url}: ${messageOf(error)}`, 'Look whether the address is that of a Tailwater server.')];
    }
    const cure = 'Start one with `tailwater serve`, or name another with --url.';
    return [fail('server', `no server answers at ${url}`, cure)];
  }
  await response.body?.cancel();
  const clock = checkClock(response.headers.get('date'), before, Date.now());
  return [
    ok('server', `it answers at ${url}`),
    clock,
    ...(await checkParts(client)),
    ...(await checkKey(client)),
    ...(await checkIntake(client)),
    ...(await checkProducers(client)),
  ];
}

/** `date` is that of the answer, to the second. */
export function checkClock(date: string | null, sentMs: number, answeredMs: number): Finding {
  const serverMs = Date.parse(date ?? '');
  if (Number.isNaN(serverMs)) return skip('clocks', 'the server does not say what time it is');
  // Within the second that the header says, and the time that the request took.
  const early = sentMs - (serverMs + 1000);
  const late = serverMs - answeredMs;
  const apart = Math.max(0, early, late);
  if (apart < SKEW_WARN_MS) return ok('clocks', "this machine's and the server's agree");
  const seconds = Math.round(apart / 1000);
  const what = `the server's clock is ${counted(seconds, 'second')} ${late > 0 ? 'ahead of' : 'behind'} this machine's`;
  const cure = 'Let both machines set their clocks by NTP: `timedatectl set-ntp true`.';
  return apart < SKEW_FAIL_MS ? warn('clocks', what, cure) : fail('clocks', what, cure);
}

const PART_CURES: Readonly<Record<string, string>> = {
  journal: 'Look at its log and the disk: free space, permissions, read-only file systems.',
  store: 'Events are taken and wait in the journal. Look at its log; a ClickHouse of your own must answer.',
  control: 'Look at its log and the disk: keys cannot be read.',
};

async function checkParts(client: ApiClient): Promise<Finding[]> {
  // 503 is an answer here; its text holds the same.
  const answer = await client.json('/readyz').catch((error: unknown) => {
    if (error instanceof ApiError) return null;
    throw error;
  });
  if (answer === null) return [fail('parts', 'the server is not ready to take events', PART_CURES.journal!)];
  const parts = isObject(answer.parts) ? answer.parts : {};
  const findings = Object.entries(parts).map(([name, part]) => {
    if (isObject(part) && part.ready === true) return ok('parts', `${name} is ready`);
    const detail = isObject(part) ? textOf(part, 'detail') || textOf(part, 'fault') : '';
    return fail('parts', `${name} is not ready${detail === '' ? '' : `: ${detail}`}`, PART_CURES[name] ?? '');
  });
  const store = isObject(parts.store) ? parts.store : {};
  const bytes = Number(store.journal_bytes ?? 0);
  const frames = Number(store.backlog_frames ?? 0);
  findings.push(
    frames > 0 && bytes > BACKLOG_BYTES_MAX
      ? warn(
          'backlog',
          `${bytesText(bytes)} wait in the journal to be stored`,
          'The store is slow or away: look at its log.',
        )
      : ok('backlog', frames === 0 ? 'all that was taken is stored' : `${counted(frames, 'frame')} wait to be stored`),
  );
  return findings;
}

/** A request that asks for a scope, and changes nothing. */
const SCOPE_PROBES: readonly [string, (client: ApiClient) => Promise<unknown>][] = [
  ['query', (client) => client.json('/api/ingest/usage')],
  ['admin', (client) => client.json('/api/keys')],
];

async function checkKey(client: ApiClient): Promise<Finding[]> {
  const scopes: string[] = [];
  for (const [scope, probe] of SCOPE_PROBES) {
    try {
      await probe(client);
      scopes.push(scope);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) {
        const cure = 'Make one with `tailwater keys create`, and set TAILWATER_API_KEY or a profile.';
        return [fail('keys', `the API key is not valid: ${messageOf(error)}`, cure)];
      }
      if (error.status !== 403) throw error;
    }
  }
  if (scopes.includes('admin')) return [ok('keys', 'it may send, query and administer')];
  if (scopes.includes('query')) return [ok('keys', 'it may query, not administer')];
  return [
    warn(
      'keys',
      'it may neither query nor administer: the rest cannot be looked at',
      'Use a key with the scope query.',
    ),
  ];
}

/** Null for what the key may not see. */
async function seen(client: ApiClient, path: string): Promise<JsonObject | null> {
  return client.json(path).catch((error: unknown) => {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return null;
    throw error;
  });
}

async function checkIntake(client: ApiClient): Promise<Finding[]> {
  const attempts = await seen(client, '/api/ingest/attempts');
  if (attempts === null) return [];
  const lately = objectsOf(attempts.attempts).filter((one) => Date.now() - Date.parse(textOf(one, 'time')) < LATELY_MS);
  const [newest] = lately;
  const findings =
    newest === undefined
      ? [ok('refused', 'nothing that was sent in the last hour was refused')]
      : [
          warn(
            'refused',
            `${counted(lately.length, 'attempt')} to send refused in the last hour, the last by ${textOf(newest, 'receiver')}: ${textOf(newest, 'reason')}`,
            'GET /api/ingest/attempts has each with its sender; docs/reference/errors.md says what the codes mean.',
          ),
        ];
  const letters = objectsOf((await seen(client, '/api/dead-letters'))?.dead_letters);
  findings.push(
    letters.length === 0
      ? ok('dead letters', 'there are none')
      : warn(
          'dead letters',
          `${counted(letters.length, 'dead letter')}, the newest because: ${textOf(letters[0]!, 'reason')}`,
          'Mend the cause, then replay or remove them: docs/guides/dead-letters.md.',
        ),
  );
  return findings;
}

async function checkProducers(client: ApiClient): Promise<Finding[]> {
  const answer = await seen(client, '/api/producers');
  if (answer === null) return [];
  const producers = objectsOf(answer.producers);
  const lost = Number(answer.lost);
  const missing = Number(answer.missing);
  const silent = producers.filter((one) => one.state === 'silent').length;
  if (producers.length === 0) return [ok('producers', 'none numbers its events')];
  const findings: Finding[] = [];
  if (lost > 0) {
    const cure = '`tailwater producers` says of which and why: a larger ring, or a spool on disk, keeps more.';
    findings.push(warn('producers', `${counted(lost, 'event')} lost before they could be sent`, cure));
  }
  if (missing > 0) {
    const cure = '`tailwater producers` says of which: a spool of theirs may hold them until they run again.';
    findings.push(warn('producers', `${counted(missing, 'event')} emitted and not here`, cure));
  }
  if (silent > 0) {
    const cure = 'Look whether they still run, and reach the server.';
    findings.push(
      warn('producers', `${counted(silent, 'producer')} not heard of for 30 seconds, without a farewell`, cure),
    );
  }
  return findings.length > 0
    ? findings
    : [ok('producers', `${counted(producers.length, 'producer')}, nothing lost or missing`)];
}
