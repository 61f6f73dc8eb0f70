import { z } from 'zod';
import { checkHeaders } from '../../runtime/egress/headers.ts';
import { isKnownError } from '../../runtime/errors.ts';
import { connectionFields, httpUrl } from '../util/http.ts';
import { clientCertificateField } from '../util/tcp.ts';

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~\w-]{1,256}$/, 'a name of a header');

export const otlpConfig = z
  .strictObject({
    url: httpUrl.meta({
      description:
        'Address of the receiver: http://collector:4318 for HTTP (`/v1/logs` is added unless it is there), http://collector:4317 for gRPC. https:// is TLS with both.',
    }),
    protocol: z
      .enum(['http/protobuf', 'grpc'])
      .default('http/protobuf')
      .meta({ description: 'OTLP over HTTP, or over gRPC.' }),
    compression: z.enum(['gzip', 'none']).default('gzip').meta({ description: 'Compression of requests.' }),
    headers: z
      .record(headerName, z.string().max(4096))
      .default({})
      .meta({ description: 'Headers of each request, readable to all who see the integration.' }),
    partial_success: z.enum(['search', 'accept']).default('search').meta({
      description:
        'OTLP tells how many events of a request were rejected, not which. `search`: the batch is sent again in halves until they are found and kept as dead letters; the others arrive more than once. `accept`: none is sent again.',
    }),
    ...clientCertificateField,
    ...connectionFields,
  })
  .superRefine(({ headers, protocol, proxy }, context) => {
    const issue = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (protocol === 'grpc' && proxy !== undefined) issue('proxy', 'gRPC goes through no HTTP proxy');
    try {
      checkHeaders(headers);
    } catch (error) {
      if (!isKnownError(error)) throw error;
      issue('headers', error.message);
    }
  });
export type OtlpConfig = z.output<typeof otlpConfig>;
