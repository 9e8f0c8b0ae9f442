//! `validate --report`: one page that stands alone. It loads nothing, runs no script, and shows values only where it is asked to.

mod escape;
mod findings;
mod overview;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Validated;
use super::summary::Counts;
use super::words::grouped;
use escape::Escaped;

/// Places of a group that the page shows; the others are counted.
pub(super) const PLACES_MAX: usize = 10;
/// Files that one page may hold.
pub(super) const FILES_MAX: usize = 200;

const STYLE: &str = include_str!("page.css");

/// What the page is told beside the files.
pub(super) struct About {
    pub(super) snip_max: u8,
    pub(super) show_values: bool,
}

/// The page.
pub(super) fn page(files: &[Validated], about: &About) -> String {
    let mut out = head(files);
    header(&mut out, files, about);
    for (at, file) in files.iter().enumerate() {
        let at = at + 1;
        let _ = write!(out, "<section class=\"file\" id=\"f{at}\">\n<h2>{}</h2>\n", Escaped(&file.label));
        overview::write(&mut out, file, at);
        findings::write(&mut out, file, at);
        out.push_str("</section>\n");
    }
    out + "</main>\n</body>\n</html>\n"
}

fn head(files: &[Validated]) -> String {
    let style = STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, STYLE.as_bytes()));
    let title = match files {
        [only] => only.label.clone(),
        all => format!("{} files", all.len()),
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Validation of {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        Escaped(title)
    )
}

fn header(out: &mut String, files: &[Validated], about: &About) {
    let counts = files.iter().map(|file| file.summary.counts()).fold(Counts::default(), Counts::plus);
    let unread = files.iter().filter(|file| file.fault.is_some()).count();
    let (class, outcome) = match (unread, counts.errors, counts.warnings) {
        (1.., ..) => ("bad", "Could not be read"),
        (0, 1.., _) => ("bad", "Errors found"),
        (0, 0, 1..) => ("warn", "Warnings only"),
        (0, 0, 0) => ("good", "Clean"),
    };
    let name = match files {
        [only] => only.label.clone(),
        all => format!("{} files", all.len()),
    };
    let values = if about.show_values { "values shown: they may be PHI" } else { "values hidden" };
    let _ = write!(
        out,
        "<header>\n<div class=\"title\"><h1>Validation report</h1><span class=\"pill {class}\">{outcome}</span></div>\n\
         <p class=\"sub\"><b>{}</b> · SNIP types 1 to {} · {values} · Tradewind {}</p>\n<div class=\"tiles\">\n",
        Escaped(name),
        about.snip_max,
        env!("CARGO_PKG_VERSION"),
    );
    for (class, count, name) in
        [("error", counts.errors, "errors"), ("warning", counts.warnings, "warnings"), ("info", counts.infos, "notes")]
    {
        let zero = if count == 0 { " zero" } else { "" };
        let _ = writeln!(out, "<div class=\"tile {class}{zero}\"><b>{}</b><span>{name}</span></div>", grouped(count));
    }
    out.push_str("</div>\n");
    if files.len() > 1 {
        contents(out, files);
    }
    out.push_str("</header>\n<main>\n");
}

/// The files, each with its counts and a link.
fn contents(out: &mut String, files: &[Validated]) {
    out.push_str("<table class=\"contents\"><thead><tr><th>File</th><th class=\"n\">Errors</th><th class=\"n\">Warnings</th><th class=\"n\">Notes</th><th>Read</th></tr></thead><tbody>\n");
    for (at, file) in files.iter().enumerate() {
        let Counts { errors, warnings, infos } = file.summary.counts();
        let read = if file.fault.is_some() { "not to its end" } else { "whole" };
        let _ = writeln!(
            out,
            "<tr><td><a href=\"#f{}\">{}</a></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{read}</td></tr>",
            at + 1,
            Escaped(&file.label),
            grouped(errors),
            grouped(warnings),
            grouped(infos)
        );
    }
    out.push_str("</tbody></table>\n");
}
