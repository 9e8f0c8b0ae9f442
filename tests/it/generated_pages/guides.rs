//! docs/guides, from the guides' tables.

use std::fmt::Write;

use tradewind_edi::Guides;
use tradewind_edi::guide::page;
use tradewind_edi::validate::rules::rules_of;

/// Every page with its file's name.
pub(crate) fn pages() -> Vec<(String, String)> {
    let mut index = String::from(
        "# Guides\n\nWritten by the program itself; `make docs` writes it anew. `tradewind guide show GUIDE` prints a page, and \
         `tradewind guide diff A B` what one guide changes of another.\n\n| guide | group | name | revisions read as it |\n|---|---|---|---|\n",
    );
    let mut pages = Vec::new();
    for guide in Guides::built_in().iter() {
        let name = format!("{}.md", guide.id().to_string().replace('/', "-"));
        let _ = writeln!(
            index,
            "| [{}]({name}) | {} | {} | {} |",
            guide.id(),
            guide.group,
            guide.name,
            guide.also.join(", ")
        );
        pages.push((name, page(guide, &rules_of(guide))));
    }
    pages.push(("README.md".to_owned(), index));
    pages
}
