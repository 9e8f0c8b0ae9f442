"""pyx12 as a peer: a JSON line in (`id`, `x12`), a JSON line out (`id`, `verdict`, `detail`, `ack`).

`ack` is the 999 that it writes. For a 999, which it does not acknowledge, the same writer is asked all the same.
"""
import io
import json
import logging
import sys

import pyx12.error_999
import pyx12.error_handler
import pyx12.map_if
import pyx12.map_index
import pyx12.params
import pyx12.x12n_document

logging.disable(logging.CRITICAL)


class Handler(pyx12.error_handler.err_handler):
    """Keeps the last instance, so that its errors can be asked for after the run."""

    last = None

    def __init__(self):
        super().__init__()
        Handler.last = self


def cached(function):
    """Maps and their index are read from XML for each file: a second each. They hold no state of a run."""
    known = {}

    def call(*arguments, **named):
        key = str(arguments[0]) if arguments else ""
        if key not in known:
            known[key] = function(*arguments, **named)
        return known[key]

    return call


def load(map_file, *arguments):
    """One fact in its map of the 277CA would make every file differ: it requires loop 2200C (see docs/differences.md)."""
    loaded = original_load(map_file, *arguments)
    if map_file == "277.5010.X214.xml":
        loaded.getnodebypath("/ISA_LOOP/GS_LOOP/ST_LOOP/DETAIL/2000A/2000B/2000C/2200C").usage = "S"
    return loaded


original_load = pyx12.map_if.load_map_file
pyx12.map_if.load_map_file = load
pyx12.map_index.map_index = cached(pyx12.map_index.map_index)
pyx12.map_if.load_map_file = cached(pyx12.map_if.load_map_file)
pyx12.error_handler.err_handler = Handler


def nodes(node):
    yield node
    for child in getattr(node, "children", []):
        yield from nodes(child)


def judge(text, parameters):
    Handler.last = None
    try:
        valid = pyx12.x12n_document.x12n_document(parameters, io.StringIO(text), None, None)
    except BaseException as error:
        return "crash", type(error).__name__, ""
    if Handler.last is None or not Handler.last.children:
        return ("accept" if valid else "reject"), "", ""
    for node in nodes(Handler.last):
        # It cannot write a 999 for a set without ST03, as every 835 is.
        if node.id == "ST" and node.vriic is None:
            node.vriic = ""
    written = io.StringIO()
    try:
        Handler.last.accept(pyx12.error_999.error_999_visitor(written))
        detail = ""
    except BaseException as error:
        detail = f"999: {type(error).__name__}"
    codes = [str(error[0]) for isa in Handler.last.children for error in isa.errors]
    codes += [str(error[0]) for isa in Handler.last.children for element in isa.elements for error in element.errors]
    return ("accept" if valid else "reject"), detail or " ".join(sorted(set(codes))), written.getvalue()


def main():
    parameters = pyx12.params.ParamsBase()
    for line in sys.stdin:
        request = json.loads(line)
        verdict, detail, ack = judge(request["x12"], parameters)
        print(json.dumps({"id": request["id"], "verdict": verdict, "detail": detail, "ack": ack}), flush=True)


main()
