import { inParallel } from '../support/loki/orgs.ts';
import { difference } from './compare.ts';
import { DIFFERENCES } from './differences.ts';
import type { ScenarioEngine } from './engines.ts';
import { parseScript, type Scenario } from './logqltest-format.ts';
import type { LokiSource } from './loki-source.ts';
import type { Report } from './report.ts';

const SCRIPTS = 'pkg/logql/internal/logqltest/testdata';

/** Scenarios at a time: most of their time they wait for the store. */
const WIDTH = 8;

/**
 * Runs all scripts.
 *
 * @param open A new engine for the scenario of that name; names are unique and legal ids of orgs.
 */
export async function runScripts(
  source: LokiSource,
  open: (scenario: string) => Promise<ScenarioEngine>,
  report: Report,
): Promise<void> {
  const files = source.list(SCRIPTS).filter((name) => name.endsWith('.logqltest'));
  for (const file of files) {
    const topic = file.replace('.logqltest', '');
    const scenarios = parseScript(source.read(`${SCRIPTS}/${file}`));
    await inParallel(WIDTH, [...scenarios.entries()], async ([i, scenario]) => {
      await runScenario(topic, scenario, await open(`${topic}-${i}`), report);
    });
    report.endOf(topic);
  }
}

async function runScenario(topic: string, { steps }: Scenario, engine: ScenarioEngine, report: Report): Promise<void> {
  for (const step of steps) {
    if (step.kind === 'load') await engine.load(step.streams);
    else {
      const { evaluation } = step;
      const { query, line, stepMs } = evaluation;
      const name = `${topic}:${line} ${stepMs === null ? 'instant' : 'range'} ${query}`;
      report.result(topic, name, difference(evaluation, await engine.evaluate(evaluation)), DIFFERENCES[query]);
    }
  }
}
