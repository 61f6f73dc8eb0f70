import type { Event } from '@tailwater/schema';
import type { EncodedEvent } from '../destination.ts';
import { payloadText } from '../util/payload.ts';
import { type KafkaConfig, TOPIC_UNITS_MAX } from './config.ts';
import { recordTail } from './record-batch.ts';

/** Topic (length, 1 byte), key (length, 4 bytes, -1 for none), then value and headers as a record has them. */
export function encodeEvent(event: Event, config: KafkaConfig): Buffer {
  const topic = Buffer.from(topicOf(event, config.topic));
  const key = Buffer.from(keyOf(event, config.key));
  const head = Buffer.alloc(5);
  head[0] = topic.length;
  head.writeInt32LE(key.length === 0 ? -1 : key.length, 1);
  const tail = recordTail(Buffer.from(payloadText(event, config.payload)), { event_id: event.eventId });
  return Buffer.concat([head, topic, key, tail]);
}

export interface Keyed {
  topic: string;
  key: Buffer | null;
  tail: Buffer;
}

export function readEncoded({ bytes }: Pick<EncodedEvent, 'bytes'>): Keyed {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const topicEnd = 5 + all[0]!;
  const keyLength = all.readInt32LE(1);
  const keyEnd = topicEnd + Math.max(0, keyLength);
  const key = keyLength < 0 ? null : all.subarray(topicEnd, keyEnd);
  return { topic: all.toString('latin1', 5, topicEnd), key, tail: all.subarray(keyEnd) };
}

const TOPIC_FIELDS: Readonly<Record<string, (event: Event) => string>> = {
  org_id: ({ orgId }) => orgId,
  log_type: ({ logType }) => logType,
  event_type: ({ eventType }) => eventType,
  service: ({ service }) => service,
  severity: ({ severity }) => severity,
};

/** Characters that topics cannot have become `_`, as do fields that are empty. */
function topicOf(event: Event, topic: string): string {
  const filled = topic.replace(/\{(\w+)\}/g, (_, name: string) => {
    return TOPIC_FIELDS[name]!(event).replace(/[^a-zA-Z0-9._-]/g, '_') || '_';
  });
  const cut = filled.slice(0, TOPIC_UNITS_MAX);
  return cut === '.' || cut === '..' ? '_' : cut;
}

function keyOf(event: Event, key: KafkaConfig['key']): string {
  switch (key) {
    case 'none':
      return '';
    case 'service':
      return event.service;
    case 'host':
      return event.host;
    case 'trace_id':
      return event.traceId;
    case 'user_id':
      return event.userId;
    case 'org_id':
      return event.orgId;
  }
}
