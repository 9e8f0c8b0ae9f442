//! The simulated payer over raw HTTP, with each of its faults.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use tempfile::{TempDir, tempdir};
use tradewind::payer::{BODY_BYTES_MAX, Entry, read};

use crate::support::program::{Background, run, run_with, tradewind};

/// Longer than any answer takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

struct Payer {
    folder: TempDir,
    address: String,
    _program: Background,
}

impl Payer {
    fn start(folder: TempDir, options: &str) -> Self {
        let line = format!("payer --listen 127.0.0.1:0 --record record.ndjson{options}");
        let mut child = tradewind(folder.path()).args(line.split(' ')).spawn().unwrap();
        let mut told = String::new();
        BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut told).unwrap();
        let address = told.trim().rsplit_once("http://").expect("an address").1.to_owned();
        Self { folder, address, _program: Background(child) }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Sends a request and reads to the connection's end: status (0 where none came) and body.
    fn call(&self, request: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        // A cut may come as an end or as a reset.
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        (status, body.to_owned())
    }

    fn post(&self, path: &str, body: &[u8]) -> (u16, String) {
        self.call(&request(path, body))
    }

    fn get(&self, path: &str) -> (u16, String) {
        self.call(format!("GET {path} HTTP/1.1\r\nhost: payer\r\nconnection: close\r\n\r\n").as_bytes())
    }

    fn record(&self) -> Vec<Entry> {
        read(&self.path().join("record.ndjson")).unwrap()
    }
}

