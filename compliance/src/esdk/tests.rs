use proptest::prelude::*;

use super::*;
use crate::{EncryptionContext, SecretKey};

const FRAME: u32 = 16;

fn wrapping() -> WrappingKey {
    WrappingKey::new(
        "tradewind",
        "acme/3",
        &SecretKey::copy_from(&std::array::from_fn::<u8, 32, _>(|at| at as u8)).unwrap(),
    )
    .unwrap()
}

fn context() -> EncryptionContext {
    EncryptionContext::new().with("tw-partner", "acme").with("tw-purpose", "known-answer")
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at % 251) as u8).collect()
}

fn seal(plain: &[u8], frame_bytes: u32, piece: usize) -> Vec<u8> {
    let mut sealed = Vec::new();
    let mut sealer = Sealer::start_framed(&wrapping(), &context(), frame_bytes, &mut sealed).unwrap();
    for piece in plain.chunks(piece) {
        sealer.update(piece, &mut sealed).unwrap();
    }
    sealer.finish(&mut sealed).unwrap();
    sealed
}

/// What was released, and how it ended.
fn open_as(
    sealed: &[u8],
    piece: usize,
    key: &WrappingKey,
    context: &EncryptionContext,
) -> (Vec<u8>, Result<(), OpenError>) {
    let mut plain = Vec::new();
    let done = (|| {
        let Some((header, length)) = Header::parse(sealed, &HeaderLimits::default())? else {
            return Err(OpenError::Truncated { after_frame: 0 });
        };
        let mut opener = header.unlock(key, context)?;
        sealed[length..].chunks(piece).try_for_each(|piece| opener.update(piece, &mut plain))?;
        opener.finish()
    })();
    (plain, done)
}

fn open(sealed: &[u8], piece: usize) -> (Vec<u8>, Result<(), OpenError>) {
    open_as(sealed, piece, &wrapping(), &context())
}

/// Header, each frame, the final frame.
fn parts(sealed: &[u8]) -> Vec<Vec<u8>> {
    let (header, length) = Header::parse(sealed, &HeaderLimits::default()).unwrap().unwrap();
    let frame = header.layout().frame_bytes() as usize + 32;
    let mut parts = vec![sealed[..length].to_vec()];
    let mut rest = &sealed[length..];
    while rest[..4] != [0xff; 4] {
        parts.push(rest[..frame].to_vec());
        rest = &rest[frame..];
    }
    parts.push(rest.to_vec());
    parts
}

#[test]
fn opens_what_another_implementation_sealed() {
    let hex: String = include_str!("../../tests/data/aws_encryption_sdk_4.0.7.hex").split_whitespace().collect();
    let sealed: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    for piece in [1, 7, 1000] {
        assert_eq!(open(&sealed, piece), ("wholly synthetic content, ".repeat(6).into_bytes(), Ok(())));
    }
}

#[test]
fn round_trips_about_the_frame_length() {
    let frame = FRAME_BYTES as usize;
    for bytes in [0, 1, frame - 1, frame, frame + 1, 2 * frame, 2 * frame + 1, 1_000_000] {
        let plain = content(bytes);
        let mut sealed = Vec::new();
        let mut sealer = Sealer::start(&wrapping(), &context(), &mut sealed).unwrap();
        plain.chunks(70_000).for_each(|piece| sealer.update(piece, &mut sealed).unwrap());
        sealer.finish(&mut sealed).unwrap();
        let (opened, done) = open(&sealed, 99_991);
        assert!(opened == plain && done == Ok(()), "{bytes} bytes");
    }
}

