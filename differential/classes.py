"""The classes of differences: patterns that are data (explained.toml), and the page that is made of them (docs/differences.md)."""
import re
import tomllib

FILTERS = ("guide", "kind", "path", "forbidden", "groups")
TOKENS = ("ours", "theirs", "ours_also", "theirs_also")


def read(path):
    table = tomllib.loads(path.read_text()).get("class", [])
    for entry in table:
        missing = {"name", "peer", "right", "why"} - set(entry)
        unknown = set(entry) - {"name", "peer", "right", "why", *FILTERS, *TOKENS}
        if missing or unknown or not entry.get("ours") and not entry.get("theirs"):
            raise SystemExit(f"{path}: {entry.get('name')}: missing {missing}, unknown {unknown}, or neither ours nor theirs")
    return table


def find(table, difference):
    """The classes that together account for every token of a difference; None where some token is left."""
    entries = [entry for entry in table if entry["peer"] == difference.peer and all(
        re.fullmatch(entry[name], getattr(difference, name)) for name in FILTERS if name in entry)]
    return account(entries, list(difference.ours), list(difference.theirs), [])


def account(entries, ours, theirs, found):
    """Tries entries in their order until no token is left, and goes back where one led nowhere."""
    if not ours and not theirs:
        return found
    for entry in entries:
        rest = consume(entry, ours, theirs)
        if rest:
            whole = account(entries, *rest, found + [entry["name"]] * (entry["name"] not in found))
            if whole is not None:
                return whole
    return None


def consume(entry, ours, theirs):
    """What is left once the entry's tokens are taken; None where it asks for one that is not there.

    Each pattern of `ours` and `theirs` must fit a token; a named group of the first pattern stands as {name} in the others.
    Patterns of `ours_also` and `theirs_also` take what follows from it, if it is there.
    """
    required = [("ours", pattern) for pattern in entry.get("ours", [])] + [("theirs", pattern) for pattern in entry.get("theirs", [])]
    side, first = required[0]
    tokens = {"ours": ours, "theirs": theirs}
    for token in tokens[side]:
        match = re.fullmatch(first, token)
        if not match:
            continue
        filled = lambda pattern: re.sub(r"\{(\w+)\}", lambda name: re.escape(match[name[1]]) if name[1] in match.groupdict() else name[0], pattern)
        taken = {"ours": set(), "theirs": set()}
        taken[side].add(token)
        for other_side, pattern in required[1:]:
            fitting = {one for one in tokens[other_side] if re.fullmatch(filled(pattern), one)}
            if not fitting:
                break
            taken[other_side] |= fitting
        else:
            for side_of, key in (("ours", "ours_also"), ("theirs", "theirs_also")):
                for pattern in entry.get(key, []):
                    taken[side_of] |= {one for one in tokens[side_of] if re.fullmatch(filled(pattern), one)}
            return [one for one in ours if one not in taken["ours"]], [one for one in theirs if one not in taken["theirs"]]
    return None


HEAD = """# Differences from other engines

Our engine and its peers judge the same generated files and single mutations of them (`make differential`; docs/testing.md tells how).
Every disagreement belongs to one of the classes below, or fails the run. A class says who is right and why. The classes are data,
`differential/explained.toml`, and this page is written from them and from a run.

Compared are the verdicts, ours with rules of SNIP types 1 and 2, and with pyx12 also the 999s: IK3 and IK4 with their places and codes, IK5, AK9,
and TA105. Left out are loop ids and CTX, which pyx12 does not write, the difference between `5` and `I5` in IK5, and that between a set that
is rejected and one that is accepted with errors. Our 999 is written with IK304 = 3 for what only the guide requires, as pyx12 does.
linuxforhealth-x12 and x12-types write no 999: their verdicts are compared, and a fault that they crash on counts as refused.
"""


def write(path, table, results, options):
    """The page: the run's counts per guide, then every class with an example from the run."""
    lines = [HEAD, f"## The run\n\nSeed {options.seed}. A disagreement may belong to more than one class.\n",
             "| guide | peer | files | mutations | agreed | explained | unexplained |", "|---|---|---|---|---|---|---|"]
    for name, result in results.items():
        mutations = sum(1 for row in result["rows"] if row["kind"] != "none")
        for peer, tally in result["peers"].items():
            unexplained = sum(len(rows) for rows in tally["unexplained"].values())
            lines.append(f"| {name} | {peer} | {len(result['rows']) - mutations} | {mutations} | {tally['agreed']} | {tally['explained']} | {unexplained} |")
    lines += ["\nWhat the standard forbids by the way that a mutation is made needs no peer:\n", "| guide | forbidden mutations | of these accepted |", "|---|---|---|"]
    for name, result in results.items():
        accepted = sum(1 for row, _ in result["wrong"] if row["forbidden"])
        lines.append(f"| {name} | {sum(1 for row in result['rows'] if row['forbidden'])} | {accepted} |")
    for peer in sorted({entry["peer"] for entry in table}):
        lines.append(f"\n## {peer}")
        for entry in (entry for entry in table if entry["peer"] == peer):
            lines += section(entry, results)
    path.write_text("\n".join(lines) + "\n")


def section(entry, results):
    tallies = {name: result["peers"][entry["peer"]] for name, result in results.items() if entry["peer"] in result["peers"]}
    counts = {name: tally["classes"][entry["name"]] for name, tally in tallies.items() if tally["classes"][entry["name"]]}
    where = ", ".join(f"{name} {count}" for name, count in counts.items()) or "none in this run"
    lines = [f"\n### {entry['name']}\n", f"Right: {entry['right']}. Found: {where}.\n", entry["why"]]
    examples = [tally["examples"][entry["name"]] for tally in tallies.values() if entry["name"] in tally["examples"]]
    if examples:
        row, difference = min(examples, key=lambda example: len(example[1].signature()))
        lines.append(f"\n    {row['kind']} at {row.get('path', 'none')}: {row.get('was', '')} -> {printable(row.get('is', ''))}")
        lines.append(f"    ours: {', '.join(difference.ours) or 'nothing more'}; {entry['peer']}: {', '.join(difference.theirs) or 'nothing more'}")
    return lines


def printable(text):
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text or "")
