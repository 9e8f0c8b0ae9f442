//! What can be wrong with buckets and the folders of S3 events.

use super::Config;

/// Tells the problems of `[objects]` and `[events]`.
#[cfg(feature = "aws")]
pub(super) fn check(config: &Config, problem: &mut impl FnMut(&str)) {
    if let Some(objects) = &config.gateway.objects {
        if !objects.prefix.is_empty() && !objects.prefix.ends_with('/') {
            problem("[objects] prefix: expected an end of `/`, or it holds its neighbours' objects, too");
        }
        let events = config.gateway.events.as_ref().is_some_and(|events| events.bucket == objects.bucket);
        if events && objects.prefix.is_empty() {
            problem("[events] bucket: files of others need a bucket of their own, or [objects] a prefix");
        }
    }
    let Some(events) = &config.gateway.events else { return };
    if events.folder.is_empty() {
        problem("[events]: expected at least one [[events.folder]]");
    }
    if !(1..=43_200).contains(&events.visibility_timeout_s) || events.receives_max == 0 {
        problem("[events]: visibility-timeout-s is 1 to 43,200, and receives-max at least 1");
    }
    let mut prefixes = std::collections::BTreeSet::new();
    for folder in &events.folder {
        if !folder.prefix.is_empty() && !folder.prefix.ends_with('/') {
            problem("[[events.folder]] prefix: expected an end of `/`, or files of `acme2/` would be those of `acme`");
        }
        if !prefixes.insert(&folder.prefix) {
            problem("[[events.folder]] prefix: two folders have the same");
        }
        if !config.partners.contains_key(&folder.partner) {
            problem(&format!("[[events.folder]] partner: there is no partner {}", folder.partner));
        }
    }
}

/// What this build has not has no folders.
#[cfg(not(feature = "aws"))]
pub(super) fn check(_: &Config, _: &mut impl FnMut(&str)) {}
