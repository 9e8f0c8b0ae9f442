"""Puts a secret into Secrets Manager, or a SecureString into the Parameter Store: SERVICE NAME VALUE, at AWS_ENDPOINT_URL. Prints null as JSON."""
import sys

import boto3

service, name, value = sys.argv[1:]
if service == "ssm":
    boto3.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
else:
    client = boto3.client("secretsmanager")
    try:
        client.put_secret_value(SecretId=name, SecretString=value)
    except client.exceptions.ResourceNotFoundException:
        client.create_secret(Name=name, SecretString=value)
print("null")
