import { severityNumberOfLevel, severityNumberOfText } from '@tailwater/schema';
import { FIELD, fieldOfAttribute, type SymbolField, type TextField } from '../../batch/fields.ts';
import type { IngestLimits } from '../../batch/limits.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { looseName } from '../util/loose-name.ts';
import {
  checkLabels,
  type Labels,
  LabelsError,
  labelsJson,
  labelsText,
  parseLabelObject,
  parseLabelText,
  shown,
} from './labels.ts';

/** What the labels of a stream say about its entries. */
export interface Stream {
  /** Why its entries are refused, in Loki's words; empty when they are not. */
  error: string;
  /** The labels as Loki writes them, for errors. */
  text: string;
  /** Fields that are the same for every entry, and their symbols: labels, service, host … */
  symbols: readonly { field: SymbolField; id: number }[];
  texts: readonly { field: TextField; bytes: Buffer; view: DataView }[];
  /** From a label that names a level, 0 when there is none. */
  severityNumber: number;
}

/** How labels are written: protobuf's text `{a="b"}` or JSON's object. */
export type LabelFormat = 'text' | 'object';

/** Labels longer than this are worked out anew each time: they would fill the table of symbols. */
const REMEMBERED_BYTES_MAX = 16 << 10;

/** The streams that were seen, by the bytes of their labels. */
export class StreamTable {
  private readonly symbols: SymbolTable;
  private generation = -1;
  private readonly byText = new Map<number, Stream>();
  private readonly byObject = new Map<number, Stream>();
  private labelsMax = 0;

  constructor(symbols: SymbolTable) {
    this.symbols = symbols;
  }

  /** Call before each body: the table may have forgotten its symbols since. */
  refresh(limits: IngestLimits): void {
    if (this.generation === this.symbols.generation && this.labelsMax === limits.labelsMax) return;
    this.generation = this.symbols.generation;
    this.labelsMax = limits.labelsMax;
    this.byText.clear();
    this.byObject.clear();
  }

  /** The stream whose labels are source[start, end). */
  find(format: LabelFormat, source: Buffer, start: number, end: number): Stream {
    if (end - start > REMEMBERED_BYTES_MAX) return this.read(format, source.toString('utf8', start, end));
    const streams = format === 'text' ? this.byText : this.byObject;
    const id = this.symbols.internBytes(source, start, end);
    let stream = streams.get(id);
    if (stream === undefined) {
      stream = this.read(format, this.symbols.text(id));
      streams.set(id, stream);
    }
    return stream;
  }

  private read(format: LabelFormat, text: string): Stream {
    try {
      const pairs = format === 'text' ? parseLabelText(text) : parseLabelObject(text);
      return this.streamOf(checkLabels(pairs, this.labelsMax));
    } catch (error) {
      if (!(error instanceof LabelsError)) throw error;
      return { error: error.message, text: shown(text), symbols: [], texts: [], severityNumber: 0 };
    }
  }

  private streamOf(labels: Labels): Stream {
    const fields = new Map<number, string>();
    if (labels.length > 0) fields.set(FIELD.labels, labelsJson(labels));
    for (const [name, value] of labels) {
      const field = fieldOfLabel(name);
      if (field !== undefined && !fields.has(field)) fields.set(field, value);
    }
    setFirst(fields, FIELD.service, labels, SERVICE_LABELS);
    setFirst(fields, FIELD.host, labels, HOST_LABELS);
    const symbols: { field: SymbolField; id: number }[] = [];
    const texts: { field: TextField; bytes: Buffer; view: DataView }[] = [];
    for (const [field, value] of fields) {
      const id = this.symbols.internText(value);
      if (field < FIELD.message) symbols.push({ field: field as SymbolField, id });
      else texts.push(textOf(field as TextField, Buffer.from(value)));
    }
    return { error: '', text: shown(labelsText(labels)), symbols, texts, severityNumber: severityOf(labels) };
  }
}

function textOf(field: TextField, bytes: Buffer) {
  return { field, bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

/**
 * The labels that name a service, the first wins. Loki finds `service_name` by the same list:
 * https://grafana.com/docs/loki/latest/get-started/labels/#default-labels-for-all-users
 */
const SERVICE_LABELS = [
  'service_name',
  'service',
  'app',
  'application',
  'app_name',
  'name',
  'app_kubernetes_io_name',
  'container',
  'container_name',
  'k8s_container_name',
  'component',
  'workload',
  'job',
  'k8s_job_name',
];
const HOST_LABELS = ['host', 'hostname', 'host_name', 'node_name', 'nodename', 'node', 'instance'];

function setFirst(fields: Map<number, string>, field: number, labels: Labels, names: readonly string[]): void {
  if (fields.has(field)) return;
  for (const name of names) {
    const label = labels.find(([labelName]) => labelName === name);
    if (label === undefined) continue;
    fields.set(field, label[1]);
    return;
  }
}

/** The field that a label or a structured-metadata name sets, undefined when none. Only fields that hold a string. */
function fieldOfLabel(name: string): SymbolField | TextField | undefined {
  const field = fieldOfMetadataName(name);
  return field !== undefined && field <= FIELD.clientEventId ? (field as SymbolField | TextField) : undefined;
}

const TRACE_NAMES = new Set(['traceid', 'trace.id']);
const SPAN_NAMES = new Set(['spanid', 'span.id']);

/** The field that structured metadata of that name sets, undefined when it stays an attribute. */
export function fieldOfMetadataName(name: string) {
  const loose = looseName(name);
  if (TRACE_NAMES.has(loose)) return FIELD.traceId;
  if (SPAN_NAMES.has(loose)) return FIELD.spanId;
  return fieldOfAttribute(name);
}

const LEVEL_NAMES = new Set(['level', 'log.level', 'loglevel', 'severity', 'severitytext', 'lvl', 'detectedlevel']);

/** Whether a label or structured metadata of that name states a level. */
export function isLevelName(name: string): boolean {
  return LEVEL_NAMES.has(looseName(name));
}

/** The severity number of a level's text, be it a word or Pino's number; 0 when it is none. */
export function severityOfText(text: string): number {
  return /^\d{1,3}$/.test(text) ? severityNumberOfLevel(Number(text)) : severityNumberOfText(text);
}

function severityOf(labels: Labels): number {
  for (const [name, value] of labels) {
    const severityNumber = isLevelName(name) ? severityOfText(value) : 0;
    if (severityNumber !== 0) return severityNumber;
  }
  return 0;
}
