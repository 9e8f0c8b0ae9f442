#!/usr/bin/env python3
"""Runs our engine and its peers over generated files and single mutations of them, and accounts for every disagreement.

    differential/run.py [--guide 837P]… [--seed 1] [--count 1000] [--jobs 2] [--show CLASS] [--replay 837P:m12] [--seeded]

Per guide it makes --count files and --count mutations, lets our engine and each peer that knows the guide judge them, and compares
verdicts and, with pyx12, the 999s. A disagreement belongs to a class of explained.toml or is unexplained. Exit 1 if any is
unexplained, if a file that the generator made is not clean, or if a mutation that the standard forbids is accepted.

Answers of peers are kept by the digest of the file under --state: a run that was stopped goes on, and a run after a change of our
engine asks only about files that are new. docs/testing.md tells more.
"""
import argparse
import collections
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import classes
from compare import compare

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent

# Short name: guide, and the peers that know it.
GUIDES = {
    "837P": ("005010X222A1/837", ["pyx12", "linuxforhealth"]),
    "837I": ("005010X223A2/837", ["pyx12", "linuxforhealth"]),
    "837D": ("005010X224A2/837", ["x12-types"]),
    "835": ("005010X221A1/835", ["pyx12", "linuxforhealth"]),
    "834": ("005010X220A1/834", ["pyx12", "linuxforhealth"]),
    "820": ("005010X218/820", ["pyx12", "x12-types"]),
    "270": ("005010X279A1/270", ["linuxforhealth"]),
    "271": ("005010X279A1/271", ["linuxforhealth"]),
    "276": ("005010X212/276", ["linuxforhealth"]),
    # pyx12 has a map of the 277 that its index does not name, and that puts SE outside of the set: no file passes it.
    "277": ("005010X212/277", ["linuxforhealth"]),
    "277CA": ("005010X214/277", ["pyx12"]),
    "278": ("005010X217/278/13", ["x12-types"]),
    "278R": ("005010X217/278/11", ["x12-types"]),
    "824": ("005010X186A1/824", ["x12-types"]),
    "999": ("005010X231A1/999", ["pyx12"]),
}

# One fact flipped in a guide that the engine then judges by: the run must see each.
SEEDED = [
    ("837P", "segment 0250 N3 R 1", "segment 0250 N3 S 1", "a required segment (N3 of 2010AA) becomes situational"),
    ("837P", "segment 0450 PER R 2", "segment 0450 PER R 9", "a segment (PER of 1000A) may stand nine times in place of two"),
    ("837P", "06 R provider_signature_on_file = N Y", "06 R provider_signature_on_file", "a code list (that of CLM06) is left out"),
    ("837P", "07 R assignment = A B C", "07 S assignment = A B C", "a required element (CLM07) becomes situational"),
]


def binaries(options):
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target")) / "release"
    python = options.python
    return {
        "ours": [str(target / "tradewind-differential")],
        "pyx12": [python, str(HERE / "peers/pyx12_peer.py")],
        "linuxforhealth": [python, str(HERE / "peers/linuxforhealth_peer.py")],
        "x12-types": [str(target / "tradewind-peer-x12-types")],
    }


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


DIED = "died"


class Answers:
    """A peer's answers by the digest of the file, kept on disk."""

    def __init__(self, path):
        self.path, self.known, self.lock = path, {}, threading.Lock()
        if path.exists():
            for line in path.read_text().splitlines():
                try:
                    answer = json.loads(line)
                except json.JSONDecodeError:
                    continue  # The run was stopped within a line.
                self.known[answer["digest"]] = answer

    def put(self, digest, answer):
        answer = {**answer, "digest": digest}
        with self.lock:
            self.known[digest] = answer
            # A peer that was stopped from outside has not answered for good.
            if answer.get("detail") != DIED:
                with self.path.open("a") as file:
                    file.write(json.dumps(answer) + "\n")


def digest(row):
    return hashlib.sha256(row["x12"].encode()).hexdigest()[:24]


