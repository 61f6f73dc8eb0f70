import type { Command } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type FormatOptions, type Printer, printerOf, printTable, withFormat } from '../format.ts';
import { isObject, type JsonObject, objectsOf, textOf } from '../json.ts';
import { timeText } from '../time-zone.ts';

export function addWhy(command: Command): void {
  withFormat(withConnection(command))
    .argument('<id>', 'an event id')
    .action((id: string, options: ConnectionOptions & FormatOptions) =>
      printWhy(connect(options), id, printerOf(options, process.stdout)),
    );
}

interface Step {
  step: string;
  what: string;
}

async function printWhy(client: ApiClient, id: string, printer: Printer): Promise<void> {
  const answer = await client.json(`/api/logs/${encodeURIComponent(id)}/why`);
  const columns = [
    { heading: 'STEP', of: ({ step }: Step) => step },
    { heading: 'WHAT', of: ({ what }: Step) => what },
  ];
  await printTable(printer, { rows: stepsOf(answer, printer), columns, answer, empty: 'nothing is known' });
}

function stepsOf(why: JsonObject, { zone }: Printer): Step[] {
  const part = (name: string): JsonObject => (isObject(why[name]) ? why[name] : {});
  const time = (of: JsonObject, field: string) => timeText(textOf(of, field), zone);
  const received = part('received');
  const journal = part('journal');
  const stored = part('stored');
  const client = textOf(received, 'client_event_id');
  const forwarded = objectsOf(why.forwarded).map((one) => textOf(one, 'integration'));
  return [
    {
      step: 'received',
      what: `${time(received, 'at')} by ${textOf(received, 'receiver')}${client === '' ? '' : `, the sender's id is ${client}`}`,
    },
    ...objectsOf(why.processors).map((one) => ({ step: textOf(one, 'processor'), what: textOf(one, 'effect') })),
    ...redactions(why),
    {
      step: 'sample',
      what: `${textOf(part('sampling'), 'decision')}, ${textOf(part('sampling'), 'rule') || 'by no rule'}`,
    },
    {
      step: 'journal',
      what: `node ${textOf(journal, 'node')}, position ${textOf(journal, 'position')}, event ${textOf(journal, 'index')} of its frame`,
    },
    {
      step: 'stored',
      what: `${time(stored, 'at')}, ${textOf(stored, 'after_ms')} ms after its arrival; kept ${textOf(stored, 'retention_days')} days, until ${time(stored, 'expires_at')}`,
    },
    { step: 'forwarded', what: forwarded.length === 0 ? 'nowhere' : forwarded.join(', ') },
  ];
}

function redactions(why: JsonObject): Step[] {
  const found = objectsOf(why.redactions).map((one) => {
    const fields = Array.isArray(one.fields) ? one.fields.join(', ') : '';
    return { step: 'redact', what: `${textOf(one, 'rule')}: ${textOf(one, 'count')} in ${fields}` };
  });
  return found.length === 0 ? [{ step: 'redact', what: 'nothing was replaced' }] : found;
}
