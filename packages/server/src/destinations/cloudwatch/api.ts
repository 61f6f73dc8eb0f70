import type { EgressResponse } from '../../runtime/egress/egress.ts';
import type { AwsClient } from '../util/aws.ts';

/** Operations of the API that are used: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/ */
export type Operation =
  | 'PutLogEvents'
  | 'CreateLogGroup'
  | 'CreateLogStream'
  | 'PutRetentionPolicy'
  | 'DescribeLogGroups';

/** One call of CloudWatch Logs; `body` is JSON. */
export type CloudWatchCall = (operation: Operation, body: string, signal: AbortSignal) => Promise<EgressResponse>;

export function cloudWatchCaller(client: AwsClient, endpoint: string): CloudWatchCall {
  const url = `${endpoint.replace(/\/+$/, '')}/`;
  return (operation, body, signal) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `Logs_20140328.${operation}`,
    };
    return client.request({ method: 'POST', url, headers, body }, signal);
  };
}