def ask(command, rows, answers, done):
    """One long-lived process; what it dies of is its answer for the file at hand, and the next one goes on."""
    process = None
    for row in rows:
        if process is None:
            process = subprocess.Popen(["nice", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            process.stdin.write(json.dumps({"id": row["id"], "set": row["set"], "x12": row["x12"]}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if line:
            answers.put(digest(row), json.loads(line))
        else:
            if process.wait() == 2 or "ModuleNotFoundError" in line:
                raise SystemExit(f"{command}: cannot run")
            process = None
            answers.put(digest(row), {"id": row["id"], "verdict": "crash", "detail": DIED})
        done()
    if process:
        process.stdin.close()
        process.wait()


def judge_by_peer(name, command, rows, options, state):
    answers = Answers(state / f"{name}-{version(name)}.jsonl")
    asked = list({digest(row): row for row in rows if digest(row) not in answers.known}.values())
    count, lock, start = [0], threading.Lock(), time.time()

    def done():
        with lock:
            count[0] += 1
            if count[0] % 20 == 0:
                rate = count[0] / (time.time() - start)
                progress(f"{name}: {count[0]} of {len(asked)}, {rate:.0f} files a second, {(len(asked) - count[0]) / rate:.0f} s left")

    check(command)
    threads = [threading.Thread(target=ask, args=(command, asked[n :: options.jobs], answers, done)) for n in range(options.jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    progress("")
    return answers.known


def version(peer):
    """What a peer said is asked again when the script that asks it, or its release, changes."""
    sources = [HERE / "peers" / f"{peer.replace('-', '_')}_peer.py", HERE / "requirements.txt"]
    if peer == "x12-types":
        sources = [HERE / "peer-x12-types/src/main.rs", HERE / "peer-x12-types/Cargo.toml"]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:8]


def check(command):
    """Says early that a peer cannot be run, instead of calling every file a crash."""
    probe = subprocess.run(command, input="", text=True, capture_output=True)
    if probe.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {probe.stderr.strip().splitlines()[-1:] or probe.returncode}; run `make differential-tools`")


def our_rows(command, guide, options, extra=()):
    run = subprocess.run([*command, guide, "--seed", str(options.seed), "--files", str(options.count), "--mutations",
                          str(options.count), *extra], capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"{guide}: {run.stderr.strip()}")
    return [json.loads(line) for line in run.stdout.splitlines()]


def wrong_by_us(rows):
    """What needs no peer: a generated file with findings, a forbidden mutation without."""
    for row in rows:
        if row["kind"] == "none" and not row["accepted_all"]:
            yield row, "a generated file is not clean: " + " ".join(row["rules_all"])
        if row["forbidden"] and row["accepted"]:
            yield row, "the standard forbids it, and our rules of types 1 and 2 accept it"


def run_guide(name, commands, options, table, extra=()):
    guide, peers = GUIDES[name]
    peers = [peer for peer in peers if not options.peer or peer in options.peer]
    rows = our_rows(commands["ours"], guide, options, extra)
    result = {"rows": rows, "wrong": list(wrong_by_us(rows)), "peers": {}}
    for peer in peers:
        state = pathlib.Path(options.state) / name
        state.mkdir(parents=True, exist_ok=True)
        answers = judge_by_peer(peer, commands[peer], rows, options, state)
        tally = {"agreed": 0, "explained": 0, "classes": collections.Counter(), "unexplained": collections.defaultdict(list), "examples": {}}
        for row in rows:
            difference = compare(peer, name, row, answers[digest(row)])
            if difference is None:
                tally["agreed"] += 1
                continue
            found = classes.find(table, difference)
            if found is None:
                tally["unexplained"][difference.signature()].append((row, difference))
            else:
                tally["explained"] += 1
                tally["classes"].update(found)
                for one in found:
                    tally["examples"].setdefault(one, (row, difference))
        result["peers"][peer] = tally
    return result


def show(name, peer, result, options):
    tally = result["peers"][peer]
    unexplained = sum(len(rows) for rows in tally["unexplained"].values())
    mutations = sum(1 for row in result["rows"] if row["kind"] != "none")
    files = len(result["rows"]) - mutations
    print(f"{name:6} {peer:15} files {files:5}  mutations {mutations:5}  agreed {tally['agreed']:5}  explained {tally['explained']:5}  unexplained {unexplained:5}")
    for key, count in tally["classes"].most_common():
        print(f"         {count:5}  {key}")
    most = sorted(tally["unexplained"].items(), key=lambda item: -len(item[1]))
    for signature, rows in most[: options.most]:
        row, _ = rows[0]
        print(f"  ??   {len(rows):5}  {signature}\n                {row['id']} {row.get('path', '')}  {row.get('was', '')}  ->  {row.get('is', '')}")
    for key, (row, difference) in tally["examples"].items():
        if options.show and options.show in key:
            print(f"  {key}: {row['id']} {difference.signature()}\n    {row.get('was')}  ->  {row.get('is')}")
    return unexplained


def replay(options, commands):
    name, identity = options.replay.split(":")
    guide, peers = GUIDES[name]
    row = next(row for row in our_rows(commands["ours"], guide, options) if row["id"] == identity)
    print(row["x12"])
    print(json.dumps({key: value for key, value in row.items() if key not in ("x12", "ack")}, indent=1))
    print("ours:", row["ack"], sep="\n")
    for peer in peers:
        request = json.dumps({"id": identity, "set": row["set"], "x12": row["x12"]})
        answer = subprocess.run(commands[peer], input=request + "\n", text=True, capture_output=True)
        answer = json.loads(answer.stdout)
        print(f"{peer}: {answer['verdict']} {answer['detail']}", answer.get("ack") or "", sep="\n")


def seeded(options, commands, table):
    """Each seeded fault must give a forbidden mutation that is accepted; with --peer, something unexplained too."""
    missed, options.peer = 0, options.peer or ["none"]
    for name, old, new, what in SEEDED:
        guide = GUIDES[name][0]
        source = ROOT / "edi/guides" / f"{guide.split('/')[0]}.txt"
        text = source.read_text()
        if text.count(old) < 1:
            raise SystemExit(f"{source}: expected {old!r} to seed a fault, found none")
        file = pathlib.Path(options.state) / f"seeded-{name}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace(old, new, 1))
        result = run_guide(name, commands, options, table, ["--guide-file", str(file)])
        unexplained = sum(len(rows) for tally in result["peers"].values() for rows in tally["unexplained"].values())
        print(f"{name}: {what}: {unexplained} unexplained, {len(result['wrong'])} wrong by construction")
        missed += unexplained + len(result["wrong"]) == 0
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guide", action="append", choices=GUIDES)
    parser.add_argument("--peer", action="append")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--most", type=int, default=40, help="how many unexplained signatures are printed")
    parser.add_argument("--state", default=str(ROOT / "target/differential"))
    parser.add_argument("--python", default=os.environ.get("TRADEWIND_PEERS_PYTHON", str(ROOT / ".venv-peers/bin/python")))
    parser.add_argument("--show", help="print an example of each class whose name holds this")
    parser.add_argument("--replay", metavar="GUIDE:ID")
    parser.add_argument("--seeded", action="store_true", help="seed faults into a guide and see that the run finds them")
    parser.add_argument("--docs", action="store_true", help="write docs/differences.md anew, with this run's counts")
    options = parser.parse_args()
    commands, table = binaries(options), classes.read(HERE / "explained.toml")
    if options.replay:
        return replay(options, commands)
    if options.seeded:
        return seeded(options, commands, table)
    listed = subprocess.run([*commands["ours"], "--guides"], capture_output=True, text=True, check=True).stdout.split()
    failures, results = 0, {}
    for name in options.guide or [name for name, (guide, _) in GUIDES.items()]:
        if GUIDES[name][0] not in listed:
            print(f"{name:6} our engine does not know {GUIDES[name][0]}")
            failures += 1
            continue
        result = results[name] = run_guide(name, commands, options, table)
        for peer in result["peers"]:
            failures += show(name, peer, result, options)
        forbidden = sum(1 for row in result["rows"] if row["forbidden"])
        print(f"{name:6} forbidden by construction {forbidden}, wrong by us {len(result['wrong'])}")
        for row, why in result["wrong"][: options.most]:
            print(f"  !!   {row['id']} {row['kind']} {row.get('path', '')}: {why}\n         {row.get('was', '')}  ->  {row.get('is', '')}")
        failures += len(result["wrong"])
    if options.docs and not options.guide and not options.peer:
        classes.write(ROOT / "docs/differences.md", table, results, options)
    print("nothing unexplained" if failures == 0 else f"{failures} to be looked at")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
