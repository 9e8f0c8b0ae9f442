#!/usr/bin/env python3
"""Tradewind and its peers on the same files, one after the other in one run; writes the table into docs/benchmarks.md.

    scripts/bench-peers.py [--mb 50] [--large-gb 2] [--only 837P] [--print]

Measured is each process as a whole: its CPU time (user and system, all threads) and its greatest resident memory, as the kernel counts
them. A slow peer gets a smaller file of the same generator, seed and guide: the table says how large. One that refuses it gets a file of
sets that it reads, marked with a star. `--print` leaves the page alone.
Run it on an idle machine. `make bench-peers` builds and installs what it needs.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE, START, END = ROOT / "docs/benchmarks.md", "<!-- peers: start -->\n", "<!-- peers: end -->\n"
PEERS = ROOT / "differential/peers"
FILES = {"837P": ("005010X222A1", "837"), "835": ("005010X221A1", "835")}
MEASURES = {
    "tokens": "segments and elements read",
    "SNIP 1-2": "validated by the rules of SNIP types 1 and 2, which is about what peers check, and the 999 written (linuxforhealth-x12 writes none)",
    "SNIP 1-5": "the same, by the rules of SNIP types 1 to 5; no peer has them",
    "program": "`tradewind ack --type 999`: all rules, as the program is used",
    "json": "turned into JSON",
}


def program_of(options):
    return str(options.program or pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/tradewind")


def commands(options):
    tools = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "differential/target")) / "release"
    python, node = options.python, ["node", "--max-old-space-size=12000", str(PEERS / "measure_node_x12.js")]
    ours, theirs = program_of(options), str(tools / "tradewind-peer-x12-types")
    pyx12, health = str(PEERS / "measure_pyx12.py"), str(PEERS / "measure_linuxforhealth.py")
    # Program, measure, greatest MB that it gets, command ({file}, {set}).
    return [
        ("Tradewind", "tokens", None, [str(tools / "tradewind-tokens"), "{file}"]),
        ("x12-types", "tokens", 20, [theirs, "parse", "{file}", "{set}"]),
        ("node-x12", "tokens", 20, [*node, "tokens", "{file}"]),
        ("linuxforhealth-x12", "tokens", None, [python, health, "tokens", "{file}"]),
        ("pyx12", "tokens", 5, [python, pyx12, "tokens", "{file}"]),
        ("Tradewind", "SNIP 1-2", None, [str(tools / "tradewind-acknowledge"), "{file}", "2"]),
        ("linuxforhealth-x12", "SNIP 1-2", 2, [python, health, "validate", "{file}"]),
        ("pyx12", "SNIP 1-2", 2, [python, pyx12, "validate", "{file}"]),
        ("Tradewind", "SNIP 1-5", None, [str(tools / "tradewind-acknowledge"), "{file}", "5"]),
        ("Tradewind", "program", None, [ours, "ack", "--type", "999", "{file}", "-o", "{out}"]),
        ("Tradewind", "json", None, [ours, "convert", "{file}", "--to", "json", "-o", "{out}"]),
        ("x12-types", "json", 20, [theirs, "json", "{file}", "{set}"]),
        ("node-x12", "json", 20, [*node, "json", "{file}"]),
        ("linuxforhealth-x12", "json", 2, [python, health, "json", "{file}"]),
    ]


def generate(program, guide, megabytes, path):
    """A file of about that size; the count of items comes from a sample."""
    make = lambda count, to: subprocess.run([program, "generate", guide, "--count", str(count), "--seed", "1", "-o", str(to)], check=True)
    make(500, path)
    make(max(1, round(500 * megabytes * 1e6 / path.stat().st_size)), path)
    return path


def readable(program, guide, megabytes, path, command):
    """A file of about that size, of sets of one item each that a command takes; the first 40 of them again and again."""
    envelope, sets = None, []
    for seed in range(1, 400):
        subprocess.run([program, "generate", guide, "--count", "1", "--seed", str(seed), "-o", str(path)], check=True)
        text = path.read_text()
        found = re.fullmatch(r"(.*?)(ST\*.*SE\*\d+\*)(\d+)(~\s*)(GE\*)1(.*)", text, re.S)
        if found and text.count("ST*") == 1 and measure(command)[0] is not None:
            head, body, number, between, tail, end = found.groups()
            envelope = envelope or (head, tail, end)
            sets.append(re.sub(rf"^(ST\*\d+\*){number}", r"\1{}", body.replace("{", "").replace("}", "")) + "{}" + between)
        if len(sets) == 40:
            break
    if not sets:
        return None
    count = max(len(sets), round(megabytes * 1e6 * len(sets) / sum(map(len, sets))))
    head, tail, end = envelope
    # Piece by piece: what this process holds counts as its children's memory.
    with path.open("w") as file:
        file.write(head)
        file.writelines(sets[at % len(sets)].format(*[f"{at + 1:04}"] * 2) for at in range(count))
        file.write(f"{tail}{count}{end}")
    return path


def measure(command):
    """CPU seconds and MB at the peak; a program that fails ends the run."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, "NODE_PATH": str(ROOT / "target/peers-node/node_modules")})
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            said.seek(0)
            return None, said.read().decode(errors="replace").strip().splitlines()[-1:]
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def best(command, times):
    """The quickest of some: what disturbs only ever slows."""
    return min((measure(command) for _ in range(times)), key=lambda one: one[0] if one[0] is not None else float("inf"))


