import type { Command } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type Column, type FormatOptions, type Printer, printerOf, printTable, withFormat } from '../format.ts';
import { isObject, type JsonObject, objectsOf, textOf } from '../json.ts';
import { write } from '../output.ts';
import { timeText } from '../time-zone.ts';

interface ProducersOptions extends ConnectionOptions, FormatOptions {
  service?: string;
}

export function addProducers(command: Command): void {
  withFormat(withConnection(command))
    .option('--service <name>', 'only those of this service')
    .action((options: ProducersOptions) =>
      printProducers(connect(options), options.service, printerOf(options, process.stdout)),
    );
}

async function printProducers(client: ApiClient, service: string | undefined, printer: Printer): Promise<void> {
  const query = new URLSearchParams(service === undefined ? {} : { service });
  const answer = await client.json('/api/producers', { query });
  const time = (row: JsonObject) => timeText(textOf(row, 'complete_to'), printer.zone) || 'unknown';
  const number = (heading: string, field: string): Column => ({
    heading,
    of: (row) => textOf(row, field),
    isNumber: true,
  });
  const columns: Column[] = [
    { heading: 'PRODUCER', of: (row) => textOf(row, 'name') },
    { heading: 'SERVICE', of: (row) => textOf(row, 'service') },
    { heading: 'STATE', of: (row) => textOf(row, 'state') },
    { heading: 'COMPLETE TO', of: time },
    number('EMITTED', 'emitted'),
    number('HERE', 'received'),
    { heading: 'LOST', of: lostText },
    number('MISSING', 'missing'),
  ];
  const empty = 'No producer has been heard of. The SDK numbers its events; so can any client of POST /api/logs.';
  await printTable(printer, { rows: objectsOf(answer.producers), columns, answer, empty });
  if (printer.format === 'text' && textOf(answer, 'complete_to') !== '') {
    await write(
      process.stderr,
      `All complete to ${time(answer)}; lost ${textOf(answer, 'lost')}, missing ${textOf(answer, 'missing')}.\n`,
    );
  }
}

function lostText(row: JsonObject): string {
  const lost = Object.entries(isObject(row.lost) ? row.lost : {}).filter(([, count]) => count !== 0);
  return lost.length === 0 ? '0' : lost.map(([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`).join(', ');
}
