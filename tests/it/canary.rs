//! Values that must not stand anywhere in clear, put in by every door and then looked for everywhere.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::canary::{Hit, search};
use crate::support::gateway::{Gateway, Options};
use crate::support::gnupg::Gnupg;
use crate::support::ledger::value;
use crate::support::program::run_with;
use crate::support::rest::{JSON, Rest, X12};
use crate::support::wait::until;
use crate::support::x12::{claims, inquiries};

/// Canaries of one door: all that says who somebody is.
struct Planted {
    door: &'static str,
}

impl Planted {
    fn canary(&self, what: &str) -> String {
        format!("CNRY{what}{}", self.door)
    }

    fn all(&self) -> Vec<String> {
        ["LAST", "FIRST", "STREET", "MEMBER", "CLAIM", "BATCH", "FILE", "KEY", "CODE"]
            .map(|what| self.canary(what))
            .to_vec()
    }

    /// A file whose people, claims and batches are canaries.
    fn in_file(&self, file: &str) -> String {
        let line = |line: &str| {
            let mut elements: Vec<String> = line.trim_end_matches('~').split('*').map(str::to_owned).collect();
            let mut set = |at: usize, value: String| elements[at] = value;
            match line.split('*').take(2).collect::<Vec<_>>()[..] {
                ["NM1", "IL"] => {
                    set(3, self.canary("LAST"));
                    set(4, self.canary("FIRST"));
                    set(9, self.canary("MEMBER"));
                }
                ["NM1", "QC"] => {
                    set(3, self.canary("LAST"));
                    set(4, self.canary("FIRST"));
                }
                ["N3", _] => set(1, format!("7 {}", self.canary("STREET"))),
                ["CLM", _] => set(1, self.canary("CLAIM")),
                ["TRN", "1"] => set(2, self.canary("CLAIM")),
                ["BHT", _] => set(3, self.canary("BATCH")),
                _ => {}
            }
            format!("{}~\n", elements.join("*"))
        };
        file.lines().map(line).collect()
    }

    fn claims(&self, seed: u64) -> String {
        self.in_file(&claims(seed, 1))
    }

    fn inquiry(&self, seed: u64) -> String {
        self.in_file(&inquiries(seed, 1))
    }

    fn file(&self, ending: &str) -> String {
        format!("{}.{ending}", self.canary("FILE"))
    }
}

fn json(gateway: &Gateway, x12: &str) -> String {
    let lines = run_with(gateway.folder(), "convert - --to ndjson", x12.as_bytes());
    lines.text().lines().find(|line| line.contains("\"guide\"")).expect("an item").to_owned()
}

/// Good files, by every door.
fn put_in_what_is_good(gateway: &Gateway, gnupg: &Gnupg) -> Vec<String> {
    let doors =
        ["PLAINSFTP", "PGPSFTP", "RESTXTWELVE", "RESTJSON", "ASKXTWELVE", "ASKJSON"].map(|door| Planted { door });
    let [plain, pgp, x12, as_json, ask, ask_json] = &doors;
    let (sftp, clinic) = (gateway.sftp("clinic"), gateway.rest("clinic"));
    let ours = gnupg.import(&gateway.public_key());
    sftp.put(&plain.file("x12"), plain.claims(131).as_bytes());
    let literal = ["--set-filename", &pgp.canary("FILE"), "--recipient", &ours, "--sign", "--encrypt"];
    sftp.put(&pgp.file("pgp.part"), &gnupg.write(&literal, pgp.claims(132).as_bytes()));
    sftp.run(&format!("rename in/{0}.part in/{0}", pgp.file("pgp")));
    let post = |planted: &Planted, path: &str, content: &str, body: &str, status: u16| {
        let key = planted.canary("KEY");
        for _ in 0..2 {
            clinic
                .post_with(path, content, &[("idempotency-key", &key), ("accept", JSON)], body.as_bytes())
                .expect(status);
        }
    };
    post(x12, "/v1/transactions", X12, &x12.claims(133), 202);
    post(as_json, "/v1/transactions", JSON, &json(gateway, &as_json.claims(134)), 202);
    post(ask, "/v1/eligibility", X12, &ask.inquiry(135), 200);
    post(ask_json, "/v1/eligibility", JSON, &json(gateway, &ask_json.inquiry(136)), 200);
    // A repeat, and the same number with other content.
    sftp.put(&plain.file("again"), plain.claims(131).as_bytes());
    sftp.put(&plain.file("other"), plain.claims(131).replace("*11:B:1", "*12:B:1").as_bytes());
    doors.iter().flat_map(Planted::all).collect()
}

