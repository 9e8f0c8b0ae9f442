#!/usr/bin/env python3
"""The real program on what is valid and on what the standard forbids: `validate` must exit with 0 on the one and with 1 on the other.

    differential/clean_run.py [--guide 837P]… [--count 1000] [--seeds 5] [--jobs 2]

Valid are the files of `generate`: --count items of every guide, with seeds 1 to --seeds. Forbidden are those mutations of the
differential run that break the standard by the way that they are made. Exit 1 if any file gets another exit code than its own.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

from run import GUIDES, HERE, ROOT, our_rows

TA1 = "TA1"


def generated(program, name, seed, options):
    """Exit code of `validate` on what `generate` writes, and what it said."""
    guide = TA1 if name == TA1 else GUIDES[name][0]
    make = subprocess.Popen([program, "generate", guide, "--count", str(options.count), "--seed", str(seed)], stdout=subprocess.PIPE)
    told = subprocess.run([program, "validate", "-"], stdin=make.stdout, capture_output=True, text=True)
    make.stdout.close()
    return (told.returncode if make.wait() == 0 else "not generated"), told.stdout + told.stderr


def mutated(program, row, folder):
    file = folder / f"{row['id']}.x12"
    file.write_bytes(row["x12"].encode())
    code = subprocess.run([program, "validate", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    file.unlink()
    return code


def run_generated(program, name, pool, options):
    codes = list(pool.map(lambda seed: generated(program, name, seed, options), range(1, options.seeds + 1)))
    for seed, (code, told) in enumerate(codes, 1):
        if code != 0:
            print(f"  !!  {name} seed {seed}: exit {code}\n{told[:2000]}")
    return sum(code == 0 for code, _ in codes)


def run_mutations(program, name, pool, options):
    # Files are skipped, not left out: the mutations are those of the whole differential run.
    options_of_rows = ["--skip", str(options.count)]
    rows = [row for row in our_rows(options.differential, GUIDES[name][0], options, options_of_rows) if row["forbidden"]]
    with tempfile.TemporaryDirectory() as folder:
        codes = list(pool.map(lambda row: mutated(program, row, pathlib.Path(folder)), rows))
    for row, code in zip(rows, codes):
        if code != 1:
            print(f"  !!  {name}:{row['id']} {row['kind']} {row['path']}: exit {code}\n      {row['was']}  ->  {row['is']}")
    return rows, codes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guide", action="append", choices=[*GUIDES, TA1])
    parser.add_argument("--count", type=int, default=1000, help="items of a generated file, and mutations of a guide")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1, help="the seed of the mutations")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--program", help="the release build of tradewind")
    options = parser.parse_args()
    target = os.environ.get("CARGO_TARGET_DIR")
    program = options.program or str(pathlib.Path(target or ROOT / "target") / "release/tradewind")
    options.differential = [str(pathlib.Path(target or HERE / "target") / "release/tradewind-differential")]
    failures, kinds = 0, collections.Counter()
    print(f"{'guide':6} {'seeds':>6} {'exit 0':>7} {'forbidden':>10} {'exit 1':>7}")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name in options.guide or [*GUIDES, TA1]:
            clean = run_generated(program, name, pool, options)
            rows, codes = ([], []) if name == TA1 else run_mutations(program, name, pool, options)
            told = sum(code == 1 for code in codes)
            failures += options.seeds - clean + len(rows) - told
            kinds.update(row["kind"] for row in rows)
            print(f"{name:6} {options.seeds:6} {clean:7} {len(rows):10} {told:7}", flush=True)
    print("forbidden, by kind: " + ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
    print("as it should be" if failures == 0 else f"{failures} to be looked at")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
