import type { Severity } from '@tailwater/schema';
import { PermanentError } from '../runtime/errors.ts';
import type { ControlDb } from './control-db.ts';

/** From which severity on a logger's events are emitted, in programs that run. */
export interface LogLevel {
  /** Empty for every service. */
  service: string;
  /** A logger's name, `*` for all that have no level of their own. */
  logger: string;
  level: Severity;
  setAtMs: number;
  /** When the program's own level holds again; null for never. */
  untilMs: number | null;
}

/** Levels that hold now, by service and logger. */
export async function listLogLevels(db: ControlDb, orgId: string, nowMs: number): Promise<LogLevel[]> {
  const rows = await db.sql
    .selectFrom('log_levels')
    .selectAll()
    .where('org_id', '=', orgId)
    .where((where) => where.or([where('until_at', 'is', null), where('until_at', '>', nowMs)]))
    .orderBy('service')
    .orderBy('logger')
    .execute();
  return rows.map(({ service, logger, level, set_at, until_at }) => ({
    service,
    logger,
    level: level as Severity,
    setAtMs: Number(set_at),
    untilMs: until_at === null ? null : Number(until_at),
  }));
}

/** Levels of one org beyond this are refused: every program asks for them every few seconds. */
export const LOG_LEVELS_MAX = 1000;

/** Sets one, in place of what held before, and forgets those that are over. @throws PermanentError `conflict`. */
export async function setLogLevel(db: ControlDb, orgId: string, level: LogLevel): Promise<void> {
  const { service, logger, setAtMs } = level;
  await db.sql.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('log_levels').where('until_at', '<=', setAtMs).execute();
    await transaction
      .deleteFrom('log_levels')
      .where('org_id', '=', orgId)
      .where('service', '=', service)
      .where('logger', '=', logger)
      .execute();
    const { count } = await transaction
      .selectFrom('log_levels')
      .where('org_id', '=', orgId)
      .select((select) => select.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    if (Number(count) >= LOG_LEVELS_MAX) {
      throw new PermanentError('conflict', `an org may have ${LOG_LEVELS_MAX} levels at a time: remove some`);
    }
    await transaction
      .insertInto('log_levels')
      .values({ org_id: orgId, service, logger, level: level.level, set_at: setAtMs, until_at: level.untilMs })
      .execute();
  });
}

/** Removes one; there need be none. */
export async function removeLogLevel(db: ControlDb, orgId: string, service: string, logger: string): Promise<void> {
  await db.sql
    .deleteFrom('log_levels')
    .where('org_id', '=', orgId)
    .where('service', '=', service)
    .where('logger', '=', logger)
    .execute();
}
