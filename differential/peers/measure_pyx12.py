"""pyx12 on one file, for the benchmark: `tokens` reads its segments and elements, `validate` validates it and writes the 999."""
import io
import logging
import sys

import pyx12.params
import pyx12.x12file
import pyx12.x12n_document

logging.disable(logging.CRITICAL)
what, path = sys.argv[1:3]
if what == "tokens":
    print(sum(len(segment) for segment in pyx12.x12file.X12Reader(path)), "elements")
else:
    print(pyx12.x12n_document.x12n_document(pyx12.params.ParamsBase(), path, io.StringIO(), None))
