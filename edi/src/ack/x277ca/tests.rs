use super::*;
use crate::ack::Stamp;
use crate::ack::envelope::tests::sample;

fn settings(role: Role) -> Settings {
    Settings {
        role,
        name: "TRADEWIND".into(),
        id_qualifier: "46".into(),
        id: "TW01".into(),
        trace: "R1".into(),
        received: Stamp::new(2026, 3, 3, 23, 59).unwrap(),
        processed: Stamp::new(2026, 3, 4, 5, 6).unwrap(),
        set_number: ControlNumber::FIRST,
    }
}

fn person<'a>(last: &'a [u8], id: &'a [u8]) -> Name<'a> {
    Name { person: true, last, first: b"SAM", qualifier: b"MI", id, ..Name::default() }
}

fn clinic<'a>() -> Name<'a> {
    Name { last: b"CLINIC", qualifier: b"XX", id: b"1234567893", ..Name::default() }
}

/// The set's bytes, one segment a line.
fn joined(pieces: Pieces, spool: &[u8]) -> String {
    let mut out = Vec::new();
    for piece in pieces {
        piece.append(spool, &mut out);
    }
    String::from_utf8(out).unwrap().replace('~', "\n")
}

fn declared_segments(set: &str) -> usize {
    set.lines().last().unwrap().split('*').nth(1).unwrap().parse().unwrap()
}

const TWO_PROVIDERS: &str = "\
ST*277*0001*005010X214
BHT*0085*08*TW277-1*20260304*0506*TH
HL*1**20*1
NM1*PR*2*TRADEWIND*****46*TW01
TRN*1*R1
DTP*050*D8*20260303
DTP*009*D8*20260304
HL*2*1*21*1
NM1*41*2*BILLER*****46*SUB1
TRN*2*BATCH1
STC*A1:19:PR*20260304*WQ*120.3
QTY*90*2
QTY*AA*1
AMT*YU*100.3
AMT*YY*20
HL*3*2*19*1
NM1*85*2*CLINIC*****XX*1234567893
TRN*1*0
STC*A1:19:PR**WQ*120.1
QTY*QA*1
QTY*QC*1
AMT*YU*100.1
AMT*YY*20
HL*4*3*PT
NM1*QC*1*DOE*SAM****MI*M1
TRN*2*C1
STC*A2:20*20260304*WQ*100.10
DTP*472*D8*20260101
TRN*2*C2
STC*A7:562:85*20260304*U*20
DTP*472*D8*20260303
SVC*HC:99213:25*20
STC*A7:454*20260304*U
REF*FJ*L1
HL*5*2*19*1
NM1*85*2*SOLO*****FI*987654321
TRN*1*T9
STC*A1:19:PR**WQ*0.2
QTY*QA*1
AMT*YU*0.2
HL*6*5*PT
NM1*QC*1*ROE*SAM****MI*M2
TRN*2*C3
STC*A2:20*20260304*WQ*0.2
REF*1K*P3
REF*D9*D3
DTP*472*D8*20260303
SE*48*0001
";

#[test]
fn tells_totals_before_claims_of_every_provider() {
    let (mut writer, mut spool) = (Writer::new(settings(Role::Payer), Format::default()), Vec::new());
    writer.open(b"BATCH1", &Name { last: b"BILLER", id: b"SUB1", ..Name::default() }, "TW277-1");
    writer.provider(&clinic(), b"", b"");
    writer.patient(&person(b"DOE", b"M1"));
    writer.claim(
        &Claim { id: b"C1", charge: b"100.10", service: Period::of(b"D8", b"20260101"), ..Claim::default() },
        &mut spool,
    );
    let statuses = [Status::new("A7", "562", "85")];
    let line = Line {
        procedure: vec![b"HC".to_vec(), b"99213".to_vec(), b"25".to_vec()],
        charge: b"20".to_vec(),
        control_number: b"L1".to_vec(),
        statuses: vec![Status::new("A7", "454", "")],
        ..Line::default()
    };
    let bad =
        Claim { id: b"C2", charge: b"20", rejected: true, statuses: &statuses, lines: &[line], ..Claim::default() };
    writer.claim(&bad, &mut spool);
    writer.provider(&Name { last: b"SOLO", ..Name::default() }, b"987654321", b"T9");
    writer.patient(&person(b"ROE", b"M2"));
    let numbers =
        Claim { id: b"C3", charge: b"0.2", payer_control_number: b"P3", intermediary_id: b"D3", ..Claim::default() };
    writer.claim(&numbers, &mut spool);
    let set = joined(writer.close().unwrap(), &spool);
    assert_eq!(set, TWO_PROVIDERS);
    assert_eq!(declared_segments(&set), set.lines().count());
}