/// Bad files, names, paths, tokens and headers.
fn put_in_what_is_bad(gateway: &Gateway, gnupg: &Gnupg) -> Vec<String> {
    let bad = Planted { door: "BADINPUT" };
    let (sftp, clinic) = (gateway.sftp("clinic"), gateway.rest("clinic"));
    let file = bad.claims(141);
    let stranger = Gnupg::new("ed25519", "cv25519");
    let files = [
        file.as_bytes()[..file.len() - 60].to_vec(),
        file.replace("*11:B:1*", &format!("*{}:B:1*", bad.canary("CODE"))).into_bytes(),
        file.replace("*MI*", &format!("*{}*", bad.canary("CODE"))).into_bytes(),
        file.replace("GS*HC", "GS*HP").into_bytes(),
        file.replace("PAYER01", &bad.canary("CODE")).into_bytes(),
        file.replace("DMG*D8*", &format!("DMG*D8*{}", bad.canary("CODE"))).into_bytes(),
        file.replace("CLM*", &format!("{}*", &bad.canary("CODE"))).into_bytes(),
        bad.canary("LAST").into_bytes(),
        file.replacen("ZZ*CLINIC ", "ZZ*CNRYLAST", 1).into_bytes(),
        gnupg.seal(&gnupg.own, file.as_bytes()),
        stranger.write(&["--sign"], file.as_bytes()),
        [b"-----BEGIN PGP MESSAGE-----\n\n".as_slice(), STANDARD.encode(&file).as_bytes()].concat(),
    ];
    for (content, number) in files.iter().zip(0..) {
        sftp.put(&bad.file(&format!("{number}.x12")), content);
    }
    sftp.local("upload", file.as_bytes());
    let name = bad.canary("FILE");
    for batch in [
        format!("put upload ../{name}"),
        format!("mkdir in/{name}"),
        format!("get out/{name}"),
        format!("rm in/{name}"),
    ] {
        assert!(!sftp.batch(&batch).status.success(), "{batch}");
    }
    let unknown = format!("{{\"guide\": \"005010X222A1\", \"{}\": \"{}\"}}", bad.canary("KEY"), bad.canary("LAST"));
    let json = json(gateway, &bad.claims(142)).replace("\"MI\"", &format!("\"{}\"", bad.canary("CODE")));
    for path in ["/v1/transactions", "/v1/eligibility"] {
        for (content, body) in [
            (JSON, unknown.as_bytes()),
            (JSON, file.as_bytes()),
            (JSON, json.as_bytes()),
            (X12, files[7].as_slice()),
            (X12, files[2].as_slice()),
        ] {
            clinic.post(path, content, body);
        }
        let long = "x".repeat(200) + &bad.canary("KEY");
        clinic.post_with(path, X12, &[("idempotency-key", &long)], file.as_bytes());
        clinic.post(path, &bad.canary("CODE"), file.as_bytes());
        Rest { token: bad.canary("KEY"), ..clinic.clone() }.post(path, X12, file.as_bytes());
    }
    for path in ["/v1/transactions/", "/v1/files/", "/v1/files/00000000000000000000?after=", "/", "/problems/"] {
        assert!(clinic.get(&format!("{path}{name}")).status >= 400);
    }
    bad.all()
}

