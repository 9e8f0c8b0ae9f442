//! How fast delimiters are found and an 837P is validated. `cargo bench -p tradewind-edi`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::fmt::Write;
use std::hint::black_box;
use tradewind_edi::engine::{self, Options, SetEnd, Visitor};
use tradewind_edi::scan::{Index, scan, scan_scalar};
use tradewind_edi::{Delimiters, Finding, Snip};

/// Claims in the measured file.
const CLAIMS: usize = 20_000;
/// Claims in a set.
const SET_CLAIMS: usize = 5_000;

/// A synthetic 837P: one subscriber a claim, two lines each.
fn file() -> Vec<u8> {
    let mut out = String::from(
        "ISA*00*          *00*          *ZZ*SYNTHSENDER    *ZZ*TRADEWIND      *260301*1200*^*00501*000000001*0*T*:~\n\
         GS*HC*SYNTHSENDER*TRADEWIND*20260301*1200*1*X*005010X222A1~\n",
    );
    let sets = CLAIMS / SET_CLAIMS;
    for set in 1..=sets {
        let from = out.len();
        let _ = write!(
            out,
            "ST*837*{set:04}*005010X222A1~\nBHT*0019*00*BATCH{set:04}*20260301*1200*CH~\n\
             NM1*41*2*SYNTHETIC BILLING*****46*SUBMIT01~\nPER*IC*DESK*TE*5555550100~\n\
             NM1*40*2*SYNTHETIC PAYER*****46*PAYER01~\nHL*1**20*1~\nNM1*85*2*SYNTHETIC CLINIC*****XX*1234567893~\n\
             N3*1 SAMPLE ST~\nN4*SPRINGFIELD*IL*627010001~\nREF*EI*123456789~\n"
        );
        for claim in 1..=SET_CLAIMS {
            let _ = write!(
                out,
                "HL*{}*1*22*0~\nSBR*P*18*******CI~\nNM1*IL*1*DOE*ALEX****MI*MEM{claim:07}~\nN3*2 SAMPLE ST~\n\
                 N4*SPRINGFIELD*IL*62701~\nDMG*D8*19800101*F~\nNM1*PR*2*SYNTHETIC PAYER*****PI*PAYER01~\n\
                 CLM*C{set:02}{claim:07}*92.25***11:B:1*Y*A*Y*Y~\nREF*D9*SENDERREF{claim:07}~\nHI*ABK:J0190*ABF:E119~\n\
                 LX*1~\nSV1*HC:99214*80*UN*1***1~\nDTP*472*D8*20260216~\nREF*6R*C{claim:07}L1~\n\
                 LX*2~\nSV1*HC:85025*12.25*UN*1***1:2~\nDTP*472*D8*20260218~\nREF*6R*C{claim:07}L2~\n",
                claim + 1
            );
        }
        let segments = out.get(from..).unwrap_or_default().matches('~').count() + 1;
        let _ = writeln!(out, "SE*{segments}*{set:04}~");
    }
    let _ = writeln!(out, "GE*{sets}*1~\nIEA*1*000000001~");
    out.into_bytes()
}

#[derive(Default)]
struct Count {
    findings: u64,
    items: u64,
}

impl Visitor for Count {
    fn finding(&mut self, _: &Finding) {
        self.findings += 1;
    }

    fn set_end(&mut self, set: &SetEnd<'_>) {
        self.items += set.items;
    }
}

fn validate(file: &[u8], snip_max: Snip) {
    let mut count = Count::default();
    let _ = engine::run(file, Options { snip_max, ..Options::default() }, &mut count);
    assert_eq!((count.findings, count.items), (0, CLAIMS as u64));
}

fn speed(criterion: &mut Criterion) {
    let file = file();
    let mut group = criterion.benchmark_group("837P");
    group.throughput(Throughput::Bytes(file.len() as u64));
    group.sample_size(20);
    let mut found = Index::default();
    let mut index = |scan: fn(&[u8], u32, &Delimiters, &mut Index)| {
        for block in file.chunks(64 * 1024) {
            found.clear();
            scan(block, 0, &Delimiters::default(), &mut found);
            black_box(&found);
        }
    };
    group.bench_function("scan", |bencher| bencher.iter(|| index(scan)));
    group.bench_function("scan, safe twin", |bencher| bencher.iter(|| index(scan_scalar)));
    group.bench_function("validate, SNIP 1-2", |bencher| bencher.iter(|| validate(&file, Snip::Guide)));
    group.bench_function("validate, SNIP 1-7", |bencher| bencher.iter(|| validate(&file, Snip::Partner)));
    group.finish();
}

criterion_group!(benches, speed);
criterion_main!(benches);
