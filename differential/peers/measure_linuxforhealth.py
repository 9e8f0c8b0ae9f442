"""linuxforhealth-x12 on one file, for the benchmark: `tokens`, `validate`, or `json`."""
import logging
import sys

from linuxforhealth.x12.io import X12ModelReader, X12SegmentReader
from pydantic import ValidationError

logging.disable(logging.CRITICAL)
what, path = sys.argv[1:3]
if what == "tokens":
    with X12SegmentReader(path) as reader:
        print(sum(len(fields) for _, fields in reader.segments()), "elements")
else:
    with X12ModelReader(path) as reader:
        try:
            print(sum(len(model.json()) if what == "json" else 1 for model in reader.models()))
        except ValidationError:
            # It says so once it has read the set, which the whole file is; to refuse is an answer, but gives no JSON.
            if what == "json":
                sys.exit("its models refuse the file")
            print("refused")
