import { styleText } from 'node:util';
import type { Command } from 'commander';
import { ApiClient } from '../api-client.ts';
import { CliError, EXIT, ProgramEnded } from '../cli-error.ts';
import { readEnvironment } from '../client-environment.ts';
import { type ConnectionOptions, connectionOf, withConnection } from '../connection.ts';
import { type Finding, type FindingState, fail, messageOf } from '../doctor/finding.ts';
import { checkInstallation } from '../doctor/installation.ts';
import { checkServer } from '../doctor/server.ts';
import { type FormatOptions, type Printer, printerOf, printTable, withFormat } from '../format.ts';
import { write } from '../output.ts';
import { plainText } from '../render-event.ts';

interface DoctorOptions extends ConnectionOptions, FormatOptions {
  config?: string;
  dataDir?: string;
}

export function addDoctor(command: Command): void {
  withFormat(withConnection(command))
    .option('--config <file>', 'as `tailwater serve` is told it')
    .option('--data-dir <dir>', 'as `tailwater serve` is told it')
    .action((options: DoctorOptions) => doctor(options, printerOf(options, process.stdout)));
}

/** Prints what was found. @throws ProgramEnded with EXIT.failed when something fails. */
async function doctor(options: DoctorOptions, printer: Printer): Promise<void> {
  const findings = await findingsOf(options);
  await printFindings(findings, printer);
  if (findings.some(({ state }) => state === 'fail')) throw new ProgramEnded(EXIT.failed);
}

async function findingsOf(options: DoctorOptions): Promise<Finding[]> {
  const server: Finding[] = [];
  let port: number | null = null;
  let isHere = true;
  try {
    const { url, apiKey, orgId } = connectionOf(options, readEnvironment());
    const client = new ApiClient(url, { apiKey, orgId });
    server.push(...(await checkServer(client, url)));
    const { hostname, port: written, protocol } = new URL(url);
    isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
    const isThere = server.some(({ check, state }) => check === 'server' && state === 'ok');
    if (isHere && isThere) port = Number(written) || (protocol === 'https:' ? 443 : 80);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    server.push(fail('server', messageOf(error), 'Mend the address or the profile: `tailwater profile list`.'));
  }
  const isAsked = options.config !== undefined || options.dataDir !== undefined;
  // What this machine has says nothing of a server on another.
  if (!isHere && !isAsked) return server;
  const flags: Record<string, string> = {};
  if (options.config !== undefined) flags.config = options.config;
  if (options.dataDir !== undefined) flags['data-dir'] = options.dataDir;
  return [...(await checkInstallation(flags, port)), ...server];
}

const STYLES: Record<FindingState, Parameters<typeof styleText>[0]> = {
  ok: 'green',
  warn: 'yellow',
  fail: 'red',
  skip: 'gray',
};

async function printFindings(findings: readonly Finding[], printer: Printer): Promise<void> {
  const { format, stdout, isColoured } = printer;
  if (format !== 'text') {
    const columns = [
      { heading: 'STATE', of: ({ state }: Finding) => state },
      { heading: 'CHECK', of: ({ check }: Finding) => check },
      { heading: 'WHAT', of: ({ what }: Finding) => what },
      { heading: 'CURE', of: ({ cure }: Finding) => cure ?? '' },
    ];
    const answer = { ok: findings.every(({ state }) => state !== 'fail'), findings };
    return printTable(printer, { rows: findings, columns, answer, empty: 'Nothing was looked at.' });
  }
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { state, check, what, cure } of findings) {
    const shown = isColoured ? styleText(STYLES[state], state.padEnd(4), { validateStream: false }) : state.padEnd(4);
    await write(stdout, `${shown}  ${check.padEnd(width)}  ${plainText(what)}\n`);
    if (cure !== null) await write(stdout, `${' '.repeat(width + 8)}→ ${plainText(cure)}\n`);
  }
  const count = (wanted: FindingState) => findings.filter(({ state }) => state === wanted).length;
  await write(stdout, `\n${count('ok')} fine, ${count('warn')} to look at, ${count('fail')} to mend.\n`);
}
