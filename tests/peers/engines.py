"""Makes a bucket and a KMS key for one gateway of the tests: NAME S3 KEY SECRET KMS. Prints the key's ARN as JSON."""
import json
import sys

import boto3

name, s3, key, secret, kms = sys.argv[1:]
access = {"aws_access_key_id": key, "aws_secret_access_key": secret, "region_name": "us-east-1"}
boto3.client("s3", endpoint_url=s3, **access).create_bucket(Bucket=name)
made = boto3.client("kms", endpoint_url=kms, **access).create_key()
print(json.dumps({"key": made["KeyMetadata"]["Arn"]}))
