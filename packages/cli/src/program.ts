import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { CliError, EXIT, ProgramEnded } from './cli-error.ts';
import { addKeysCommand } from './commands/keys.ts';
import { addLogsCommand } from './commands/logs.ts';
import { addOrgsCommand } from './commands/orgs.ts';
import { addPipeCommand } from './commands/pipe.ts';
import { addRunCommand } from './commands/run.ts';
import { addServeCommand, describeServe } from './commands/serve.ts';
import { addTailCommand } from './commands/tail.ts';

const EPILOGUE = `
Environment: TAILWATER_URL, TAILWATER_API_KEY (all but serve)
Exit codes: 0 done · 1 the server refused, or something failed · 2 wrong command line or configuration · 3 no server answers
`;

/** The command line `args` (without node and script) as a program. Loads the server only where it is asked for. */
async function makeProgram(args: readonly string[], stderr: NodeJS.WritableStream): Promise<Command> {
  const program = new Command('tailwater')
    .description('Log platform in one program: take in, keep, find and watch events.')
    .version(readVersion())
    .showSuggestionAfterError()
    .addHelpText('after', EPILOGUE)
    .configureOutput({ writeErr: (text) => stderr.write(text) })
    // Options behind the name of the command that `run` is given are that command's.
    .enablePositionalOptions()
    .exitOverride();
  const asked = args[0] === 'help' ? args[1] : args[0];
  if (asked === 'serve') await addServeCommand(program);
  else describeServe(program);
  addLogsCommand(program);
  addTailCommand(program);
  addPipeCommand(program);
  addRunCommand(program);
  addKeysCommand(program);
  addOrgsCommand(program);
  return program;
}

/** Runs a command line to its end. Answers the exit code; what went wrong is told on stderr. */
export async function run(args: readonly string[], stderr: NodeJS.WritableStream): Promise<number> {
  try {
    const program = await makeProgram(args, stderr);
    await program.parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof ProgramEnded) return error.exitCode;
    // Commander has told its own already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const isExpected = error instanceof CliError || (error instanceof Error && error.name === 'PermanentError');
    const text = error instanceof Error ? ((isExpected ? undefined : error.stack) ?? error.message) : String(error);
    stderr.write(`tailwater: ${text}\n`);
    return error instanceof CliError ? error.exitCode : EXIT.failed;
  }
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
