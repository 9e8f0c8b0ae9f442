"""What a bucket that tells a queue of its objects does, at AWS_ENDPOINT_URL. Prints one JSON value.

make             a bucket, its queue and the queue of its dead letters
put BUCKET KEY   puts standard input; the bucket tells the queue
tell QUEUE BUCKET KEY   tells the queue of an object once more
send QUEUE       sends standard input as a message
depth QUEUE      messages that wait, that are hidden, and that were given up
"""
import json
import sys
import urllib.parse
import uuid

import boto3

s3, sqs = boto3.client("s3"), boto3.client("sqs")


def arn(queue):
    return sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def make():
    name = f"tw-events-{uuid.uuid4().hex}"
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": 8})
    queue = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    s3.create_bucket(Bucket=name)
    told = {"QueueArn": arn(queue), "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"QueueConfigurations": [told]})
    return {"bucket": name, "queue": queue}


def put(bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=sys.stdin.buffer.read())


def tell(queue, bucket, key):
    found = s3.head_object(Bucket=bucket, Key=key)
    told = {"key": urllib.parse.quote_plus(key), "size": found["ContentLength"], "eTag": found["ETag"].strip('"')}
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": told}}
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"Records": [record]}))


def send(queue):
    sqs.send_message(QueueUrl=queue, MessageBody=sys.stdin.read())


def depth(queue):
    def counts(url):
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return [int(told[f"ApproximateNumberOfMessages{which}"]) for which in ("", "NotVisible")]

    return [*counts(queue), counts(f"{queue}-dead")[0]]


print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