proptest! {
    #[test]
    fn any_size_and_chunking_round_trips(
        bytes in 0usize..400, frame in 1u32..64, sealed_by in 1usize..90, opened_by in 1usize..90,
    ) {
        let plain = content(bytes);
        let sealed = seal(&plain, frame, sealed_by);
        prop_assert_eq!(open(&sealed, opened_by), (plain, Ok(())));
    }

    #[test]
    fn bytes_that_are_no_message_never_open(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(open(&bytes, 100).1.is_err());
        let with_front = [&[2, 4, 0x78][..], &bytes].concat();
        prop_assert!(open(&with_front, 100).1.is_err());
    }
}

#[test]
fn two_messages_of_the_same_content_share_nothing() {
    let (one, two) = (seal(b"same", FRAME, 9), seal(b"same", FRAME, 9));
    assert_ne!(one[3..35], two[3..35], "message id");
    assert_ne!(one[one.len() - 20..], two[two.len() - 20..]);
}

#[test]
fn a_flipped_bit_anywhere_fails_and_releases_only_what_stood_before() {
    let plain = content(40);
    let sealed = seal(&plain, FRAME, 40);
    for at in 0..sealed.len() {
        for bit in [1, 0x80] {
            let mut changed = sealed.clone();
            changed[at] ^= bit;
            let (released, done) = open(&changed, 1000);
            assert!(done.is_err(), "byte {at} is not covered");
            assert!(released.len() < plain.len() && plain.starts_with(&released), "byte {at} released what it changed");
        }
    }
}

#[test]
fn a_message_cut_anywhere_is_not_whole() {
    let sealed = seal(&content(40), FRAME, 40);
    for length in 0..sealed.len() {
        let (_, done) = open(&sealed[..length], 13);
        assert!(matches!(done, Err(OpenError::Truncated { .. })), "cut at {length}: {done:?}");
    }
    assert_eq!(open(&sealed, 13).1, Ok(()));
}

#[test]
fn frames_that_are_missing_moved_or_repeated_fail() {
    let sealed = seal(&content(40), FRAME, 40);
    let whole = parts(&sealed);
    assert_eq!(whole.len(), 4, "header, two frames, the final one");
    for order in [vec![0, 1, 2], vec![0, 1, 3], vec![0, 2, 1, 3], vec![0, 1, 1, 2, 3], vec![0, 3], vec![0, 1, 2, 3, 3]]
    {
        let changed: Vec<u8> = order.iter().flat_map(|part: &usize| whole[*part].clone()).collect();
        assert!(open(&changed, 1000).1.is_err(), "order {order:?}");
    }
}

#[test]
fn a_frame_of_another_message_does_not_fit() {
    let (one, two) = (parts(&seal(&content(40), FRAME, 40)), parts(&seal(&content(40), FRAME, 40)));
    for swapped in 1..4 {
        let mixed: Vec<u8> =
            (0..4).flat_map(|at| if at == swapped { two[at].clone() } else { one[at].clone() }).collect();
        let frame = u32::try_from(swapped).unwrap();
        assert_eq!(open(&mixed, 1000).1, Err(OpenError::NotAuthentic { part: "frame", frame }));
    }
}

#[test]
fn a_frame_does_not_pass_as_the_final_one() {
    let whole = parts(&seal(&content(32), FRAME, 40));
    let second = &whole[2];
    let renamed = [&[0xff; 4][..], &second[..16], &FRAME.to_be_bytes(), &second[16..]].concat();
    let changed = [&whole[0][..], &whole[1], &renamed].concat();
    assert_eq!(open(&changed, 1000).1, Err(OpenError::NotAuthentic { part: "frame", frame: 2 }));
}

#[test]
fn bytes_after_the_final_frame_fail() {
    let sealed = [seal(&content(40), FRAME, 40), vec![0]].concat();
    for piece in [1, 1000] {
        assert_eq!(open(&sealed, piece).1, Err(OpenError::Trailing));
    }
}

