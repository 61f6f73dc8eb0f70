import { azureBlob } from './azure-blob/index.ts';
import { azureMonitor } from './azure-monitor/index.ts';
import { cloudwatch } from './cloudwatch/index.ts';
import { datadog } from './datadog/index.ts';
import type { DestinationType } from './destination.ts';
import { elasticsearch } from './elasticsearch/index.ts';
import { gcpLogging } from './gcp-logging/index.ts';
import { gcs } from './gcs/index.ts';
import { kafka } from './kafka/index.ts';
import { loggly } from './loggly/index.ts';
import { loki } from './loki/index.ts';
import { newRelic } from './new-relic/index.ts';
import { otlp } from './otlp/index.ts';
import { s3 } from './s3/index.ts';
import { splunkHec } from './splunk-hec/index.ts';
import { syslog } from './syslog/index.ts';
import { tailwater } from './tailwater/index.ts';
import { webhook } from './webhook/index.ts';

/** Every type of destination of the program. A new one is added here and nowhere else. */
export const DESTINATIONS: readonly DestinationType[] = [
  azureBlob,
  azureMonitor,
  cloudwatch,
  datadog,
  gcpLogging,
  gcs,
  s3,
  webhook,
  splunkHec,
  newRelic,
  loggly,
  elasticsearch,
  kafka,
  loki,
  otlp,
  syslog,
  tailwater,
];
