import { openAzureBlobVendor } from './azure-blob.ts';
import { openAzureMonitorVendor } from './azure-monitor.ts';
import { openCloudWatchVendor } from './cloudwatch.ts';
import { openDatadogVendor } from './datadog.ts';
import { openElasticsearchVendor } from './elasticsearch.ts';
import { openGcpLoggingVendor } from './gcp-logging.ts';
import { openGcsVendor } from './gcs.ts';
import { openKafkaVendor } from './kafka.ts';
import { openLogglyVendor } from './loggly.ts';
import { openLokiVendor } from './loki.ts';
import { openNewRelicVendor } from './new-relic.ts';
import { openOtlpVendor } from './otlp.ts';
import { openS3Vendor } from './s3.ts';
import { openSplunkVendor } from './splunk-hec.ts';
import { openSyslogVendor } from './syslog.ts';
import { openTailwaterVendor } from './tailwater.ts';
import type { Vendor } from './vendor.ts';
import { openWebhookVendor } from './webhook.ts';

/** The strict receiver of each type of destination, by id. */
export const VENDORS: Readonly<Record<string, () => Promise<Vendor>>> = {
  datadog: openDatadogVendor,
  elasticsearch: openElasticsearchVendor,
  loggly: openLogglyVendor,
  'new-relic': openNewRelicVendor,
  'splunk-hec': openSplunkVendor,
  webhook: openWebhookVendor,
  'azure-blob': openAzureBlobVendor,
  'azure-monitor': openAzureMonitorVendor,
  cloudwatch: openCloudWatchVendor,
  'gcp-logging': openGcpLoggingVendor,
  gcs: openGcsVendor,
  s3: openS3Vendor,
  kafka: openKafkaVendor,
  loki: openLokiVendor,
  otlp: openOtlpVendor,
  syslog: openSyslogVendor,
  tailwater: openTailwaterVendor,
};
