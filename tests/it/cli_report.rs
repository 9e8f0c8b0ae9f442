//! `validate --report`: the page, as a real browser shows it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::{TempDir, tempdir};

use crate::support::program::run;

/// A value that is markup, and would take over the page if it were let.
const MARKUP: &str = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>";

/// The page as the browser holds it after it ran whatever there is to run.
fn rendered(folder: &Path, page: &str) -> String {
    let profile = tempdir().unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg("--window-size=1366,900")
        .arg(format!("file://{}", folder.join(page).display()))
        .stdin(Stdio::null())
        .output()
        .expect("chromium opens the report; the package chromium has it (`make test-tools`)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A folder with `bad.edi`: claims whose charges are wrong, and a name that is markup.
fn folder(count: usize) -> TempDir {
    let folder = tempdir().unwrap();
    let line =
        format!("generate 005010X222A1 --count {count} --seed 2 --bad-every 1 --items-per-set {count} -o made.edi");
    assert_eq!(run(folder.path(), &line).code, 0);
    let text = fs::read_to_string(folder.path().join("made.edi")).unwrap();
    let mut segments: Vec<String> = text.split("~\n").map(str::to_owned).collect();
    let address = segments.iter().rposition(|segment| segment.starts_with("N3*")).unwrap();
    segments[address] = format!("N3*{MARKUP}*{MARKUP}");
    fs::write(folder.path().join("bad.edi"), segments.join("~\n")).unwrap();
    folder
}

fn report(folder: &Path, line: &str) -> String {
    let ran = run(folder, line);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    rendered(folder, "report.html")
}

#[test]
fn a_browser_shows_counts_groups_and_context() {
    let folder = folder(40);
    let dom = report(folder.path(), "validate bad.edi --report report.html");
    assert!(dom.contains("<title>Validation of bad.edi</title>"), "{}", &dom[..500]);
    // The stylesheet's hash in the policy is right, or no rule of it would be there.
    assert!(!dom.contains("<script") && dom.contains("default-src 'none'"));
    for part in
        ["By SNIP type", "By rule", "<h4>", "claim-charge-total", "277CA A7:400", "To mend", "<mark>", "2300</b> claim"]
    {
        assert!(dom.contains(part), "{part}");
    }
    // Two segments on each side of the one that is meant, and its element marked.
    let first = dom.split("<pre>").nth(1).unwrap().split("</pre>").next().unwrap();
    assert_eq!((first.matches("class=\"c\"").count(), first.matches("class=\"s\"").count()), (4, 1), "{first}");
    assert!(dom.contains("more, not shown"), "places past the limit are counted");
}

#[test]
fn no_value_stands_in_the_page_unless_it_is_asked_for() {
    let folder = folder(6);
    let text = fs::read_to_string(folder.path().join("bad.edi")).unwrap();
    let names: Vec<&str> = text
        .split("~\n")
        .filter(|segment| segment.starts_with("NM1*82") || segment.starts_with("CLM*"))
        .map(|segment| segment.split('*').nth(if segment.starts_with("CLM") { 1 } else { 9 }).unwrap())
        .collect();
    let shown = |page: &str| names.iter().filter(|name| page.contains(**name)).count();
    let masked = report(folder.path(), "validate bad.edi --report report.html");
    assert!(!names.is_empty() && shown(&masked) == 0 && !masked.contains("taken"));
    let clear = report(folder.path(), "validate bad.edi --report report.html --show-values");
    assert!(shown(&clear) > 0 && clear.contains("they may be PHI"));
}

#[test]
fn markup_in_values_and_names_stays_text() {
    let folder = folder(3);
    let name = "<b>bad<img src=x onerror=alert(1)>.edi";
    fs::copy(folder.path().join("bad.edi"), folder.path().join(name)).unwrap();
    let line = format!("validate {} --report report.html --show-values", name.replace(' ', "_"));
    fs::rename(folder.path().join(name), folder.path().join(name.replace(' ', "_"))).unwrap();
    let dom = report(folder.path(), &line);
    assert!(dom.contains("document.title='taken'"), "the value is there, as text");
    assert!(dom.contains("<title>Validation of &lt;b&gt;bad&lt;img_src=x"), "{}", &dom[..900]);
    for markup in ["<img", "<script", "<b>bad"] {
        assert!(!dom.contains(markup), "{markup}");
    }
}

#[test]
fn ten_thousand_faults_stay_a_page_that_can_be_read() {
    let folder = folder(10_000);
    let dom = report(folder.path(), "validate bad.edi --report report.html");
    let size = fs::metadata(folder.path().join("report.html")).unwrap().len();
    assert!(size < 1 << 20, "{size} bytes");
    let errors: u64 = dom
        .split("<div class=\"tile error\"><b>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .replace(',', "")
        .parse()
        .unwrap();
    assert!(errors >= 10_000, "{errors}");
}

#[test]
fn a_clean_file_and_several_files_have_a_page_too() {
    let folder = folder(2);
    assert_eq!(run(folder.path(), "generate 005010X279A1 --count 2 -o clean.edi").code, 0);
    assert_eq!(run(folder.path(), "validate clean.edi --report report.html").code, 0);
    let dom = rendered(folder.path(), "report.html");
    assert!(dom.contains("Nothing was found wrong") && dom.contains(">Clean<"));
    let dom = report(folder.path(), "validate clean.edi bad.edi --json --report report.html");
    assert!(dom.contains("2 files") && dom.contains("<a href=\"#f2\">bad.edi</a>"));
}
