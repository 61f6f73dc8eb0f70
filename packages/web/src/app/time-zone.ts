import type { TimeZone } from '../lib/time.ts';
import { stored, useStored } from './stored.ts';

const NAMES = new Set(Intl.supportedValuesOf('timeZone'));

/** Every zone that can be chosen, the usual two first. */
export const TIME_ZONES: readonly TimeZone[] = ['local', 'UTC', ...NAMES];

export const isTimeZone = (text: string): text is TimeZone => text === 'local' || text === 'UTC' || NAMES.has(text);

/** The zone that times are shown in, on every page. */
export const timeZone = stored<TimeZone>('timeZone', 'local', isTimeZone);

export const useTimeZone = (): [TimeZone, (zone: TimeZone) => void] => useStored(timeZone);
