"""What two judges said of one file, brought to a form in which they can be compared."""
import dataclasses


@dataclasses.dataclass
class Difference:
    peer: str
    guide: str
    kind: str
    path: str
    forbidden: str
    groups: str
    ours: list
    theirs: list

    def signature(self):
        return f"{self.kind} | ours {' + '.join(self.ours) or '-'} | {self.peer} {' + '.join(self.theirs) or '-'}"


def relative(position, mutated):
    """Where, seen from the mutation: @0 the segment itself, @+1 the next, @far anything beyond three."""
    if not mutated:
        return "@?"
    offset = position - mutated
    return "@0" if offset == 0 else f"@{offset:+d}" if abs(offset) <= 3 else "@far"


def told(ack, mutated):
    """The errors of a 999 without loop ids (pyx12 has none) and context, as a set; `5` for `I5`, and `R` for any verdict but `A`."""
    found, segment = set(), ""
    for line in ack.replace("\n", "").split("~"):
        elements = line.strip().split("*")
        get = lambda n: elements[n] if len(elements) > n else ""
        if elements[0] == "IK3":
            where = relative(int(get(2) or 0), mutated)
            segment = f"{get(1)}{where}"
            found.add(f"IK3 {segment} {get(4)}")
        elif elements[0] == "IK4":
            found.add(f"IK4 {segment} {get(1)} {get(3)}")
        elif elements[0] == "IK5":
            codes = sorted({"5" if code == "I5" else code for code in elements[2:] if code})
            found.add(f"IK5 {'A' if get(1) == 'A' else 'R'} {' '.join(codes)}".strip())
        elif elements[0] == "AK9":
            codes = sorted({code for code in elements[5:] if code})
            found.add(f"AK9 {'A' if get(1) == 'A' else 'R'} {' '.join(codes)}".strip())
    return found


def compare(peer, guide, row, answer):
    """None where both say the same."""
    ours, theirs = set(), set()
    accepts = answer["verdict"] == "accept"
    # A peer that also checks sums is right where our rules above SNIP 2 say the same.
    agreed = accepts == row["accepted"] or peer != "pyx12" and accepts == row["accepted_all"]
    if peer == "pyx12" and answer["verdict"] == "crash":
        ours.add("accept" if row["accepted"] else "reject")
        theirs.add("crash " + answer["detail"])
    elif peer == "pyx12":
        mine, its = told(row["ack"], row.get("segment")), told(answer.get("ack") or "", row.get("segment"))
        mine.update(f"TA1 {row['ta1']}" for _ in range(row["ta1"] != "000"))
        its.update(f"TA1 {code}" for code in answer["detail"].split())
        if not agreed:
            # IK5 and AK9 follow from the verdict.
            mine, its = ({token for token in tokens if token[:3] not in ("IK5", "AK9")} for tokens in (mine, its))
        ours, theirs = mine - its, its - mine
    if not agreed:
        ours.add("accept" if row["accepted"] else "reject")
        theirs.add(answer["verdict"])
        if peer != "pyx12":
            ours.update(row["rules"])
            theirs.update(detail for detail in answer["detail"].split(", ") if detail)
    if not ours and not theirs:
        return None
    return Difference(peer, guide, row["kind"], row.get("path", ""), "yes" if row["forbidden"] else "no",
                      "many" if row["x12"].count("\nGS*") > 1 else "one", sorted(ours), sorted(theirs))
