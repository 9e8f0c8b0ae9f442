//! What a panic tells.

use std::process::Command;

const CHILD: &str = "TRADEWIND_TEST_PANIC";

/// The test runs itself again with the program's hook, and panics there.
#[test]
fn a_panic_tells_its_place_and_not_its_message() {
    if std::env::var_os(CHILD).is_some() {
        tradewind::panics::tell_place_only();
        panic!("CANARY {}", 1 + 1);
    }
    let name = "panics::a_panic_tells_its_place_and_not_its_message";
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args([name, "--exact", "--nocapture"]).env(CHILD, "1").env("RUST_BACKTRACE", "full");
    let output = again.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success());
    assert!(told.contains("internal error at tests/it/panics.rs:"), "{told}");
    assert!(!told.contains("CANARY"), "{told}");
}
