use super::*;
use crate::ack::x277ca::Status;
use crate::engine::{GroupHeader, SetHeader};
use crate::{Delimiters, OwnedSegment};

/// The facts of a set, given one segment a line.
fn facts(code: &str, revision: &str, lines: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut reader = Reader::new(|fact| facts.push(fact));
    let group = GroupHeader { version: revision.into(), ..GroupHeader::default() };
    let gs = OwnedSegment::new(b"GS".to_vec(), Delimiters::default());
    reader.group_start(&GroupStart { ordinal: 1, header: &group, segment: gs.view() });
    let header = SetHeader { code: code.into(), control_number: "0001".into(), convention: None };
    reader.set_start(&SetStart { ordinal: 1, header: &header, guide: None, offset: 0 });
    for line in lines.lines() {
        let segment = OwnedSegment::new(line.as_bytes().to_vec(), Delimiters::default());
        reader.segment(&segment.view(), None);
    }
    reader.set_end(&SetEnd {
        ordinal: 1,
        header: &header,
        guide: None,
        verdict: Verdict::Accepted,
        codes: &[],
        rejected: false,
        segments: 0,
        items: 0,
        items_rejected: 0,
        bytes: 0..0,
    });
    facts
}

#[test]
fn tells_what_a_999_says_of_sets_segments_and_elements() {
    let told = facts(
        "999",
        "005010X231A1",
        "AK1*HC*77*005010X222A1\nAK2*837*0001*005010X222A1\nIK3*CLM*22*2300*8\nCTX*CLM01:C1\nIK4*5:3*1325*7*X\n\
         CTX*SITUATIONAL TRIGGER*SBR*9*2000*2\nIK5*R*5*I5\nAK9*P*2*2*1*5",
    );
    let group = GroupName { code: "HC".into(), control_number: "77".into(), version: "005010X222A1".into() };
    let set = SetName {
        group: "77".into(),
        code: "837".into(),
        control_number: "0001".into(),
        convention: "005010X222A1".into(),
    };
    let trigger =
        Trigger { id: "SBR".into(), position: 9, loop_id: "2000".into(), element: 2, component: 0, repetition: 0 };
    assert_eq!(
        told,
        [
            Fact::Group(group.clone()),
            Fact::Set(set.clone()),
            Fact::Segment(SegmentNote { id: "CLM".into(), position: 22, loop_id: "2300".into(), code: "8".into() }),
            Fact::Context(ContextNote { name: "CLM01".into(), reference: "C1".into(), trigger: None }),
            Fact::Element(ElementNote {
                element: 5,
                component: 3,
                repetition: 0,
                reference: "1325".into(),
                code: "7".into(),
                bad_data: "X".into(),
            }),
            Fact::Context(ContextNote {
                name: "SITUATIONAL TRIGGER".into(),
                reference: String::new(),
                trigger: Some(trigger)
            }),
            Fact::SetEnd(SetAnswer { set, verdict: "R".into(), codes: vec!["5".into(), "I5".into()] }),
            Fact::GroupEnd(GroupAnswer {
                group,
                verdict: "P".into(),
                included: Some(2),
                received: Some(2),
                accepted: Some(1),
                codes: vec!["5".into()],
            }),
        ]
    );
}

#[test]
fn reads_a_997_like_a_999() {
    let told = facts("997", "004010", "AK1*HC*77\nAK2*837*0001\nAK3*NM1*4**8\nAK4*9*67*1\nAK5*E*5\nAK9*E*1*1*1");
    assert!(matches!(&told[2], Fact::Segment(note) if note.position == 4));
    assert!(matches!(&told[4], Fact::SetEnd(answer) if answer.accepted() && answer.set.control_number == "0001"));
    assert!(matches!(&told[5], Fact::GroupEnd(answer) if answer.accepted()));
}

