/** What the command's exit code tells a script. */
export const EXIT = {
  done: 0,
  /** The server answered with an error, or something failed on the way. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** No server answers at the address. */
  unreachable: 3,
} as const;

/** Ends the command. `message` is for the user and says what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Ends the command with the exit code of the program that it ran, without a word of its own. */
export class ProgramEnded extends Error {
  override readonly name = 'ProgramEnded';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`the program ended with exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}