#[test]
fn a_clearinghouse_never_says_a2() {
    let (mut writer, mut spool) = (Writer::new(settings(Role::Clearinghouse), Format::default()), Vec::new());
    writer.open(b"B", &Name::default(), "R");
    writer.provider(&clinic(), b"", b"");
    writer.patient(&person(b"DOE", b"M1"));
    writer.claim(&Claim { id: b"C1", charge: b"1", ..Claim::default() }, &mut spool);
    let set = joined(writer.close().unwrap(), &spool);
    assert!(set.contains("\nNM1*AY*2*TRADEWIND") && set.contains("\nSTC*A1:20*20260304*WQ*1\n"));
    assert!(set.contains("\nSTC*A1:19:AY*20260304*WQ*1\n") && !set.contains("A2"));
}

#[test]
fn a_set_rejected_as_a_whole_only_counts_its_claims() {
    let (mut writer, mut spool) = (Writer::new(settings(Role::Clearinghouse), Format::default()), Vec::new());
    writer.open(b"B", &Name::default(), "R");
    writer.provider(&clinic(), b"", b"");
    writer.patient(&person(b"DOE", b"M1"));
    writer.claim(&Claim { id: b"C1", charge: b"1.5", ..Claim::default() }, &mut spool);
    writer.reject(Status::new("A3", "24", "41"));
    let set = joined(writer.close().unwrap(), &spool);
    let tail = "HL*2*1*21*0\nNM1*41*2*UNKNOWN*****46*UNKNOWN\nTRN*2*B\nSTC*A3:24:41*20260304*U*1.5\nQTY*AA*1\nAMT*YY*1.5\nSE*14*0001\n";
    assert!(set.ends_with(tail), "{set}");
}

#[test]
fn sets_follow_each_other_in_one_group() {
    let (mut writer, mut out) = (Writer::new(settings(Role::Payer), Format::default()), Vec::new());
    writer.open(b"A", &Name::default(), "R-1");
    assert!(joined(writer.close().unwrap(), &[]).contains("SE*12*0001"));
    writer.open(b"B", &Name::default(), "R-2");
    writer.discard();
    assert!(writer.close().is_none());
    writer.open(b"C", &Name::default(), "R-3");
    assert!(joined(writer.close().unwrap(), &[]).contains("SE*12*0002"));
    assert_eq!(writer.sets(), 2);
    writer.head(&sample(), &mut out);
    writer.tail(&sample(), &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("~GS*HN*") && text.contains("*005010X214~GE*2*8~IEA*1*000000007~"), "{text}");
}

#[test]
fn what_did_not_come_in_is_filled_in() {
    let (mut writer, mut spool) = (Writer::new(settings(Role::Payer), Format::default()), Vec::new());
    writer.open(b"", &Name::default(), "");
    writer.provider(&Name::default(), b"", b"");
    writer.patient(&Name::default());
    let line = Line { revenue: b"0450".to_vec(), charge: b"x".to_vec(), ..Line::default() };
    writer.claim(&Claim { rejected: true, lines: &[line], ..Claim::default() }, &mut spool);
    let set = joined(writer.close().unwrap(), &spool);
    for segment in [
        "BHT*0085*08*0*20260304*0506*TH",
        "NM1*85*2*UNKNOWN*****SV*UNKNOWN",
        "NM1*QC*1*UNKNOWN*****MI*UNKNOWN",
        "TRN*2*0",
        "STC*A3:481*20260304*U*0",
        "SVC*NU:0450*0",
    ] {
        assert!(set.contains(&format!("\n{segment}\n")), "{segment} in {set}");
    }
}
