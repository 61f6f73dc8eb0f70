"""Puts numbered records into a Firehose stream of moto, which really sends them to the stream's HTTP endpoint.

python3 firehose-moto.py URL COUNT
"""

import json
import sys

import boto3
from moto import mock_aws

url, count = sys.argv[1], int(sys.argv[2])
with mock_aws():
    client = boto3.client(
        "firehose", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    client.create_delivery_stream(
        DeliveryStreamName="logs",
        HttpEndpointDestinationConfiguration={
            "EndpointConfiguration": {"Url": url},
            "S3Configuration": {
                "RoleARN": "arn:aws:iam::123456789012:role/x",
                "BucketARN": "arn:aws:s3:::x",
            },
        },
    )
    for start in range(0, count, 50):
        records = [
            {"Data": json.dumps({"message": f"order {i} größe", "service": "moto", "level": "error", "order_no": i}) + "\n"}
            for i in range(start, min(count, start + 50))
        ]
        answer = client.put_record_batch(DeliveryStreamName="logs", Records=records)
        assert answer["FailedPutCount"] == 0
