import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { CliError, EXIT, ProgramEnded } from './cli-error.ts';
import { addCoverageCommand } from './commands/coverage.ts';
import { addFindCommands, addRelatedCommands } from './commands/find.ts';
import { addKeysCommand } from './commands/keys.ts';
import { addLevelsCommand } from './commands/levels.ts';
import { addLogsCommand } from './commands/logs.ts';
import { addOrgsCommand } from './commands/orgs.ts';
import { addPipeCommand } from './commands/pipe.ts';
import { addProducersCommand } from './commands/producers.ts';
import { addProfileCommand } from './commands/profile.ts';
import { addRunCommand } from './commands/run.ts';
import { addServeCommand, describeServe } from './commands/serve.ts';
import { addTailCommand } from './commands/tail.ts';
import { addWhyCommand } from './commands/why.ts';

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
  addFindCommands(program);
  addLogsCommand(program);
  addTailCommand(program);
  addRelatedCommands(program);
  addWhyCommand(program);
  addProducersCommand(program);
  addCoverageCommand(program);
  await addEventsCommand(program, asked === 'events');
  addLevelsCommand(program);
  addPipeCommand(program);
  addRunCommand(program);
  addKeysCommand(program);
  addOrgsCommand(program);
  addProfileCommand(program);
  return program;
}

/** Loads what reads YAML only where it is asked for. */
async function addEventsCommand(program: Command, isAsked: boolean): Promise<void> {
  const events = program
    .command('events')
    .description('check tailwater.events.yaml, make types of it, give it to the server');
  if (isAsked) (await import('./commands/events.ts')).addEventsSubcommands(events);
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
