#!/usr/bin/env python3
"""Writes fuzz/seeds anew from the fixtures: small files, a few of each guide. Seeds that a run found (`found_…`) stay.

    fuzz/seeds.py [PROGRAM]     PROGRAM is tradewind, which turns some of them into JSON
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIXTURES, SEEDS = ROOT / "fixtures/x12", ROOT / "fuzz/seeds"
# As in fuzz/src/lib.rs.
LETTERS = re.findall(r"\(b'(\w)', \"([^\"]+)\"\)", (ROOT / "fuzz/src/lib.rs").read_text())
FAMILIES = {
    "validate_claims": ["837"],
    "validate_payments": ["835", "820"],
    "validate_enrollment": ["834"],
    "validate_inquiries": ["270", "271", "276", "277"],
    "validate_reviews": ["278"],
    "validate_answers": ["824", "999", "277"],
    "ack": None,
}
# Bytes that each target's seeds may take, and each seed.
TARGET_MAX, SEED_MAX = 9_000, 2_500


def bodies():
    """Letter, set, name and body (what stands between ST and SE) of the first set of each fixture of a known guide."""
    for file in sorted(FIXTURES.glob("*/*/*.edi")):
        text = file.read_bytes()
        found = re.search(rb"ST\*(\d{3})\*[^~]*~\s*(.*?~)\s*SE\*", text, re.S)
        if not found or len(found[2]) > SEED_MAX:
            continue
        revision, code = file.parent.parent.name, found[1].decode()
        purpose = re.match(rb"BHT\*\d+\*(\d+)", found[2])
        names = {f"{revision}/{code}", f"{revision}/{code}/{purpose[1].decode()}" if purpose else ""}
        for letter, guide in LETTERS:
            if guide in names:
                yield letter, code, f"{revision}_{code}_{file.stem}", re.sub(rb"[\r\n]+", b"", found[2])


def put(target, name, data, left):
    if len(data) > left[target]:
        return
    left[target] -= len(data)
    (SEEDS / target / name).write_bytes(data)


def main():
    left = {}
    for target in [*FAMILIES, "scan", "read", "ack_read", "from_json", "guide_notation", "overlay", "deidentify"]:
        folder = SEEDS / target
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if not old.name.startswith("found_"):
                old.unlink()
        left[target] = TARGET_MAX
    taken = {}
    for letter, code, name, body in bodies():
        for target, family in FAMILIES.items():
            # A few of each guide, so that one guide does not take all the room.
            if (family is None or code in family) and taken.get((target, letter), 0) < (1 if family is None else 4):
                taken[target, letter] = taken.get((target, letter), 0) + 1
                put(target, name, letter.encode() + body, left)
        if taken.get(("deidentify", letter), 0) < 1:
            taken["deidentify", letter] = 1
            put("deidentify", name, b"=\x20" + letter.encode() + body, left)
        if code in ("999", "277") and taken.get(("ack_read", letter), 0) < 4:
            taken["ack_read", letter] = taken.get(("ack_read", letter), 0) + 1
            put("ack_read", name, b"\x20" + letter.encode() + body, left)
    for file in sorted(FIXTURES.glob("envelope/*/*.edi")) + sorted(FIXTURES.glob("ta1/*/*.edi")):
        data = file.read_bytes()
        if len(data) < 1_500:
            put("read", file.stem, b"\x20\x01" + data, left)
            put("deidentify", file.stem, b"*\x20" + data, left)
            put("scan", file.stem, b"*:^~\x07" + data[:600], left)
            if file.parent.parent.name == "ta1":
                put("ack_read", file.stem, b"\x20" + data, left)
    put("from_json", "empty", b'\x20{"interchanges":[]}', left)
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "target/debug/tradewind")
    for file in sorted(FIXTURES.glob("005010*/ok/*.edi"), key=lambda file: file.stat().st_size):
        run = subprocess.run([program, "convert", str(file), "--to", "json"], capture_output=True)
        if run.returncode == 0:
            put("from_json", f"{file.parent.parent.name}_{file.stem}", b"\x20" + run.stdout, left)
    put("guide_notation", "levels", levels(), left)
    for file in sorted((ROOT / "fixtures/companion").glob("*.txt")):
        put("overlay", file.stem, file.read_bytes(), left)


def levels():
    """The small guide that edi/tests/guides.rs reads."""
    text = (ROOT / "edi/tests/guides.rs").read_text()
    return re.search(r'const LEVELS: &str = "(.*?)";', text, re.S)[1].encode()


if __name__ == "__main__":
    main()
