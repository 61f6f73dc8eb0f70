import type { ErrorCode } from '@tailwater/schema';
import type { PermanentError } from '../../runtime/errors.ts';
import { RetryableError } from '../../runtime/errors.ts';
import type { HttpAnswer, IngestOutcome, Receipt, RequestHead } from '../receiver.ts';
import { retryAfterHeader } from '../util/answers.ts';
import { createFilter } from './filter-path.ts';

/**
 * JSON as Elasticsearch answers it. Its clients since 7.14 speak to nothing that leaves X-Elastic-Product out, and a
 * client that names a version of the media type wants it back.
 * https://www.elastic.co/docs/reference/elasticsearch/rest-apis/compatibility
 */
export function answerWith(
  status: number,
  text: string,
  { headers: asked }: Pick<RequestHead, 'headers'>,
  headers: Record<string, string> = {},
): HttpAnswer {
  const version = /application\/vnd\.elasticsearch\+json\s*;\s*compatible-with\s*=\s*"?(\d{1,3})/.exec(
    asked.accept ?? '',
  );
  const type =
    version === null ? 'application/json' : `application/vnd.elasticsearch+json;compatible-with=${version[1]}`;
  return {
    status,
    headers: { 'content-type': type, 'x-elastic-product': 'Elasticsearch', ...headers },
    body: text,
  };
}

export function jsonWith(status: number, body: unknown, head: Pick<RequestHead, 'headers'>): HttpAnswer {
  return answerWith(status, JSON.stringify(body), head);
}

/** Names of Elasticsearch's exceptions; those for whole requests that are not here are `illegal_argument_exception`. */
const TYPES: Partial<Record<ErrorCode, string>> = {
  invalid_body: 'parse_exception',
  unauthenticated: 'security_exception',
  forbidden: 'security_exception',
  origin_refused: 'security_exception',
  not_found: 'resource_not_found_exception',
  conflict: 'version_conflict_engine_exception',
  payload_too_large: 'content_too_long_exception',
  too_many_events: 'content_too_long_exception',
  unsupported_media_type: 'media_type_header_exception',
  rate_limited: 'es_rejected_execution_exception',
  disk_full: 'cluster_block_exception',
  internal: 'exception',
};

/** 429 for the sender's own limits, 503 for everything else that passes: Logstash and Beats know no 507. */
export function errorAnswer(error: PermanentError | RetryableError, head: Pick<RequestHead, 'headers'>): HttpAnswer {
  const isRetryable = error instanceof RetryableError;
  const status = isRetryable ? (error.code === 'rate_limited' ? 429 : 503) : error.status;
  const type = TYPES[error.code] ?? (isRetryable ? 'unavailable_shards_exception' : 'illegal_argument_exception');
  const headers = isRetryable ? retryAfterHeader(error) : {};
  return answerWith(status, errorText(status, type, error.message), head, headers);
}

export function errorText(status: number, type: string, reason: string): string {
  return JSON.stringify({ error: { root_cause: [{ type, reason }], type, reason }, status });
}

/**
 * Always 200, with what became of each item. The order of the members is part of it: Fluent Bit looks for the text
 * `"errors":false,"items":[`, Vector for `"errors":true`.
 */
export function bulkAnswer(outcome: IngestOutcome, head: RequestHead): HttpAnswer {
  if (outcome.kind === 'failed') return errorAnswer(outcome.error, head);
  const { receipt } = outcome;
  const filter = createFilter(head.query.get('filter_path'));
  const members: string[] = [];
  if (filter(['took'])) members.push('"took":1');
  if (filter(['errors'])) members.push(`"errors":${receipt.rejectedCount > 0}`);
  const items = receipt.reply ?? itemsOf(receipt);
  // What a filter has emptied is left out, as Elasticsearch does it.
  if (items !== '[]' || filter(['items'])) members.push(`"items":${items}`);
  return answerWith(200, `{${members.join(',')}}`, head);
}

/** The rejected alone: what is known where `decode` has said nothing. */
function itemsOf({ rejections }: Receipt): string {
  const items = rejections.map(({ error }) => ({
    index: { status: 400, error: { type: DOCUMENT_ERROR, reason: error } },
  }));
  return JSON.stringify(items);
}

export const DOCUMENT_ERROR = 'document_parsing_exception';

/** 201 and the document's id. A body of several of which one was refused is 400: there is no answer for a part. */
export function documentAnswer(outcome: IngestOutcome, head: RequestHead): HttpAnswer {
  if (outcome.kind === 'failed') return errorAnswer(outcome.error, head);
  const { rejectedCount, rejections, reply = '{"result":"created"}' } = outcome.receipt;
  if (rejectedCount === 0) return answerWith(201, reply, head);
  return answerWith(400, errorText(400, DOCUMENT_ERROR, rejections.at(0)?.error ?? 'the document was refused'), head);
}
