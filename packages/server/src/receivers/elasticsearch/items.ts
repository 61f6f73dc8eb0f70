import { DOCUMENT_ERROR } from './answers.ts';
import { createFilter, type Filter } from './filter-path.ts';

export const VERBS = ['create', 'index', 'update', 'delete'] as const;
export type Verb = (typeof VERBS)[number];

/** What an item of one verb shows, the filter applied. */
interface Shape {
  index: boolean;
  id: boolean;
  status: boolean;
  error: boolean;
  /** What is the same for every item that was taken, beginning with a comma unless it is empty. */
  taken: string;
}

const SHARDS = '"_shards":{"total":1,"successful":1,"failed":0}';

function shapeOf(verb: Verb, filter: Filter): Shape {
  const keeps = (field: string, isObject = false) => filter(['items', verb, field], isObject);
  const isUpdate = verb === 'update';
  const taken = [
    keeps('_version') ? '"_version":1' : '',
    keeps('result') ? `"result":"${isUpdate ? 'updated' : 'created'}"` : '',
    keeps('_shards', true) ? SHARDS : '',
    keeps('_seq_no') ? '"_seq_no":0' : '',
    keeps('_primary_term') ? '"_primary_term":1' : '',
    keeps('status') ? `"status":${isUpdate ? 200 : 201}` : '',
  ];
  return {
    index: keeps('_index'),
    id: keeps('_id'),
    status: keeps('status'),
    error: keeps('error', true),
    taken: taken.map((member) => (member === '' ? '' : `,${member}`)).join(''),
  };
}

/**
 * Writes the `items` of a bulk answer while the request is decoded: only then is it known what each line was. Per item
 * one member by the name of its action, in the order of the request; Logstash pairs them by position.
 */
export class ItemWriter {
  private readonly filter: Filter;
  private readonly shapes = new Map<Verb, Shape>();
  private text = '';

  constructor(filterPath: string | null) {
    this.filter = createFilter(filterPath);
  }

  /** `index` and `id` are JSON text. */
  take(verb: Verb, index: string, id: string): void {
    const shape = this.shape(verb);
    this.add(verb, this.place(shape, index, id) + shape.taken);
  }

  refuse(verb: Verb, index: string, id: string, reason: string, type = DOCUMENT_ERROR): void {
    const shape = this.shape(verb);
    const status = shape.status ? ',"status":400' : '';
    const error = shape.error ? `,"error":${JSON.stringify({ type, reason })}` : '';
    this.add(verb, this.place(shape, index, id) + status + error);
  }

  /** The JSON text of the array. */
  finish(): string {
    return `[${this.text.slice(1)}]`;
  }

  private shape(verb: Verb): Shape {
    let shape = this.shapes.get(verb);
    if (shape === undefined) {
      shape = shapeOf(verb, this.filter);
      this.shapes.set(verb, shape);
    }
    return shape;
  }

  private place(shape: Shape, index: string, id: string): string {
    const text = shape.index ? `,"_index":${index}` : '';
    return shape.id ? `${text},"_id":${id}` : text;
  }

  /** An item of which the filter left nothing is left out, as Elasticsearch does it. */
  private add(verb: Verb, members: string): void {
    if (members !== '') this.text += `,{"${verb}":{${members.slice(1)}}}`;
  }
}

/** The answer to one document. */
export function documentReply(filterPath: string | null, index: string, id: string): string {
  const filter = createFilter(filterPath);
  const members = [
    filter(['_index']) ? `"_index":${index}` : '',
    filter(['_id']) ? `"_id":${JSON.stringify(id)}` : '',
    filter(['_version']) ? '"_version":1' : '',
    filter(['result']) ? '"result":"created"' : '',
    filter(['_shards'], true) ? SHARDS : '',
    filter(['_seq_no']) ? '"_seq_no":0' : '',
    filter(['_primary_term']) ? '"_primary_term":1' : '',
  ];
  return `{${members.filter((member) => member !== '').join(',')}}`;
}
