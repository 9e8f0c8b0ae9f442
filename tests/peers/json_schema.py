"""Validates a folder of JSON by the schemas beside it: NAME.json by file.schema, each line of NAME.ndjson by NAME.schema."""

import json
import pathlib
import sys

from jsonschema import Draft202012Validator


def main(folder):
    validators = {}
    for path in sorted(folder.glob("*.schema")):
        schema = json.loads(path.read_text())
        Draft202012Validator.check_schema(schema)
        validators[path.stem] = Draft202012Validator(schema)
    documents = items = 0
    for path in sorted(folder.glob("*.json")):
        value = json.loads(path.read_text())
        told(path, validators["file"].iter_errors(value))
        documents += 1
        # What is no file must not pass.
        value["interchanges"][0]["surplus"] = True
        assert not validators["file"].is_valid(value), f"{path.name}: a member that is not in the schema passes"
    for path in sorted(folder.glob("*.ndjson")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            value = json.loads(line)
            told(f"{path.name}:{number}", validators[path.stem].iter_errors(value))
            items += 1
            del value["set"]
            assert not validators[path.stem].is_valid(value), f"{path.name}:{number}: an item without its set passes"
    print(json.dumps({"documents": documents, "items": items}))


def told(name, errors):
    first = [f"{name}: {error.json_path}: {error.message[:200]}" for error in list(errors)[:5]]
    assert not first, "\n".join(first)


main(pathlib.Path(sys.argv[1]))
