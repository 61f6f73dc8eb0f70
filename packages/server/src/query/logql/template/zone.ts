/** Offset of a fixed zone in seconds east of UTC and its name, or the name of an IANA zone; both as Go shows them. */
export type Zone = string | { offset: number; name: string };

interface IanaZone {
  offsets: Intl.DateTimeFormat;
  names: readonly Intl.DateTimeFormat[];
}

/** Zones are opened by name once; names come from queries, so that the table is kept small. */
const MAX_KNOWN_ZONES = 64;
const known = new Map<string, IanaZone | null>();
/** Abbreviations differ by English: CET is known in Britain, AEST in Australia, EST in America. */
const ENGLISHES = ['en-US', 'en-GB', 'en-AU', 'en-CA', 'en-ZA', 'en-NZ', 'en-IN'];

/** All abbreviations of letters that tzdata has today; Intl has more, where tzdata has a number. */
const ABBREVIATIONS = new Set(
  (
    'ACDT ACST ADT AEDT AEST AKDT AKST AST AWST BST CAT CDT CEST CET CST EAT EDT EEST EET EST GMT HDT HKT HST IDT IST JST ' +
    'KST MDT MSK MST NDT NST NZDT NZST PDT PKT PST SAST SST UTC WAT WEST WET WIB WIT WITA'
  ).split(' '),
);
/** Zones with a name in tzdata that no English of Intl knows. */
const NAMED: Readonly<Record<string, string>> = {
  GMT: 'GMT',
  'Asia/Tokyo': 'JST',
  'Asia/Seoul': 'KST',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Shanghai': 'CST',
  'Asia/Taipei': 'CST',
  'Asia/Manila': 'PST',
  'Asia/Karachi': 'PKT',
  'Asia/Jakarta': 'WIB',
  'Europe/Moscow': 'MSK',
};

/** The zone of this name; UTC for "", UTC and Local (the server's own zone never shows) and for names that are not known. */
export function loadZone(name: string): Zone {
  if (name === '' || name === 'UTC' || name === 'Local') return 'UTC';
  return ianaZone(name) === null ? 'UTC' : name;
}

function ianaZone(name: string): IanaZone | null {
  const found = known.get(name);
  if (found !== undefined) return found;
  const zone = openZone(name);
  if (known.size >= MAX_KNOWN_ZONES) known.clear();
  known.set(name, zone);
  return zone;
}

function openZone(name: string): IanaZone | null {
  // Intl takes offsets such as +01:00 for zones too; Go knows names of files only.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return null;
  try {
    const format = (locale: string, timeZoneName: 'longOffset' | 'short') =>
      new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName, year: 'numeric' });
    return { offsets: format('en-US', 'longOffset'), names: ENGLISHES.map((locale) => format(locale, 'short')) };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Seconds east of UTC at a time in seconds since the epoch. */
export function offsetAt(zone: Zone, seconds: number): number {
  if (typeof zone !== 'string') return zone.offset;
  if (zone === 'UTC') return 0;
  const iana = ianaZone(zone);
  const text = iana === null ? '' : zonePart(iana.offsets, seconds);
  const [, sign, hours = '0', minutes = '0', rest = '0'] = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
  if (sign === undefined) return 0;
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
  return sign === '-' ? -offset : offset;
}

/** The abbreviation at that time: `CET`, or as tzdata has it where there is none, `+0530`. */
export function abbreviationAt(zone: Zone, seconds: number): string {
  if (typeof zone !== 'string') return zone.name;
  const named = NAMED[zone];
  if (named !== undefined) return named;
  const iana = zone === 'UTC' ? null : ianaZone(zone);
  for (const format of iana?.names ?? []) {
    const name = zonePart(format, seconds);
    if (ABBREVIATIONS.has(name)) return name;
  }
  return zone === 'UTC' ? 'UTC' : numericName(offsetAt(zone, seconds));
}

function zonePart(format: Intl.DateTimeFormat, seconds: number): string {
  return format.formatToParts(seconds * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

function numericName(offset: number): string {
  const minutes = Math.floor(Math.abs(offset) / 60);
  const hours = String(Math.floor(minutes / 60)).padStart(2, '0');
  const rest = minutes % 60;
  return `${offset < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : String(rest).padStart(2, '0')}`;
}
