import { z } from 'zod';
import { type KeyRule, keyRules } from './key-rules.ts';
import { configSchema } from './schema.ts';
import { type ValueInfo, valueInfo } from './values.ts';

/** One leaf of the schema with the names it goes by. */
export interface ConfigKey {
  /** `limits.bodyBytesMax`, as in YAML. */
  path: string;
  /** `--limits-body-bytes-max`, null when there is no flag. */
  flag: string | null;
  /** `TAILWATER_LIMITS_BODY_BYTES_MAX` first, then names that others use. */
  environment: readonly string[];
  /** Whether the file may hold it. */
  inFile: boolean;
  info: ValueInfo;
  /** As an operator would write it, null when there is none. */
  defaultText: string | null;
  description: string;
}

/** `limits.bodyBytesMax` to `limits-body-bytes-max`. */
function kebabCase(path: string): string {
  return path.replaceAll('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function keyOf(path: string, schema: z.ZodType): ConfigKey {
  const wrapped = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  const info = valueInfo.get(wrapped as z.ZodType);
  if (!info || !schema.description) throw new Error(`the key ${path} has no value type or no description`);
  const rule: KeyRule = keyRules.get(schema) ?? {};
  const name = kebabCase(path);
  return {
    path,
    flag: rule.flag === false ? null : `--${name}`,
    environment: [`TAILWATER_${name.replaceAll('-', '_').toUpperCase()}`, ...(rule.environmentAliases ?? [])],
    inFile: rule.file !== false,
    info,
    defaultText: schema instanceof z.ZodDefault ? info.show(schema.def.defaultValue) : null,
    description: schema.description,
  };
}

function keysOf(schema: z.ZodObject, prefix: string): ConfigKey[] {
  return Object.entries(schema.shape).flatMap(([name, child]) => {
    const path = prefix + name;
    return child instanceof z.ZodObject ? keysOf(child, `${path}.`) : [keyOf(path, child as z.ZodType)];
  });
}

/** Every key of the configuration, in the order of the schema. */
export const CONFIG_KEYS: readonly ConfigKey[] = keysOf(configSchema, '');
