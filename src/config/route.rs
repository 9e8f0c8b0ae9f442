//! The route table, `routes.toml`: which partner an item goes to.

use serde::Deserialize;
use tradewind_compliance::PartnerId;

use super::Usage;

/// The table. The first route that fits is taken.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Routes {
    /// The routes, in order.
    #[serde(default, rename = "route")]
    pub routes: Vec<Route>,
}

/// One line of the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Route {
    /// The payer's id as it stands in 2010BB NM109 or 2100A NM109.
    pub payer: String,
    /// Other ids of the same payer.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Only items of this guide (GS08). Every guide when left out.
    pub guide: Option<String>,
    /// Only test or production items. Both when left out.
    pub usage: Option<Usage>,
    /// The partner that takes them.
    pub partner: PartnerId,
}

impl Routes {
    /// The partner for a payer id, a guide and a usage; `None` where no route fits.
    #[must_use]
    pub fn partner(&self, payer: &str, guide: &str, usage: Usage) -> Option<&PartnerId> {
        self.routes.iter().find(|route| route.fits(payer, guide, usage)).map(|route| &route.partner)
    }
}

impl Route {
    fn fits(&self, payer: &str, guide: &str, usage: Usage) -> bool {
        (self.payer == payer || self.aliases.iter().any(|alias| alias == payer))
            && self.guide.as_deref().is_none_or(|of| of == guide)
            && self.usage.is_none_or(|of| of == usage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_route_that_fits_is_taken() {
        let table: Routes = toml::from_str(
            "[[route]]\npayer = \"P1\"\nguide = \"005010X279A1\"\npartner = \"inquiries\"\n\
             [[route]]\npayer = \"P1\"\naliases = [\"60054\"]\nusage = \"test\"\npartner = \"trial\"\n\
             [[route]]\npayer = \"60054\"\npartner = \"live\"\n",
        )
        .unwrap();
        let partner = |payer, guide, usage| table.partner(payer, guide, usage).map(PartnerId::as_str);
        assert_eq!(partner("P1", "005010X279A1", Usage::Test), Some("inquiries"));
        assert_eq!(partner("P1", "005010X222A1", Usage::Test), Some("trial"));
        assert_eq!(partner("60054", "005010X222A1", Usage::Test), Some("trial"));
        assert_eq!(partner("60054", "005010X222A1", Usage::Production), Some("live"));
        assert_eq!(partner("P1", "005010X222A1", Usage::Production), None);
        assert_eq!(partner("P2", "005010X222A1", Usage::Test), None);
    }
}
