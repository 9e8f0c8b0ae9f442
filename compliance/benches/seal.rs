//! Sealing and opening a message, beside the bare cipher over the same bytes: the ratio is what the format and its copies cost.

// A benchmark fails loudly, as a test does.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use tradewind_compliance::esdk::{FRAME_BYTES, Header, HeaderLimits, Sealer, WrappingKey};
use tradewind_compliance::{EncryptionContext, SecretKey};

const MESSAGE_BYTES: usize = 16 << 20;
/// As a door hands bytes on.
const PIECE_BYTES: usize = 32 * 1024;

fn seal(wrapping: &WrappingKey, context: &EncryptionContext, plain: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut sealer = Sealer::start(wrapping, context, out).unwrap();
    plain.chunks(PIECE_BYTES).for_each(|piece| sealer.update(piece, out).unwrap());
    sealer.finish(out).unwrap();
}

fn open(wrapping: &WrappingKey, context: &EncryptionContext, sealed: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let (header, length) = Header::parse(sealed, &HeaderLimits::default()).unwrap().unwrap();
    let mut opener = header.unlock(wrapping, context).unwrap();
    let (_, body) = sealed.split_at(length);
    for piece in body.chunks(PIECE_BYTES) {
        opener.update(piece, out).unwrap();
    }
    opener.finish().unwrap();
}

fn benches(criterion: &mut Criterion) {
    let key = SecretKey::generate().unwrap();
    let wrapping = WrappingKey::new("tradewind", "bench/1", &key).unwrap();
    let context = EncryptionContext::new().with("tw-partner", "bench");
    let plain = vec![0x5a; MESSAGE_BYTES];
    let mut sealed = Vec::with_capacity(MESSAGE_BYTES * 2);
    seal(&wrapping, &context, &plain, &mut sealed);
    let mut out = Vec::with_capacity(MESSAGE_BYTES * 2);
    let mut group = criterion.benchmark_group("message of 16 MiB");
    group.throughput(Throughput::Bytes(MESSAGE_BYTES as u64)).sample_size(20);
    group.bench_function("bare cipher in place", |bench| {
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.expose()).unwrap());
        let mut bytes = plain.clone();
        bench.iter(|| {
            for frame in bytes.chunks_mut(FRAME_BYTES as usize) {
                let nonce = Nonce::assume_unique_for_key([0; 12]);
                let _ = black_box(cipher.seal_in_place_separate_tag(nonce, Aad::empty(), frame).unwrap());
            }
        });
    });
    group.bench_function("seal", |bench| bench.iter(|| seal(&wrapping, &context, black_box(&plain), &mut out)));
    group.bench_function("open", |bench| bench.iter(|| open(&wrapping, &context, black_box(&sealed), &mut out)));
    group.finish();
    criterion.bench_function("seal and open 4 KiB", |bench| {
        let (small, mut there, mut back) = (vec![0x5a; 4096], Vec::new(), Vec::new());
        bench.iter(|| {
            seal(&wrapping, &context, black_box(&small), &mut there);
            open(&wrapping, &context, &there, &mut back);
        });
    });
}

criterion_group!(all, benches);
criterion_main!(all);