#[test]
fn a_message_that_failed_gives_no_more() {
    let sealed = seal(&content(40), FRAME, 40);
    let (header, length) = Header::parse(&sealed, &HeaderLimits::default()).unwrap().unwrap();
    let mut opener = header.unlock(&wrapping(), &context()).unwrap();
    let mut plain = Vec::new();
    assert!(opener.update(&[0; 200], &mut plain).is_err());
    assert_eq!(opener.update(&sealed[length..], &mut plain), Err(OpenError::Failed));
    assert!(plain.is_empty());
    assert_eq!(opener.finish(), Err(OpenError::Failed));
}

#[test]
fn only_the_same_context_opens() {
    let sealed = seal(b"content", FRAME, 40);
    let others = [
        EncryptionContext::new(),
        context().with("more", "1"),
        context().with("tw-partner", "bravo"),
        EncryptionContext::new().with("tw-partner", "acme"),
    ];
    for other in others {
        assert_eq!(open_as(&sealed, 1000, &wrapping(), &other), (Vec::new(), Err(OpenError::Context)));
    }
}

#[test]
fn only_the_same_key_opens() {
    let sealed = seal(b"content", FRAME, 40);
    let other = SecretKey::generate().unwrap();
    let same_name = WrappingKey::new("tradewind", "acme/3", &other).unwrap();
    let wrong = OpenError::NotAuthentic { part: "data key", frame: 0 };
    assert_eq!(open_as(&sealed, 1000, &same_name, &context()).1, Err(wrong));
    for (namespace, name) in [("tradewind", "acme/33"), ("tradewind", "acme/"), ("other", "acme/3")] {
        let key = WrappingKey::new(namespace, name, &other).unwrap();
        assert_eq!(open_as(&sealed, 1000, &key, &context()).1, Err(OpenError::NoKey));
    }
}

#[test]
fn what_is_sealed_is_always_bound_to_something() {
    let started = Sealer::start(&wrapping(), &EncryptionContext::new(), &mut Vec::new());
    assert_eq!(started.err(), Some(SealError::ContextEmpty));
}

#[test]
fn a_key_name_fits_up_to_its_limit() {
    let key = SecretKey::generate().unwrap();
    assert!(WrappingKey::new("tradewind", &"k".repeat(1024), &key).is_ok());
    let long = WrappingKey::new("tradewind", &"k".repeat(1025), &key);
    assert_eq!(long.err(), Some(SealError::NameTooLong { limit: 1024 }));
    let long = WrappingKey::new(&"k".repeat(1025), "k", &key);
    assert_eq!(long.err(), Some(SealError::NameTooLong { limit: 1024 }));
}

#[test]
fn header_claims_are_refused_one_past_their_limit() {
    let sealed = seal(b"content", FRAME, 40);
    let (header, _) = Header::parse(&sealed, &HeaderLimits::default()).unwrap().unwrap();
    let exact = HeaderLimits {
        context_bytes_max: header.context().to_bytes().unwrap().len(),
        wrapped_keys_max: 1,
        key_field_bytes_max: 48,
        frame_bytes_max: FRAME,
    };
    assert!(Header::parse(&sealed, &exact).unwrap().is_some());
    let tight: [fn(HeaderLimits) -> HeaderLimits; 4] = [
        |l| HeaderLimits { context_bytes_max: l.context_bytes_max - 1, ..l },
        |l| HeaderLimits { wrapped_keys_max: l.wrapped_keys_max - 1, ..l },
        |l| HeaderLimits { key_field_bytes_max: l.key_field_bytes_max - 1, ..l },
        |l| HeaderLimits { frame_bytes_max: l.frame_bytes_max - 1, ..l },
    ];
    for tighter in tight {
        assert!(matches!(Header::parse(&sealed, &tighter(exact)), Err(OpenError::Limit { .. })));
    }
}

