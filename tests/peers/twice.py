"""Takes messages off a queue of RabbitMQ and publishes each of them twice, as it was: URL QUEUE COUNT."""
import json
import sys
import time

import pika

url, queue, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
channel.confirm_delivery()
published, deadline, taken = 0, time.monotonic() + 60, []
while len(taken) < count and time.monotonic() < deadline:
    method, properties, body = channel.basic_get(queue)
    if method is None:
        time.sleep(0.05)
        continue
    taken.append((method.delivery_tag, properties, body))
for tag, properties, body in taken:
    for _ in range(2):
        channel.basic_publish("", queue, body, properties, mandatory=True)
        published += 1
    channel.basic_ack(tag)
print(json.dumps({"published": published}))
