import type { EgressResponse } from '../../runtime/egress/egress.ts';
import { isSuccess, retryAfterMs, tellText } from './answers.ts';
import { type Refusal, refusalOfStatus, type Strip } from './refusal.ts';
import { type Advice, clockAdvice } from './test-steps.ts';

export interface AwsError {
  /** `ThrottlingException`, `NoSuchBucket`; empty: the answer names none. */
  code: string;
  message: string;
  /** The right one, where the request was signed for another. */
  region?: string;
}

/** Beyond it the message is cut, characters. */
const MESSAGE_MAX = 300;

/** The error of an answer in either of Amazon's forms, JSON or XML. */
export function awsErrorOf({ body, headers }: EgressResponse): AwsError {
  const text = body.toString('utf8', 0, 64 * 1024);
  if (text.trimStart().startsWith('<')) {
    const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';
    const region = element('Region');
    const error = { code: element('Code'), message: brief(plainXml(element('Message'))) };
    return region === '' ? error : { ...error, region };
  }
  const named = (headers['x-amzn-errortype'] ?? '').split(':')[0]!;
  try {
    const json = JSON.parse(text) as { __type?: unknown; message?: unknown; Message?: unknown };
    const type = typeof json.__type === 'string' ? json.__type : named;
    const message = json.message ?? json.Message;
    return {
      code: type.slice(type.lastIndexOf('#') + 1),
      message: typeof message === 'string' ? brief(message) : '',
    };
  } catch {
    return { code: named, message: '' };
  }
}

/** The first line: after it an answer to a wrong signature repeats the request's headers, session token and all. */
function brief(message: string): string {
  return message.split('\n', 1)[0]!.slice(0, MESSAGE_MAX);
}

const ENTITIES: Record<string, string> = {
  '&#34;': '"',
  '&#39;': "'",
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&amp;': '&',
};

function plainXml(text: string): string {
  return text.replace(/&(?:lt|gt|quot|apos|amp|#34|#39);/g, (entity) => ENTITIES[entity]!);
}

/** To be sent again later, whatever the status. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
const LATER = new Set([
  ...['ThrottlingException', 'Throttling', 'ThrottledException', 'RequestThrottled', 'RequestThrottledException'],
  ...[
    'TooManyRequestsException',
    'LimitExceededException',
    'RequestLimitExceeded',
    'SlowDown',
    'BandwidthLimitExceeded',
  ],
  ...['ServiceUnavailableException', 'ServiceUnavailable', 'InternalFailure', 'InternalError', 'InternalServerError'],
  ...['RequestTimeout', 'RequestTimeoutException', 'OperationAbortedException', 'OperationAborted'],
  ...['ConditionalRequestConflict', 'PriorRequestNotComplete', 'IDPCommunicationError'],
]);

const CLOCK: Advice = {
  field: 'access_key_id',
  advice: 'The clock of this server is wrong by more than Amazon allows: have it set by NTP.',
};

/** Credentials that Amazon does not take. */
const UNAUTHORIZED: Readonly<Record<string, Advice>> = {
  SignatureDoesNotMatch: {
    field: 'secret_access_key',
    advice: 'The secret does not belong to the access key: copy it again. If it does, check the server’s clock.',
  },
  InvalidSignatureException: {
    field: 'secret_access_key',
    advice: 'The secret does not belong to the access key: copy it again. If it does, check the server’s clock.',
  },
  InvalidAccessKeyId: {
    field: 'access_key_id',
    advice: 'There is no such access key: it was mistyped, deleted, or belongs to another partition or store.',
  },
  UnrecognizedClientException: {
    field: 'access_key_id',
    advice: 'There is no such access key, or the region is not enabled for the account.',
  },
  InvalidClientTokenId: {
    field: 'access_key_id',
    advice: 'There is no such access key, or the region is not enabled for the account.',
  },
  RequestTimeTooSkewed: CLOCK,
  RequestExpired: CLOCK,
  ExpiredToken: { field: 'session_token', advice: 'The temporary keys have ended: set new ones, or use a role.' },
  ExpiredTokenException: {
    field: 'session_token',
    advice: 'The temporary keys have ended: set new ones, or use a role.',
  },
  InvalidToken: { field: 'session_token', advice: 'The session token does not belong to the access key.' },
};

/** Their time is over: new ones may be had. */
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired']);

/** Whether asking for temporary credentials anew may help. */
export function isExpired(error: AwsError): boolean {
  return EXPIRED.has(error.code);
}

/** Why `who` did not do it; null when it did. What is missing is no fault of any event: that is retried. */
export function awsRefusal(response: EgressResponse, who: string, strip: Strip): Refusal | null {
  if (isSuccess(response)) return null;
  const { status, headers } = response;
  const error = awsErrorOf(response);
  const detail = tellText(describe(who, status, error), strip);
  const refusal = refusalOfStatus(response, detail, strip);
  const later: Refusal = { code: 'destination_unavailable', detail, retryAfterMs: retryAfterMs(headers) };
  if (LATER.has(error.code)) return later;
  if (isOtherRegion(status, headers, error)) {
    const region = headers['x-amz-bucket-region'] ?? error.region ?? 'that of the bucket or endpoint';
    return { ...later, field: 'region', advice: `The region is wrong: set ${region}.` };
  }
  const known = UNAUTHORIZED[error.code];
  if (known !== undefined) {
    // A wrong clock is told as a wrong signature by some services.
    return { code: 'destination_unauthorized', detail, ...known, ...clockAdvice(headers) };
  }
  if (error.code.startsWith('AccessDenied')) return { code: 'destination_unauthorized', detail };
  if (error.code === 'ResourceNotFoundException') return later;
  return error.code === 'EntityTooLarge' ? { code: 'payload_too_large', detail } : refusal;
}

/** Whether the request was signed for another region. S3 tells the bucket's with other errors too. */
function isOtherRegion(status: number, headers: EgressResponse['headers'], { code, message }: AwsError): boolean {
  const isMoved = (status === 301 || status === 307) && headers['x-amz-bucket-region'] !== undefined;
  const isScope = /Credential should be scoped to (?:a|the) (?:valid|correct) region/.test(message);
  return isMoved || isScope || code === 'AuthorizationHeaderMalformed' || code === 'IllegalLocationConstraintException';
}

function describe(who: string, status: number, { code, message }: AwsError): string {
  const words = [code, message].filter((word) => word !== '').join(': ');
  return `${who} answered ${status}${words === '' ? '' : ` ${words}`}`;
}
