import { blankEscapes, eachMatch, type FindSpans, type Span } from './spans.ts';

/**
 * Credentials that show by their form. Every pattern is linear: what may repeat is bounded, or cannot start anew
 * inside its own match. Where a pattern has a group, the group is the secret and ends the match.
 */
function findAll(pattern: RegExp, text: string, rule: number, spans: Span[]): void {
  eachMatch(pattern, text, (match) => {
    const secret = match[1] ?? match[0];
    const end = match.index + match[0].length;
    spans.push({ start: end - secret.length, end, rule });
  });
}

const OPEN_QUOTE = String.raw`(?:\\{0,7}["'\x60])?`;
const NAME_END = String.raw`${OPEN_QUOTE}[ \t]{0,8}(?:=>|:=|[:=>]|%3[ADad]|\\u003[adAD])[ \t]{0,8}${OPEN_QUOTE}`;

/** Key ids: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
const AWS_KEY_ID = /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Za-z0-9])/g;
/** A secret key is any 40 characters of base64, so only its name tells. */
const AWS_SECRET = new RegExp(
  `(?:secret[_.-]?access[_.-]?key|aws[_.-]?secret(?:[_.-]?key)?)${NAME_END}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])`,
  'gi',
);

export const findAwsKeyIds: FindSpans = (text, rule, spans) => findAll(AWS_KEY_ID, blankEscapes(text), rule, spans);
export const findAwsSecrets: FindSpans = (text, rule, spans) => findAll(AWS_SECRET, text, rule, spans);

/** https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/ */
const GITHUB = /gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}/g;

export const findGithubTokens: FindSpans = (text, rule, spans) => findAll(GITHUB, text, rule, spans);

/** https://docs.slack.dev/authentication/tokens; the webhook's path is its secret. */
const SLACK_TOKEN = /(?:xox[abeprs]|xapp)-[A-Za-z0-9-]{10,500}/g;
const SLACK_WEBHOOK =
  /hooks\.slack(?:-gov)?\.com(?:\\?\/|%2F)(?:services|workflows|triggers)(?:\\?\/|%2F)((?:[A-Za-z0-9_+-]|\\?\/|%2F){8,200})/gi;

export const findSlackTokens: FindSpans = (text, rule, spans) => {
  findAll(SLACK_TOKEN, text, rule, spans);
  findAll(SLACK_WEBHOOK, text, rule, spans);
};

/** https://docs.stripe.com/keys. Publishable keys (pk_) are public. */
const STRIPE = /(?<![A-Za-z0-9])(?:[sr]k_(?:org_)?(?:live|test)_[A-Za-z0-9]{10,255}|whsec_[A-Za-z0-9+/=]{16,255})/g;

export const findStripeKeys: FindSpans = (text, rule, spans) => findAll(STRIPE, blankEscapes(text), rule, spans);

/** Parts behind the header: a JWE has four. */
const JWT_PARTS_MAX = 4;
const JWT_HEADER_CHARACTERS_MAX = 4096;

/**
 * RFC 7519: base64url of a JSON object, a dot, more. The header is decoded, because `eyJ` alone only says "JSON"; an
 * unreadable header still counts when the next part is JSON too. Cut-off tokens count from their second part on.
 */
export const findJwts: FindSpans = (text, rule, spans) => {
  let start = text.indexOf('eyJ');
  while (start >= 0) {
    const headerEnd = base64UrlEnd(text, start);
    let end = headerEnd;
    if (text[headerEnd] === '.') {
      const secondEnd = base64UrlEnd(text, headerEnd + 1);
      if (isJwtHeader(text.slice(start, headerEnd), text.slice(headerEnd + 1, secondEnd))) {
        end = secondEnd;
        for (let part = 1; part < JWT_PARTS_MAX && text[end] === '.'; part++) {
          const next = base64UrlEnd(text, end + 1);
          if (next === end + 1) break;
          end = next;
        }
        spans.push({ start, end, rule });
      }
    }
    start = text.indexOf('eyJ', end);
  }
};

function base64UrlEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && isBase64Url(text.charCodeAt(end))) end++;
  return end;
}

function isBase64Url(code: number): boolean {
  const lower = code | 32;
  return (lower >= 97 && lower <= 122) || (code >= 48 && code <= 57) || code === 45 || code === 95;
}

function isJwtHeader(header: string, next: string): boolean {
  if (header.length < 11) return false;
  if (next.startsWith('eyJ')) return true;
  if (next.length < 8) return false;
  const decoded = Buffer.from(header.slice(0, JWT_HEADER_CHARACTERS_MAX), 'base64url').toString('latin1');
  return /"(?:alg|enc|typ)"\s*:/.test(decoded);
}

