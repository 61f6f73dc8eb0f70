import { describeError, JsonText } from './json-text.ts';
import { nameOf } from './names.ts';
import { quote } from './quote.ts';
import type { Metadata } from './types.ts';

/** A server takes 512; whoever logs a million must not wait for them to be read. */
const MEMBERS_MAX = 1_000;
/** Under these names an Error is the event's own: `exception.type`, `exception.message` … as OpenTelemetry has them. */
const ERROR_NAMES = new Set(['err', 'error', 'exception']);

/** Whether its members are facts of the event: those of an array, a map or bytes are one fact. */
export const isMembers = <T>(metadata: T): metadata is T & object =>
  typeof metadata === 'object' &&
  metadata !== null &&
  !Array.isArray(metadata) &&
  !ArrayBuffer.isView(metadata) &&
  !(metadata instanceof Map) &&
  !(metadata instanceof Set);

/**
 * Writes metadata as the members of a JSON object, without its braces. Numbers, texts and flags are written here, the
 * rest by JsonText.
 */
export class MemberText {
  /** Whether a name may announce a secret. */
  isTelling = false;
  /** Whether something was left out. */
  isCut = false;
  private readonly json = new JsonText();

  /** Empty for no members. Never throws. */
  write(metadata: Metadata, charactersMax: number): string {
    this.isTelling = false;
    this.isCut = false;
    try {
      return this.members(metadata, charactersMax);
    } catch {
      // A proxy that does not tell its members.
      this.isCut = true;
      return '';
    }
  }

  private members(metadata: Metadata, charactersMax: number): string {
    let text = '';
    let count = 0;
    for (const key in metadata) {
      if (++count > MEMBERS_MAX) {
        this.isCut = true;
        break;
      }
      let name = nameOf(key);
      let member: string | undefined;
      try {
        const value = metadata[key];
        if (value instanceof Error && ERROR_NAMES.has(key)) {
          name = nameOf('exception');
          member = this.complex(describeError(value), charactersMax - text.length);
        } else {
          member = this.value(value, charactersMax - text.length);
        }
      } catch {
        member = '"[unreadable]"';
      }
      if (member === undefined) continue;
      if (text.length + member.length > charactersMax) {
        this.isCut = true;
        continue;
      }
      if (name.isTelling) this.isTelling = true;
      text += (text === '' ? name.first : name.next) + member;
    }
    return text;
  }

  private value(value: unknown, left: number): string | undefined {
    if (typeof value === 'string' && value.length < left) return quote(value);
    if (typeof value === 'number' && value - value === 0) return `${value}`;
    if (typeof value === 'boolean') return value ? 'true' : 'false';
    return this.complex(value, left);
  }

  private complex(value: unknown, left: number): string | undefined {
    const { json } = this;
    json.isCut = false;
    json.isTelling = false;
    const text = json.write(value, Math.max(0, left));
    if (json.isCut) this.isCut = true;
    if (json.isTelling) this.isTelling = true;
    return text;
  }
}
