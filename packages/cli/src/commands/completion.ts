import { type Command, Option } from 'commander';
import { renderCompletion, SHELLS, type Shell } from '../completion.ts';
import { write } from '../output.ts';

export function addCompletion(command: Command): void {
  command
    .addArgument(command.createArgument('<shell>').choices(SHELLS))
    .addOption(new Option('--name <name>', 'of the command that is completed').default('tailwater'))
    .action(async (shell: Shell, { name }: { name: string }) => {
      const { makeProgram } = await import('../program.ts');
      await write(process.stdout, renderCompletion(await makeProgram(() => true), shell, name));
    });
}
