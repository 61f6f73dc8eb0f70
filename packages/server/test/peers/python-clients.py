"""Sends numbered events with one of the clients that Python programs use.

python3 python-clients.py CLIENT PORT KEY SERVICE COUNT [PAUSE]

CLIENT is a function of this file, PORT a port of 127.0.0.1. With PAUSE it prints "half" after half of the events, and
goes on when it has read a line. It ends with 1 when the client raises.
"""

import logging
import sys

CLIENT, PORT, KEY, SERVICE, COUNT = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
HAS_PAUSE = len(sys.argv) > 6
HOST = "127.0.0.1"


def message(i):
    return f'order {i} größe "x"'


def numbers():
    for i in range(COUNT):
        if HAS_PAUSE and i == COUNT // 2:
            print("half", flush=True)
            sys.stdin.readline()
        yield i


def through(handler, extra):
    """Python's own logging; what a handler fails with is printed by logging and passed over."""
    logger = logging.getLogger("shop.cart")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    for i in numbers():
        logger.error(message(i), extra=extra(i))
    handler.flush()
    handler.close()


def python_logging_loki():
    import logging_loki

    url = f"http://{HOST}:{PORT}/loki/api/v1/push"
    tags = {"service_name": SERVICE, "env": "test"}
    handler = logging_loki.LokiHandler(url=url, tags=tags, auth=("tailwater", KEY), version="1")
    through(handler, lambda i: {"tags": {"shard": str(i % 3)}})


def graypy_udp():
    import graypy

    facts = lambda i: {"service": SERVICE, "order_no": i, "ratio": 0.5, "noise": "x" * (3000 * (i % 2))}
    through(graypy.GELFUDPHandler(HOST, PORT, debugging_fields=False), facts)


def graypy_tcp():
    import graypy

    through(graypy.GELFTCPHandler(HOST, PORT), lambda i: {"service": SERVICE, "order_no": i, "ratio": 0.5})


def graypy_http():
    import graypy

    handler = graypy.GELFHTTPHandler(HOST, PORT, path=f"/gelf?key={KEY}")
    through(handler, lambda i: {"service": SERVICE, "order_no": i, "ratio": 0.5})


def fluent_logger():
    from fluent import handler

    fluent = handler.FluentHandler(SERVICE, host=HOST, port=PORT, nanosecond_precision=True)
    shape = {"level": "%(levelname)s", "logger": "%(name)s", "order_no": "%(order_no)s"}
    fluent.setFormatter(handler.FluentRecordFormatter(shape))
    through(fluent, lambda i: {"order_no": i})


def splunk_handler():
    from splunk_handler import SplunkHandler

    facts = {"host": HOST, "port": PORT, "token": KEY, "index": "main", "protocol": "http", "verify": False}
    handler = SplunkHandler(**facts, sourcetype=SERVICE, source="shop", hostname="box-1", flush_interval=0.2)
    through(handler, lambda i: {})


def logstash_beats():
    from logstash_async.formatter import LogstashFormatter
    from logstash_async.handler import AsynchronousLogstashHandler

    transport = "logstash_async.transport.BeatsTransport"
    handler = AsynchronousLogstashHandler(HOST, PORT, database_path=None, transport=transport)
    handler.setFormatter(LogstashFormatter(extra_prefix=None))
    through(handler, lambda i: {"service": SERVICE, "order_no": i})


def logstash_http():
    from logstash_async.formatter import LogstashFormatter
    from logstash_async.handler import AsynchronousLogstashHandler
    from logstash_async.transport import HttpTransport

    transport = HttpTransport(HOST, PORT, ssl_enable=False, path="api/logs", username="tailwater", password=KEY)
    handler = AsynchronousLogstashHandler(HOST, PORT, database_path=None, transport=transport)
    handler.setFormatter(LogstashFormatter(extra_prefix=None))
    through(handler, lambda i: {"service": SERVICE, "order_no": i})


def datadog_api_client():
    from datadog_api_client import ApiClient, Configuration
    from datadog_api_client.v2.api.logs_api import LogsApi
    from datadog_api_client.v2.model.content_encoding import ContentEncoding
    from datadog_api_client.v2.model.http_log import HTTPLog
    from datadog_api_client.v2.model.http_log_item import HTTPLogItem

    configuration = Configuration(api_key={"apiKeyAuth": KEY}, server_index=1)
    configuration.server_variables.update(name=f"{HOST}:{PORT}", protocol="http")
    with ApiClient(configuration) as client:
        for start in range(0, COUNT, 50):
            items = [
                HTTPLogItem(message=message(i), service=SERVICE, hostname="box-1", ddtags="env:test", status="error")
                for i in range(start, min(COUNT, start + 50))
            ]
            LogsApi(client).submit_log(HTTPLog(items), content_encoding=ContentEncoding.GZIP)


def elasticsearch():
    from datetime import datetime, timezone

    from elasticsearch import Elasticsearch, helpers

    retry = {"retry_on_timeout": True, "max_retries": 20, "request_timeout": 60}
    client = Elasticsearch(f"http://{HOST}:{PORT}", api_key=KEY, http_compress=True, **retry)
    documents = (
        {
            "_op_type": "create",
            "_index": "logs-shop-prod",
            "@timestamp": datetime.now(timezone.utc),
            "message": message(i),
            "log": {"level": "error"},
            "service": {"name": SERVICE},
            "order_no": i,
        }
        for i in numbers()
    )
    assert helpers.bulk(client, documents, chunk_size=60, refresh="wait_for") == (COUNT, [])


def opentelemetry(exporter):
    from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.resources import Resource

    provider = LoggerProvider(resource=Resource.create({"service.name": SERVICE, "host.name": "box-1"}))
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter, max_export_batch_size=60))
    through(LoggingHandler(logger_provider=provider), lambda i: {"order_no": i, "ratio": 0.5, "paid": True})
    provider.force_flush(60_000)
    provider.shutdown()


def opentelemetry_grpc():
    from grpc import Compression
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter

    headers = {"authorization": f"Bearer {KEY}"}
    facts = {"insecure": True, "headers": headers, "timeout": 60, "compression": Compression.Gzip}
    opentelemetry(OTLPLogExporter(endpoint=f"http://{HOST}:{PORT}", **facts))


def opentelemetry_http():
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter

    headers = {"authorization": f"Bearer {KEY}"}
    facts = {"headers": headers, "timeout": 60, "compression": Compression.Gzip}
    opentelemetry(OTLPLogExporter(endpoint=f"http://{HOST}:{PORT}/v1/logs", **facts))


globals()[CLIENT]()
