import type { FastifyInstance } from 'fastify';
import { checkOneOrg } from './headers.ts';

/**
 * Prepares the part of the API that speaks Loki's protocol. A body is read as a form or, as Go's ParseForm does it,
 * passed over: https://pkg.go.dev/net/http#Request.ParseForm
 */
export function prepareLokiScope(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
    done(null, body),
  );
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null, undefined));
  // The schemas describe parameters; parameters/ reads them, with Loki's own faults.
  scope.setValidatorCompiler(() => (value) => ({ value }));
  scope.addHook('onRequest', async (request) => checkOneOrg(request.headers));
}
