import { describeError, JsonText } from './json-text.ts';
import { nameOf } from './names.ts';
import { quote } from './quote.ts';
import type { Metadata } from './types.ts';

/** Under these names an Error is the event's own: `exception.type`, `exception.message` … as OpenTelemetry has them. */
const ERROR_NAMES = new Set(['err', 'error', 'exception']);

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
    let text = '';
    for (const key in metadata) {
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