const CLAIMS: &str = "BHT*0085*08*X*20260304*0506*TH\nHL*1**20*1\nNM1*PR*2*PAYER*****PI*P1\nTRN*1*9\nHL*2*1*21*1\n\
    NM1*41*2*US*****46*U1\nTRN*2*BATCH1\nSTC*A1:19:PR*20260304*WQ*30\nQTY*90*1\nHL*3*2*19*1\nNM1*85*2*CLINIC*****XX*1234567893\n\
    TRN*1*0\nSTC*A1:19:PR**WQ*30\nHL*4*3*PT\nNM1*QC*1*DOE*****MI*M1\nTRN*2*C1\nSTC*A2:20*20260304*WQ*10\nREF*1K*P77\n\
    REF*D9*OURS\nDTP*472*D8*20260101\nTRN*2*C2\nSTC*A7:562:85*20260304*U*20******A8:145*A7:500:85*FIX IT\nREF*BLT*111\n\
    DTP*472*D8*20260102\nSVC*HC:99213:25*20*****2\nSTC*A7:454*20260304*U\nREF*FJ*L1\nDTP*472*RD8*20260102-20260103";

#[test]
fn tells_what_a_277ca_says_of_batch_provider_and_claims() {
    let told = facts("277", "005010X214", CLAIMS);
    let [Fact::Batch(batch), Fact::Provider(provider), Fact::Claim(good), Fact::Claim(bad)] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!((batch.reference.as_slice(), batch.rejected), (&b"BATCH1"[..], false));
    assert_eq!(batch.source.as_ref().unwrap().view().element(9), Some(&b"P1"[..]));
    assert!(!provider.rejected && provider.name.is_some());
    assert_eq!((good.id.as_slice(), good.rejected, good.charge.as_slice()), (&b"C1"[..], false, &b"10"[..]));
    assert_eq!((good.payer_control_number(), good.intermediary_id()), (Some(&b"P77"[..]), Some(&b"OURS"[..])));
    assert_eq!(good.mentions().next(), Some(&b"OURS"[..]));
    assert_eq!(
        bad.statuses,
        [Status::new("A7", "562", "85"), Status::new("A8", "145", ""), Status::new("A7", "500", "85")]
    );
    assert!(bad.rejected && bad.message == b"FIX IT" && bad.patient_name().id == b"M1");
    assert_eq!(bad.lines[0].control_number, b"L1");
    assert_eq!(bad.lines[0].statuses, [Status::new("A7", "454", "")]);
    assert_eq!(bad.lines[0].service.text().0, "RD8");
}

#[test]
fn a_set_rejected_as_a_whole_has_no_claims_but_says_so() {
    let lines = "HL*1**20*1\nNM1*PR*2*PAYER\nHL*2*1*21*0\nTRN*2*BATCH1\nSTC*A3:24:41*20260304*U*30";
    let told = facts("277", "005010X214", lines);
    assert!(matches!(told.as_slice(), [Fact::Batch(batch)] if batch.rejected && batch.statuses[0].rejects()));
}

#[test]
fn other_277s_tell_nothing() {
    assert_eq!(facts("277", "005010X212", CLAIMS), []);
}

#[test]
fn debug_shows_no_value_of_a_claim() {
    let shown = format!("{:?}", facts("277", "005010X214", CLAIMS));
    for secret in ["DOE", "M1", "C1", "OURS", "P77", "FIX IT", "L1"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn tells_what_an_824_says_of_a_set() {
    let told = facts(
        "824",
        "005010X186A1",
        "BGN*11*R*20260304*0506**E1**U\nOTI*TR*TN*E1***20260301*1200*17*0007*834*005010X220A1\nTED*007*words*NM1*9*9:2*67",
    );
    let answer = AdviceAnswer {
        verdict: "TR".into(),
        reference: b"E1".to_vec(),
        group: "17".into(),
        control_number: "0007".into(),
        code: "834".into(),
        version: "005010X220A1".into(),
    };
    assert!(answer.rejected());
    let note = AdviceNote {
        code: "007".into(),
        message: "words".into(),
        id: "NM1".into(),
        position: 9,
        element: 9,
        component: 2,
        repetition: 0,
    };
    assert_eq!(told, [Fact::Advice(answer), Fact::AdviceNote(note)]);
}
