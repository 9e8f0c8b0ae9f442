//! Any text as a guide: read or refused with file and line; a guide that was read can be used.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradewind_edi::{Guides, Options, guide};
use tradewind_fuzz::events;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match guide::read("fuzz.txt", text) {
        Err(error) => assert!(error.to_string().contains("fuzz.txt")),
        Ok(guide) => {
            let (group, revision, set) = (&guide.group, &guide.revision, &guide.set);
            let file = format!(
                "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260101*1200*^*00501*000000001*0*T*:~\
                 GS*{group}*S*R*20260101*1200*1*X*{revision}~ST*{set}*0001*{revision}~BHT*0019*00*A*20260101*1200~HL*1**20*1~\
                 NM1*85*2*A~HL*2*1*22*0~NM1*IL*1*A*B~SE*7*0001~GE*1*1~IEA*1*000000001~"
            );
            events(file.as_bytes(), 7, Options { guides: Guides::new([guide]), ..Options::default() });
        }
    }
});
