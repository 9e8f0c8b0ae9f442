"""linuxforhealth-x12 as a peer: a JSON line in (`id`, `x12`), a JSON line out (`id`, `verdict`, `detail`).

It writes no 999. `detail` names the models and fields that refused, without values.
"""
import json
import logging
import re
import sys

from linuxforhealth.x12.io import X12ModelReader
from pydantic import ValidationError

logging.disable(logging.CRITICAL)


def told(error):
    """The last part of the place, and the message without numbers and without the list of what would be allowed."""
    place = [str(part) for part in error["loc"] if isinstance(part, str)]
    message = re.sub(r"permitted:.*|\d+(\.\d+)?|'[^']*'|,", "", error["msg"].split("{")[0])
    return f"{'.'.join(place[-2:])}: {' '.join(message.split())}"


def judge(text):
    try:
        with X12ModelReader(text) as reader:
            models = sum(1 for _ in reader.models())
    except ValidationError as error:
        return "reject", ", ".join(sorted({told(one) for one in error.errors()}))
    except BaseException as error:
        return "crash", type(error).__name__
    return ("accept", "") if models else ("reject", "no model")


for line in sys.stdin:
    request = json.loads(line)
    verdict, detail = judge(request["x12"])
    print(json.dumps({"id": request["id"], "verdict": verdict, "detail": detail}), flush=True)