/// Payers that break off, answer with other things, or reject whom they do not know.
fn have_payers_misbehave(gateway: &Gateway) -> Vec<String> {
    let odd = Planted { door: "ODDPAYER" };
    let clinic = gateway.rest("clinic");
    for (fault, seed) in [("garbage:1", 151), ("cut:1", 152), ("refuse:1", 153)] {
        gateway.payer.plan(fault);
        clinic.post("/v1/eligibility", X12, odd.inquiry(seed).as_bytes());
    }
    gateway.payer.plan("");
    let rejected = odd.inquiry(154).replace(&odd.canary("MEMBER"), "REJECTCNRYMEMBER");
    clinic.post("/v1/eligibility", X12, rejected.as_bytes());
    gateway.payer.plan("cut:1");
    gateway.receiver.fail(2);
    gateway.sftp("clinic").put(&odd.file("x12"), odd.claims(155).as_bytes());
    [odd.all(), vec!["REJECTCNRYMEMBER".to_owned()]].concat()
}

#[test]
fn no_canary_stands_anywhere_in_clear_whatever_door_it_came_by() {
    let gnupg = Gnupg::new("ed25519", "cv25519");
    let mut gateway =
        Gateway::with(&Options { gnupg: Some(&gnupg), pgp: "plain-allowed = true", ..Options::default() });
    let mut canaries = put_in_what_is_good(&gateway, &gnupg);
    canaries.extend(put_in_what_is_bad(&gateway, &gnupg));
    canaries.extend(have_payers_misbehave(&gateway));
    let data = gateway.data().to_owned();
    until("the end of all work", || {
        let open = "SELECT (SELECT count(*) FROM outbox WHERE state = 'ready') + \
                    (SELECT count(*) FROM notification WHERE state = 'queued')";
        // With a broker, jobs leave the outbox before they are done.
        (value(&data, open) == "0" && gateway.receiver.hooks().len() >= 5).then_some(())
    });
    assert!(gateway.receiver.hooks().iter().any(|hook| hook.body.to_string().contains("CNRYCLAIMPGPSFTP")));
    assert_eq!(search(&gateway, &canaries), []);
    // What a process that was killed leaves behind, too.
    gateway.sftp("clinic").put("CNRYFILEPLAINSFTP.last", claims(161, 3).as_bytes());
    gateway.kill();
    gateway.run();
    assert_eq!(search(&gateway, &canaries), []);
}

#[test]
fn a_leak_that_is_planted_on_purpose_is_found_in_every_form() {
    let gateway = Gateway::start();
    let canary = ["CnryPlantedLeak".to_owned()];
    assert_eq!(search(&gateway, &canary), []);
    let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(bytes).collect() };
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02X}")).collect::<String>().into_bytes();
    let leaks: [(&str, Vec<u8>); 10] = [
        ("as it is", b"name=CnryPlantedLeak;".to_vec()),
        ("as it is", b"CNRYPLANTEDLEAK".to_vec()),
        ("UTF-16 LE", wide("cnryplantedleak", u16::to_le_bytes)),
        ("UTF-16 BE", wide("CNRYPLANTEDLEAK", u16::to_be_bytes)),
        ("hex", hex("CnryPlantedLeak")),
        ("hex", hex("cnryplantedleak")),
        ("base64", STANDARD.encode("CnryPlantedLeak").into_bytes()),
        ("base64", STANDARD.encode("{\"name\":\"CNRYPLANTEDLEAK\"}").into_bytes()),
        ("base64", STANDARD.encode("a cnryplantedleak b").into_bytes()),
        ("as it is", [&[0xff; 100][..], b"cnryPLANTEDleak"].concat()),
    ];
    let file = gateway.data().join("objects/leak");
    for (form, content) in leaks {
        fs::write(&file, &content).unwrap();
        let hits = search(&gateway, &canary);
        let here = Hit { place: file.display().to_string(), form };
        assert!(hits.contains(&here) && hits.iter().all(|hit| hit.place == here.place), "{form} {content:?}: {hits:?}");
    }
    fs::remove_file(&file).unwrap();
    // A name of a file leaks as well as its content.
    let named = gateway.data().join("objects/CnryPlantedLeak.x12");
    fs::write(&named, "").unwrap();
    assert_eq!(search(&gateway, &canary).len(), 1);
    fs::remove_file(&named).unwrap();
    assert_eq!(search(&gateway, &canary), []);
}
