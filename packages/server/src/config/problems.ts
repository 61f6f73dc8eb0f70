/** One thing wrong with the configuration. */
export interface ConfigProblem {
  /** Key path such as `http.port`; what the operator wrote when it is no key. */
  path: string;
  /** Where it came from: a flag, an environment name, `file:line:column`, or `default`. */
  from: string;
  /** What was expected and what was found. Never holds a secret. */
  message: string;
}

/** The configuration was refused. Holds every problem, not only the first. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ path, from, message }) => `  ${from}: ${path === from ? '' : `${path}: `}${message}`);
    super(
      `the configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}\n${lines.join('\n')}`,
    );
    this.problems = problems;
  }
}