def rows(name, options, folder):
    guide, code = FILES[name]
    files = {}
    table, ours = [], {}
    for program, what, most, command in commands(options):
        size = min(options.mb, most or options.mb)
        if size not in files:
            files[size] = generate(program_of(options), guide, size, folder / f"{name}-{size}.x12")
        file, out = files[size], folder / "out"
        filled = [part.format(file=file, set=code, out=out) for part in command]
        cpu, memory = best(filled, 3 if program == "Tradewind" else 1)
        out.unlink(missing_ok=True)
        if cpu is None and program != "Tradewind":
            file = readable(program_of(options), guide, size, folder / "readable.x12", [part.format(file=folder / "readable.x12", set=code, out=out) for part in command])
            if file:
                cpu, memory = best([part.format(file=file, set=code, out=out) for part in command], 1)
                program += "*"
        megabytes = file.stat().st_size / 1e6 if file else 0
        if cpu is None:
            table.append((name, what, program, f"{megabytes:.0f}", "failed", "", "", " ".join(memory)[:80]))
            continue
        rate = megabytes / cpu
        if program == "Tradewind":
            ours[what] = rate
        ratio = "1" if program == "Tradewind" else f"{ours[what] / rate:.0f}"
        table.append((name, what, program, f"{megabytes:.0f}", f"{cpu:.2f}", f"{rate:.3g}", ratio, f"{memory:.0f}"))
        print(*table[-1], sep="\t", file=sys.stderr, flush=True)
    return table


def large(options, folder):
    """Peak memory of ours on a file of gigabytes."""
    program = program_of(options)
    file = generate(program, FILES["837P"][0], options.large_gb * 1000, folder / "large.x12")
    size, table = file.stat().st_size / 1e9, []
    for what, command in [
        ("validate --snip 5", [program, "validate", "--snip", "5", str(file)]),
        ("ack --type 999", [program, "ack", "--type", "999", str(file), "-o", "/dev/null"]),
        ("ack (999 and 277CA)", [program, "ack", str(file), "-o", "/dev/null"]),
        ("convert --to json", [program, "convert", str(file), "--to", "json", "-o", "/dev/null"]),
    ]:
        cpu, memory = measure(command)
        table.append((f"{size:.2f}", what, f"{size * 1000 / cpu:.0f}", f"{memory:.0f}") if cpu else (f"{size:.2f}", what, "failed", str(memory)))
        print(*table[-1], sep="\t", file=sys.stderr, flush=True)
    file.unlink()
    return table


def markdown(head, table):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in table)]) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mb", type=float, default=50)
    parser.add_argument("--large-gb", type=float, default=2)
    parser.add_argument("--only", choices=FILES)
    parser.add_argument("--print", action="store_true")
    parser.add_argument("--program", help="the release build of tradewind")
    parser.add_argument("--python", default=os.environ.get("TRADEWIND_PEERS_PYTHON", str(ROOT / ".venv-peers/bin/python")))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_TMP")) as folder:
        folder = pathlib.Path(folder)
        table = [row for name in FILES if options.only in (None, name) for row in rows(name, options, folder)]
        whole = large(options, folder) if options.large_gb else []
    text = markdown(["file", "what", "program", "MB", "CPU s", "MB per CPU-s", "Tradewind is … times faster", "peak, MB"], table)
    meanings = [*MEASURES.items(), ("*", "it refuses that file; this one is made of sets of one item that it reads, 40 of them again and again")]
    text += "\n" + "\n".join(f"- {what}: {meaning}." for what, meaning in meanings) + "\n\nA file of gigabytes, an 837P:\n\n"
    text += markdown(["GB", "command", "MB per CPU-s", "peak, MB"], whole)
    print(text)
    if not options.print:
        page = PAGE.read_text()
        if START not in page or END not in page:
            raise SystemExit(f"{PAGE}: expected {START.strip()} and {END.strip()}")
        PAGE.write_text(page.split(START)[0] + START + text + END + page.split(END)[1])


if __name__ == "__main__":
    main()
