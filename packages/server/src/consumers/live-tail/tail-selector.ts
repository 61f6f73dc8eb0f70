import type { Event } from '@tailwater/schema';
import { isEventField } from '../../query/logql/events/fields.ts';
import { rowMapper } from '../../query/logql/events/row-mapper.ts';
import { selectorTest } from '../../query/logql/plan/row-selector.ts';
import { storedRow } from './stored-row.ts';
import type { TailSelector } from './wire.ts';

/** A mapper remembers every stream that it saw, and a tail may last for days. */
const ROWS_PER_MAPPER = 100_000;

/** Whether LogQL's selector takes an event. */
export function compileTailSelector({ matchers, settings }: TailSelector): (event: Event) => boolean {
  const names = matchers.map(({ name }) => name).filter((name) => settings.eventFields && isEventField(name));
  const needed = { line: false, metadata: new Set(names) };
  let rows = 0;
  let mapper = rowMapper(settings, needed);
  let test = selectorTest(matchers, settings);
  return (event) => {
    if (++rows % ROWS_PER_MAPPER === 0) {
      mapper = rowMapper(settings, needed);
      test = selectorTest(matchers, settings);
    }
    return test(mapper.map(storedRow(event, { attributes: names.length > 0 })));
  };
}
