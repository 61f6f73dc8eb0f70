import { readFileSync } from 'node:fs';
import { type EventContract, parseEventContract } from '@tailwater/schema/event-contract';
import { parse } from 'yaml';
import { CliError, EXIT } from './cli-error.ts';

/** @throws CliError naming every fault and its place. */
export function readContract(path: string): EventContract {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CliError(EXIT.usage, `${path}: ${error instanceof Error ? error.message : error}`);
  }
  const result = parseEventContract(value);
  if ('contract' in result) return result.contract;
  const faults = result.faults.map(({ field, message }) => `\n  ${field === '' ? path : field}: ${message}`);
  throw new CliError(
    EXIT.usage,
    `${path} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:${faults.join('')}`,
  );
}
