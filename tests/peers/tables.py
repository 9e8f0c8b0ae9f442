"""Reads a folder of tables as anyone would: for each its columns, its rows, the sums of its numbers, and the keys of its first column."""

import csv
import decimal
import json
import pathlib
import sys


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, strict=True))
    sums = {}
    for row in rows:
        assert None not in row and None not in row.values(), f"{path.name}: a row of another width: {row}"
        for name, cell in row.items():
            try:
                sums[name] = sums.get(name, decimal.Decimal(0)) + decimal.Decimal(cell or "0")
            except decimal.InvalidOperation:
                sums[name] = decimal.Decimal("NaN")
    return {
        "rows": rows,
        "sums": {name: str(total) for name, total in sums.items() if not total.is_nan()},
    }


folder = pathlib.Path(sys.argv[1])
print(json.dumps({path.stem: table(path) for path in sorted(folder.glob("*.csv"))}))