#[test]
fn a_header_that_claims_much_is_refused_before_its_bytes_come() {
    let front = [&[2, 4, 0x78][..], &[0; 32], &[0xff, 0xff]].concat();
    let limits = HeaderLimits::default();
    assert!(matches!(Header::parse(&front, &limits), Err(OpenError::Limit { found: 65_535, .. })));
    let keys = [&[2, 4, 0x78][..], &[0; 32], &[0, 0], &[0xff, 0xff]].concat();
    assert!(matches!(Header::parse(&keys, &limits), Err(OpenError::Limit { found: 65_535, .. })));
    for (front, part) in [(&[1, 4, 0x78][..], "version"), (&[2, 5, 0x78], "suite"), (&[2, 4, 0x79], "suite")] {
        let refused = Header::parse(front, &limits).err();
        assert!(matches!(refused, Some(OpenError::Malformed { part: found, .. }) if found == part));
    }
}

#[test]
fn a_header_that_commits_to_another_key_fails_though_its_tag_verifies() {
    let (key, context_bytes) = (SecretKey::generate().unwrap(), context().to_bytes().unwrap());
    let wrapped = wrapping().wrap(&key, &context_bytes).unwrap();
    let mut message_key = suite::MessageKey::derive(&key, &[7; 32]).unwrap();
    for (flip, commits) in [(0, Ok(())), (1, Err(OpenError::NotAuthentic { part: "commitment", frame: 0 }))] {
        message_key.commitment[31] ^= flip;
        let mut bytes = Vec::new();
        header::write(&mut bytes, &message_key, &[7; 32], &context_bytes, &wrapped, FRAME).unwrap();
        let (header, _) = Header::parse(&bytes, &HeaderLimits::default()).unwrap().unwrap();
        assert_eq!(header.unlock(&wrapping(), &context()).map(|_| ()), commits);
    }
}

#[test]
fn the_frame_length_is_covered_by_the_headers_tag() {
    let mut sealed = seal(b"", FRAME, 40);
    let (_, length) = Header::parse(&sealed, &HeaderLimits::default()).unwrap().unwrap();
    sealed[length - 16 - 32 - 1] ^= 1;
    assert_eq!(open(&sealed, 1000).1, Err(OpenError::NotAuthentic { part: "header", frame: 0 }));
}

#[test]
fn the_final_frame_is_at_most_a_frame_long() {
    let sealed = seal(b"content", FRAME, 40);
    let (_, length) = Header::parse(&sealed, &HeaderLimits::default()).unwrap().unwrap();
    let mut longer = sealed;
    longer[length + 20..length + 24].copy_from_slice(&(FRAME + 1).to_be_bytes());
    assert_eq!(open(&longer, 1000).1, Err(OpenError::Limit { what: "bytes of the final frame", limit: 16, found: 17 }));
}

#[test]
fn a_reader_may_start_at_any_frame() {
    let plain = content(70);
    let sealed = seal(&plain, FRAME, 40);
    let (header, _) = Header::parse(&sealed, &HeaderLimits::default()).unwrap().unwrap();
    let (opener, layout) = (header.unlock(&wrapping(), &context()).unwrap(), header.layout());
    for at in 0..70u64 {
        let frame = layout.frame_of(at).unwrap();
        let mut opened = Vec::new();
        opener.at_frame(frame).update(&sealed[layout.sealed_start(frame) as usize..], &mut opened).unwrap();
        assert_eq!(opened, plain[layout.plain_start(frame) as usize..]);
        let wrong = opener.at_frame(frame + 1).update(&sealed[layout.sealed_start(frame) as usize..], &mut opened);
        assert!(wrong.is_err());
    }
}

#[test]
fn nothing_prints_a_key_or_content() {
    let mut sealed = Vec::new();
    let mut sealer = Sealer::start(&wrapping(), &context(), &mut sealed).unwrap();
    sealer.update(b"CANARY", &mut sealed).unwrap();
    let printed = format!("{sealer:?} {:?}", wrapping());
    assert!(
        !printed.contains("CANARY") && !printed.contains("67, 65, 78") && !printed.contains("1, 2, 3"),
        "{printed}"
    );
}
