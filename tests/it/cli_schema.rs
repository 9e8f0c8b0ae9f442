//! What we write as JSON, under a validator that is not ours.

use std::fs;

use tempfile::tempdir;

use crate::support::program::run;
use crate::support::python::python;

/// Every guide by the name that `generate` takes.
const GUIDES: [&str; 15] = [
    "005010X222A1",
    "005010X223A2",
    "005010X224A2",
    "005010X221A1",
    "005010X220A1",
    "005010X218",
    "005010X279A1/270",
    "005010X279A1/271",
    "005010X212/276",
    "005010X212/277",
    "005010X214",
    "005010X217/278",
    "005010X217/278-response",
    "005010X186A1",
    "005010X231A1",
];

#[test]
fn every_json_that_is_written_is_valid_by_the_schemas_that_are_published() {
    let folder = tempdir().unwrap();
    let run = |line: &str| run(folder.path(), line);
    let write = |name: &str, line: &str| {
        let ran = run(line);
        assert_eq!(ran.code, 0, "{line}: {}", ran.stderr);
        fs::write(folder.path().join(name), &ran.stdout).unwrap();
    };
    write("file.schema", "guide schema");
    for (at, guide) in GUIDES.iter().enumerate() {
        write("file.edi", &format!("generate {guide} --count 3 --seed 5"));
        write(&format!("{at}.json"), "convert file.edi --to json");
        let lines = run("convert file.edi --to ndjson");
        // The guide's schema goes by the name that its items give: the 278's sides by BHT02.
        let id = guide.replace("-response", "/11").replace("217/278", "217/278/13").replace("/13/11", "/11");
        write(&format!("{at}.schema"), &format!("guide schema {id}"));
        fs::write(folder.path().join(format!("{at}.ndjson")), &lines.stdout).unwrap();
    }
    write("ta1.edi", "generate TA1 --count 2");
    write("ta1.json", "convert ta1.edi --to json");
    let told = python("json_schema.py", folder.path());
    assert_eq!(told["documents"], 16);
    assert!(told["items"].as_u64().unwrap() > 30, "{told}");
}
