"""Makes a KMS key and a secret with the ledger's URL for one gateway of the tests, and the bucket of all of them:
BUCKET S3 KEY SECRET AWS NAME LEDGER. Prints the key's ARN as JSON."""
import json
import sys

import boto3

bucket, s3, key, secret, aws, name, ledger = sys.argv[1:]
access = {"aws_access_key_id": key, "aws_secret_access_key": secret, "region_name": "us-east-1"}
store = boto3.client("s3", endpoint_url=s3, **access)
try:
    store.create_bucket(Bucket=bucket)
except (store.exceptions.BucketAlreadyExists, store.exceptions.BucketAlreadyOwnedByYou):
    pass
boto3.client("secretsmanager", endpoint_url=aws, **access).create_secret(
    Name=f"{name}/ledger", SecretString=json.dumps({"url": ledger})
)
made = boto3.client("kms", endpoint_url=aws, **access).create_key()
print(json.dumps({"key": made["KeyMetadata"]["Arn"]}))
