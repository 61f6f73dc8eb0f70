import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ApiClient, ApiError } from '../api-client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type JsonObject, objectsOf, textOf } from '../json.ts';
import { write } from '../output.ts';

interface SendOptions extends ConnectionOptions {
  severity: string;
  type?: string;
  eventType?: string;
  service?: string;
  user?: string;
  attr?: Record<string, unknown>;
  json?: boolean;
}

/** Words of an event without any, so that it is found again. */
const MESSAGE_DEFAULT = 'a test event of tailwater send';

export function addSend(command: Command): void {
  withConnection(command)
    .argument('[message]', 'what the event says', MESSAGE_DEFAULT)
    .addOption(
      new Option('--severity <severity>').choices(['debug', 'info', 'warn', 'error', 'critical']).default('info'),
    )
    .option('--type <type>', 'log type')
    .option('--event-type <type>', 'event type')
    .option('--service <name>', 'service', 'tailwater-cli')
    .option('--user <id>', 'user')
    .option('--attr <name=value>', 'metadata; numbers, true, false and null are such; may be repeated', readAttribute)
    .option('--json', "JSON: the event as it was stored, or the server's answer where the key may not read it")
    .action((message: string, options: SendOptions) => send(connect(options), message, options, process));
}

/** Sends one event, and comes back when it can be found. Its id alone goes to stdout. @throws CliError */
export async function send(
  client: ApiClient,
  message: string,
  options: SendOptions,
  { stdout, stderr }: { stdout: NodeJS.WritableStream; stderr: NodeJS.WritableStream },
): Promise<void> {
  const clientEventId = randomUUID();
  const event: JsonObject = { event_id: clientEventId, message, severity: options.severity };
  const fields = {
    log_type: options.type,
    event_type: options.eventType,
    service: options.service,
    user_id: options.user,
    metadata: options.attr,
  };
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) event[name] = value;
  const query = new URLSearchParams({ ack: 'stored' });
  const answer = await client.json('/api/logs', { method: 'POST', body: event, query });
  const [rejected] = objectsOf(answer.rejected);
  if (rejected) throw new CliError(EXIT.failed, `the event was rejected: ${textOf(rejected, 'error')}`);
  const stored = await findSent(client, clientEventId);
  if (options.json) return write(stdout, `${JSON.stringify(stored ?? answer, null, 2)}\n`);
  if (stored === null) {
    await write(stderr, `Stored at position ${textOf(answer, 'position')}; this key may not read it.\n`);
    return;
  }
  const id = textOf(stored, 'event_id');
  await write(stderr, 'Stored. What became of it:\n');
  await write(stderr, `  tailwater why ${id}\n`);
  await write(stdout, `${id}\n`);
}

/** The event as it is stored, null for a key that may not read. */
async function findSent(client: ApiClient, clientEventId: string): Promise<JsonObject | null> {
  const query = new URLSearchParams({ client_event_id: clientEventId, from: '-1h' });
  const answer = await client.json('/api/logs', { query }).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 403) return null;
    throw error;
  });
  const [event] = objectsOf(answer?.events);
  return event ?? null;
}

/** `client.ip=10.0.0.1`, `attempt=2`. */
function readAttribute(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected name=value.');
  return { ...before, [text.slice(0, at)]: attributeValue(text.slice(at + 1)) };
}

/** A number only where writing it again gives the same text: `007` and `1e400` stay what they are. */
function attributeValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  return text !== '' && String(Number(text)) === text && Number.isFinite(Number(text)) ? Number(text) : text;
}