fn request(path: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: payer\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Claims with REF*D9 in each: C0001, C0002 …
fn claims(folder: &Path, seed: u32, count: u32) -> String {
    let text = run(folder, &format!("generate 005010X222A1 --count {count} --seed {seed}")).text().to_owned();
    let mut out = String::new();
    let (mut claim, mut added, mut due) = (0, 0, false);
    for line in text.lines() {
        due |= line.starts_with("CLM*");
        if due && ["K3*", "NTE*", "CR1*", "CR2*", "CRC*", "HI*"].iter().any(|behind| line.starts_with(behind)) {
            (claim, added, due) = (claim + 1, added + 1, false);
            out.push_str(&format!("REF*D9*C{claim:04}~\n"));
        }
        match line.strip_prefix("SE*").and_then(|rest| rest.split_once('*')) {
            Some((segments, rest)) => {
                out.push_str(&format!("SE*{}*{rest}\n", segments.parse::<u32>().unwrap() + added));
            }
            None => out.push_str(&format!("{line}\n")),
        }
    }
    out
}

fn isa13(text: &str) -> String {
    text.split('*').nth(13).unwrap().to_owned()
}

fn start() -> Payer {
    Payer::start(tempdir().unwrap(), "")
}

#[test]
fn claims_get_999_and_277ca_with_the_senders_identifier_and_the_payers_number() {
    let payer = start();
    let claims = claims(payer.path(), 1, 3);
    assert_eq!(run_with(payer.path(), "validate -", claims.as_bytes()).code, 0);
    let (status, answer) = payer.post("/x12", claims.as_bytes());
    assert_eq!(status, 200, "{answer}");
    assert_eq!(run_with(payer.path(), "validate -", answer.as_bytes()).code, 0, "{answer}");
    assert!(answer.contains("~ST*999*") && answer.contains("~IK5*A~"));
    assert!(answer.contains("~NM1*PR*2*SIMULATED PAYER*") && !answer.contains("~TA1*"));
    for claim in ["C0001", "C0002", "C0003"] {
        assert!(answer.contains(&format!("~REF*D9*{claim}~")), "{answer}");
    }
    assert_eq!(answer.matches("~REF*1K*").count(), 3);
    let entry = payer.record().pop().unwrap();
    assert_eq!((entry.interchange, entry.inquiries), (isa13(&claims), 0));
    assert_eq!(entry.claims, ["C0001", "C0002", "C0003"]);
    let wanting = claims.replacen("*0*T*:~", "*1*T*:~", 1);
    assert!(payer.post("/x12", wanting.as_bytes()).1.contains("~TA1*"));
}

#[test]
fn what_comes_twice_is_recorded_twice_and_bad_claims_are_rejected() {
    let payer = start();
    let claims = claims(payer.path(), 2, 2);
    let bad = claims.replacen("SV1*HC:", "SV1*XX:", 1);
    for body in [&claims, &claims, &bad] {
        assert_eq!(payer.post("/x12", body.as_bytes()).0, 200);
    }
    let all: Vec<String> = payer.record().into_iter().flat_map(|entry| entry.claims).collect();
    assert_eq!(all, ["C0001", "C0002"].repeat(3));
    let (_, answer) = payer.post("/x12", bad.as_bytes());
    assert!(answer.contains("*U*") && answer.contains("~REF*D9*C0001~"), "{answer}");
}

#[test]
fn an_inquiry_gets_one_271_and_an_unknown_member_a_rejection_in_it() {
    let payer = start();
    let inquiry = run(payer.path(), "generate 005010X279A1 --count 6 --seed 5").text().to_owned();
    let (status, answer) = payer.post("/x12", inquiry.as_bytes());
    assert_eq!(status, 200);
    let validated = run_with(payer.path(), "validate -", answer.as_bytes());
    assert!(
        validated.code == 0 && validated.text().contains("271 005010X279A1: 1 set(s), 0 of them rejected; 6 item(s)")
    );
    assert!(answer.matches("ISA*").count() == 1 && !answer.contains("ST*999*"));
    for trace in inquiry.lines().filter_map(|line| line.strip_prefix("TRN*1*")) {
        assert!(answer.contains(&format!("TRN*2*{}", trace.trim_end_matches('~'))), "{answer}");
    }
    assert_eq!(payer.record()[0].inquiries, 6);
    let services = inquiry.replacen("EQ*30~", "EQ*30^88^98~", 1);
    let (_, answer) = payer.post("/x12", services.as_bytes());
    assert!(answer.contains("EB*1**30~EB*1**88~EB*1**98~"), "{answer}");
    let unknown = inquiry.replace("*MI*W", "*MI*REJECT");
    let (_, answer) = payer.post("/x12", unknown.as_bytes());
    let validated = run_with(payer.path(), "validate -", answer.as_bytes());
    assert_eq!(validated.code, 0, "{}", validated.text());
    assert!(answer.contains("~AAA*N**75*C~") && !answer.contains("~EB*"), "{answer}");
    let faulty = inquiry.replacen("BHT*0022*13*", "BHT*0022*99*", 1);
    let (_, answer) = payer.post("/x12", faulty.as_bytes());
    assert!(answer.contains("~ST*999*") && answer.contains("~IK5*R*") && !answer.contains("~ST*271*"), "{answer}");
}

#[test]
fn a_status_query_gives_the_answer_again_also_after_a_restart() {
    let payer = start();
    let claims = claims(payer.path(), 3, 1);
    let path = format!("/status/{}", isa13(&claims));
    assert_eq!(payer.get(&path).0, 404);
    let (_, answer) = payer.post("/x12", claims.as_bytes());
    assert_eq!(payer.get(&path), (200, answer.clone()));
    assert_eq!(payer.get("/status/none").0, 404);
    let Payer { folder, _program: program, .. } = payer;
    drop(program);
    let record = fs::read_to_string(folder.path().join("record.ndjson")).unwrap();
    assert!(!record.contains("277") && !record.contains("SIMULATED"), "answers are sealed: {record}");
    let again = Payer::start(folder, "");
    assert_eq!(again.get(&path), (200, answer.clone()));
    let (_, second) = again.post("/x12", claims.as_bytes());
    assert_ne!(isa13(&second), isa13(&answer), "control numbers go on after a restart");
}

#[test]
fn each_fault_shows_and_takes_what_it_says() {
    let payer = Payer::start(
        tempdir().unwrap(),
        " --fault refuse:1 --fault cut:1 --fault garbage:1 --fault late:1 --fault slow=20:1",
    );
    let bodies: Vec<String> = (10..16).map(|seed| claims(payer.path(), seed, 1)).collect();
    let answers: Vec<(u16, String)> = bodies.iter().map(|body| payer.post("/x12", body.as_bytes())).collect();
    let [refused, cut, garbage, late, slow, none] = answers.as_slice() else { panic!("six answers") };
    assert_eq!(refused.0, 503);
    assert_eq!(cut, &(0, String::new()));
    assert!(garbage.0 == 200 && !garbage.1.contains("ISA*"));
    assert_eq!((late.0, late.1.as_str()), (202, ""));
    assert!(slow.0 == 200 && slow.1.contains("ST*999*"));
    assert!(none.0 == 200 && none.1.contains("ST*999*"));
    let taken: Vec<String> = payer.record().into_iter().map(|entry| entry.interchange).collect();
    assert_eq!(taken, bodies[1..].iter().map(|body| isa13(body)).collect::<Vec<_>>());
    let status = |body: &str| payer.get(&format!("/status/{}", isa13(body))).0;
    assert_eq!(bodies.iter().map(|body| status(body)).collect::<Vec<_>>(), [404, 200, 200, 200, 200, 200]);
}

#[test]
fn faults_are_planned_anew_while_it_runs_and_a_call_that_hangs_was_taken() {
    let payer = start();
    assert_eq!(payer.post("/faults", b"hang:1\nrefuse\n").0, 204);
    let (first, second) = (claims(payer.path(), 20, 1), claims(payer.path(), 21, 1));
    let mut hanging = TcpStream::connect(&payer.address).unwrap();
    hanging.write_all(&request("/x12", first.as_bytes())).unwrap();
    let deadline = std::time::Instant::now() + PATIENCE;
    while payer.get(&format!("/status/{}", isa13(&first))).0 != 200 {
        assert!(std::time::Instant::now() < deadline, "what hangs was never taken");
    }
    hanging.set_nonblocking(true).unwrap();
    assert_eq!(hanging.read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!([payer.post("/x12", second.as_bytes()).0, payer.post("/x12", second.as_bytes()).0], [503, 503]);
    assert_eq!(payer.post("/faults", b"").0, 204);
    assert_eq!(payer.post("/x12", second.as_bytes()).0, 200);
    assert_eq!(payer.post("/faults", b"explode").0, 400);
}

#[test]
fn nothing_is_taken_of_what_is_cut_or_no_x12() {
    let payer = start();
    let claims = claims(payer.path(), 30, 1);
    assert_eq!(payer.post("/x12", b"hello").0, 400);
    assert_eq!(payer.post("/x12", b"").0, 400);
    let whole = request("/x12", claims.as_bytes());
    let mut stream = TcpStream::connect(&payer.address).unwrap();
    stream.write_all(&whole[..whole.len() - 40]).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let _ = stream.read_to_end(&mut Vec::new());
    assert_eq!(payer.get(&format!("/status/{}", isa13(&claims))).0, 404);
    assert_eq!(payer.record(), []);
}

#[test]
fn a_body_may_have_its_limit_and_not_a_byte_more() {
    let payer = start();
    let blanks = vec![b'x'; 1 << 20];
    for (bytes, status) in [(BODY_BYTES_MAX, 400), (BODY_BYTES_MAX + 1, 413)] {
        let mut stream = TcpStream::connect(&payer.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!("POST /x12 HTTP/1.1\r\nhost: payer\r\nconnection: close\r\ncontent-length: {bytes}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut left = usize::try_from(bytes).unwrap();
        while left > 0 {
            let chunk = left.min(blanks.len());
            stream.write_all(&blanks[..chunk]).unwrap();
            left -= chunk;
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{bytes}: {answer}");
    }
    let one = claims(payer.path(), 40, 1);
    for (count, status) in [(100, 200), (101, 400)] {
        assert_eq!(payer.post("/x12", one.repeat(count).as_bytes()).0, status);
    }
    assert_eq!(payer.record().len(), 100);
}
