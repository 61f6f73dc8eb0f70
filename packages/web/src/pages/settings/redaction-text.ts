import type { components } from '../../api/schema.gen.ts';

export type Asked = components['schemas']['RedactionTryBodyInput'];

/** What is asked for a text that somebody pasted: a JSON object is an event, anything else a message. */
export function askedOf(text: string): Asked {
  if (!/^\s*\{/.test(text)) return { text };
  try {
    return { event: JSON.parse(text) as Extract<Asked, { event: unknown }>['event'] };
  } catch {
    return { text };
  }
}
