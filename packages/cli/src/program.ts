import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { CliError, EXIT, ProgramEnded } from './cli-error.ts';
import { COMMANDS } from './commands/index.ts';

const EPILOGUE = `
Environment: TAILWATER_URL, TAILWATER_API_KEY, TAILWATER_PROFILE (all but serve), NO_COLOR
Exit codes: 0 done · 1 the server refused, or something failed · 2 wrong command line or configuration · 3 no server answers
`;

/**
 * The program with all its commands. Of those that `isWanted` does not name there are only name and description: loading
 * the rest takes time.
 */
export async function makeProgram(isWanted: (name: string) => boolean): Promise<Command> {
  const program = new Command('tailwater')
    .description('Log platform in one program: take in, keep, find and watch events.')
    .version(readVersion())
    .showSuggestionAfterError()
    .addHelpText('after', EPILOGUE)
    // Options behind the name of the command that `run` is given are that command's.
    .enablePositionalOptions()
    .exitOverride();
  for (const [heading, entries] of Object.entries(COMMANDS)) {
    program.commandsGroup(heading);
    for (const { name, description, load } of entries) {
      const command = program.command(name).description(description);
      if (isWanted(name)) await (await load())(command);
    }
  }
  return program;
}

/** Runs a command line (without node and script) to its end. Answers the exit code; what went wrong is told on stderr. */
export async function run(args: readonly string[], stderr: NodeJS.WritableStream): Promise<number> {
  try {
    const asked = args[0] === 'help' ? args[1] : args[0];
    const program = await makeProgram((name) => name === asked);
    tellOn(program, stderr);
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

/** Commands that exist already do not take the setting over from their parent. */
function tellOn(command: Command, stderr: NodeJS.WritableStream): void {
  command.configureOutput({ writeErr: (text) => stderr.write(text) });
  for (const child of command.commands) tellOn(child, stderr);
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
