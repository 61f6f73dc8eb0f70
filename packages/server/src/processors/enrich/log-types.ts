/** What separates the segments of logger names: Python's and Java's dots, Ruby's and Perl's colons, Go's slashes. */
const SEPARATOR = /[./:]/;

/** Prefixes of logger names, to look up whole names. */
export class LogTypesByLogger {
  private readonly types = new Map<string, string>();

  constructor(logTypes: Readonly<Record<string, string>>) {
    for (const [prefix, logType] of Object.entries(logTypes)) this.types.set(prefix.replace(/[./:]+$/, ''), logType);
  }

  /**
   * The log type of the longest prefix that matches, '' when none does. `myapp.auth` matches `myapp.auth` and
   * `myapp.auth.login`, not `myapp.authx`.
   */
  find(logger: string): string {
    if (this.types.size === 0) return '';
    for (let end = logger.length; end > 0; end--) {
      if (end < logger.length && !SEPARATOR.test(logger[end])) continue;
      const logType = this.types.get(logger.slice(0, end));
      if (logType !== undefined) return logType;
    }
    return '';
  }
}

/** A sender's log type as one word: `' Auth '` is `auth`. What is no word of ASCII stays, but for outer white space. */
export function normaliseLogType(logType: string): string {
  const bare = logType.trim();
  return /^[A-Za-z][\w.-]*$/.test(bare) ? bare.toLowerCase() : bare;
}
