/** Limits on what one request and one event may hold. Every refusal names the limit by its key here. */
export interface IngestLimits {
  /** Bytes of a body as sent. 20 MiB is what the OpenTelemetry Collector takes by default; shippers batch far below. */
  bodyBytesMax: number;
  /** Bytes of a body after decompression: what one request may cost in memory. */
  bodyExpandedBytesMax: number;
  /** Bytes of one event as stored. Larger ones are dumps that no search reads; they would slow every scan. */
  eventBytesMax: number;
  /** Events of one request: a request is one journal frame, and a frame is handled whole. */
  batchEventsMax: number;
  /** Attributes of one event. More is a map keyed by data, which would flood the attribute index. */
  eventAttributesMax: number;
  /** Bytes of an attribute's name. */
  attributeNameBytesMax: number;
  /** Labels of one stream. Loki's default is 15; OpenTelemetry resources carry up to about 60. */
  labelsMax: number;
}

export const DEFAULT_LIMITS: IngestLimits = {
  bodyBytesMax: 20 << 20,
  bodyExpandedBytesMax: 100 << 20,
  eventBytesMax: 1 << 20,
  batchEventsMax: 200_000,
  eventAttributesMax: 512,
  attributeNameBytesMax: 1024,
  labelsMax: 128,
};
