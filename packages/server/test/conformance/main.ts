import { parseArgs } from 'node:util';
import { EXACT_SETTINGS, makeLokiOrg } from '../support/loki/orgs.ts';
import { removeTempDirs, spawnServer } from '../support/server.ts';
import { DIFFERENCES, PARSE_DIFFERENCES } from './differences.ts';
import { differentialRun } from './differential.ts';
import { processEngine, serverEngine } from './engines.ts';
import { runScripts } from './logqltest-run.ts';
import { openLokiSource } from './loki-source.ts';
import { runParseCases } from './parse-run.ts';
import { Report } from './report.ts';

/**
 * Loki's own tests, run against the built server; nothing of them is kept in this repository (they are AGPL).
 *   make conformance                              fetches Loki's source; LOKI_SOURCE names a checkout or bare repository
 *   make conformance ARGS="--in-process"          without a server: the language alone, over rows
 *   make conformance ARGS="--loki http://localhost:3100"   the same events and queries to a Loki that runs there, see
 *                                                 differential.ts for how it must be configured
 */
const { values } = parseArgs({
  options: {
    'in-process': { type: 'boolean' },
    loki: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
  },
});
const print = (line: string) => void process.stdout.write(`${line}\n`);

async function lokisTests(): Promise<number> {
  const source = await openLokiSource(process.env.LOKI_SOURCE);
  const report = new Report(print);
  print(`Loki's tests: ${source.name}`);
  try {
    runParseCases(source, report);
    if (values['in-process'] === true) await runScripts(source, async () => processEngine(), report);
    else await onServer((open) => runScripts(source, open, report));
  } finally {
    source.close();
  }
  report.unused([...Object.values(DIFFERENCES), ...Object.values(PARSE_DIFFERENCES)]);
  return report.failed;
}

async function onServer(
  run: (open: (scenario: string) => Promise<ReturnType<typeof serverEngine>>) => Promise<void>,
): Promise<void> {
  const server = await spawnServer({ env: { TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms' } });
  try {
    await run(async (scenario) =>
      serverEngine(await makeLokiOrg(server, scenario.replaceAll('_', '-'), EXACT_SETTINGS)),
    );
  } finally {
    await server.stop();
    removeTempDirs();
  }
}

const failed =
  values.loki === undefined
    ? await lokisTests()
    : await differentialRun({ lokiUrl: values.loki, seed: Number(values.seed ?? 1), only: values.only, print });
process.exitCode = failed > 0 ? 1 : 0;
