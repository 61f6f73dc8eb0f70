import type { Matcher } from '@tailwater/schema/logql';
import { isEventField } from '../events/fields.ts';
import type { StreamSettings } from '../events/streams.ts';
import type { LogRow, StreamLabels } from '../row.ts';
import { matcherTest } from './selection.ts';

/**
 * Whether a selector matches a row: a matcher looks at the stream's label, and where the stream has none of that name,
 * at the event's own field, which the row has as structured metadata.
 */
export function selectorTest(
  matchers: readonly Matcher[],
  { eventFields }: Pick<StreamSettings, 'eventFields'>,
): (row: LogRow) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
  const onStream = new Map<StreamLabels, boolean>();
  const ofFields = tests.filter(({ name }) => eventFields && isEventField(name));
  const ofStreams = tests.filter((test) => !ofFields.includes(test));
  return (row) => {
    const { stream } = row;
    let matches = onStream.get(stream);
    if (matches === undefined) {
      matches = ofStreams.every(({ name, test }) => test(stream.labels.get(name) ?? ''));
      onStream.set(stream, matches);
    }
    return matches && ofFields.every(({ name, test }) => test(stream.labels.get(name) ?? metadataOf(row, name)));
  };
}

function metadataOf({ metadata }: LogRow, name: string): string {
  for (const [other, value] of metadata) if (other === name) return value;
  return '';
}