/** The header in full: whatever stands behind a known scheme, or alone. */
const AUTHORIZATION = new RegExp(
  String.raw`(?<!pre|re)authorization${NAME_END}\[?${OPEN_QUOTE}` +
    String.raw`(?:(bearer|basic|token|apikey|api-key|negotiate|ntlm|splunk|key|digest|hawk|oauth|aws4-hmac-sha256)(?:[ \t]|%20|\+){1,4})?`,
  'gi',
);
/** Schemes whose credential is a list of fields. */
const FIELD_SCHEMES = new Set(['digest', 'hawk', 'oauth', 'aws4-hmac-sha256']);

export const findAuthorizations: FindSpans = (text, rule, spans) => {
  let done = 0;
  eachMatch(AUTHORIZATION, text, (match) => {
    const start = match.index + match[0].length;
    if (start < done) return;
    done = FIELD_SCHEMES.has(match[1]?.toLowerCase()) ? fieldsEnd(text, start) : credentialEnd(text, start);
    if (isCredential(text.slice(start, done), match[1] !== undefined)) spans.push({ start, end: done, rule });
  });
};

function credentialEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && !/[\s"'`\\,;<>(){}[\]]/.test(text[end])) end++;
  return end;
}

/** To the end of the line, or of the quoted text around; quotes that open and close inside are part of it. */
function fieldsEnd(text: string, start: number): number {
  for (let end = start; end < text.length; end++) {
    const character = text[end];
    if (/[\r\n'`\\]/.test(character)) return end;
    if (character !== '"') continue;
    const closing = text.indexOf('"', end + 1);
    if (text[end - 1] !== '=' || closing < 0 || text.slice(end, closing).includes('\n')) return end;
    end = closing;
  }
  return text.length;
}

const SCHEME_OR_PROSE =
  /^(?:bearer|basic|tokens?|digest|negotiate|ntlm|auth\w*|header|realm\b.*|error\b.*|required|missing|invalid|expired|failed|failure|denied|granted|succeeded|success|ok|none|null|nil|undefined|true|false|empty|not|is|was|has|for|and|or|with|from|to|of|the|must|should|\*+|<.*|\$.*)[.:!?]?$/i;

/** Not a word of the sentence that the header's name stands in, and not a replacement. */
function isCredential(value: string, hasScheme: boolean): boolean {
  if (value === '' || (value.length < 100 && SCHEME_OR_PROSE.test(value))) return false;
  return hasScheme ? value.length >= 3 : looksRandom(value);
}

/** In running text: the scheme's name and something that no sentence would hold. */
const BEARER = /bearer(?:[\s:=]|%20|\+){1,4}\\{0,7}["'\x60]?(?=[A-Za-z0-9._~+/-]{6})/gi;
const BASIC = /basic(?:\s|%20|\+){1,4}(?=[A-Za-z0-9+/]{6})/gi;

export const findBearers: FindSpans = (text, rule, spans) => {
  findSchemes(BEARER, /[A-Za-z0-9._~+/-]/, looksRandom, text, rule, spans);
  findSchemes(BASIC, /[A-Za-z0-9+/]/, isUserAndPassword, text, rule, spans);
};

/** Reads the credential in a loop: a pattern's repetition has no room for one of megabytes. */
function findSchemes(
  scheme: RegExp,
  character: RegExp,
  isSecret: (credential: string) => boolean,
  text: string,
  rule: number,
  spans: Span[],
): void {
  let done = 0;
  eachMatch(scheme, text, (match) => {
    const start = match.index + match[0].length;
    if (start < done) return;
    done = start;
    while (done < text.length && character.test(text[done])) done++;
    for (let padding = 0; padding < 2 && text[done] === '='; padding++) done++;
    let end = done;
    while (text[end - 1] === '.') end--;
    if (isSecret(text.slice(start, end))) spans.push({ start, end, rule });
  });
}

/** Holds a digit, or many letters in mixed case: "authentication" and "token-based" do not. */
function looksRandom(token: string): boolean {
  if (token.length < 6) return false;
  if (/\d/.test(token)) return !/^[A-Za-z]+[\d.]{1,3}$|^[\d.]+$/.test(token) || token.length >= 20;
  return token.length >= 16 && /[a-z][A-Z]/.test(token) && !/^[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,})*$/.test(token);
}

function isUserAndPassword(base64: string): boolean {
  const decoded = Buffer.from(base64.slice(0, 1024), 'base64').toString('utf8');
  return decoded.includes(':') && !/[\p{Cc}\ufffd]/u.test(decoded);
}
