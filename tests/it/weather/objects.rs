//! S3 in bad weather.

use std::time::Duration;

use super::{CLAIMS, Trip, outlasts};
use crate::support::sky::Weather;
use crate::support::wait::until;
use crate::support::x12::claims;

/// Behind each segment, so that two claims are more than a part of an upload.
const LINES: usize = 150_000;

#[test]
fn objects_that_answer_503() {
    let busy = Weather::Says("503 Slow Down", "<Error><Code>SlowDown</Code></Error>");
    outlasts(
        23_100,
        |sky| &sky.objects,
        busy,
        |trip| {
            trip.is_told_away("objects");
            trip.is_logged("waiting for the object store");
        },
    );
}

#[test]
fn objects_that_are_slow_hold_nothing_back_for_good() {
    let trip = Trip::start(23_200);
    trip.blows(23_201, 2, |trip| {
        trip.sky.objects.set(Weather::Slow(Duration::from_millis(150)));
        until("all of it, slowly", || (trip.acknowledged() == 5 && trip.settled()).then_some(()));
        trip.sky.objects.set(Weather::Fair);
    });
    trip.holds();
}

#[test]
fn an_upload_in_parts_that_is_cut() {
    let trip = Trip::start(23_300);
    let large = claims(23_310, CLAIMS).replace("~\n", &format!("~{}", "\n".repeat(LINES)));
    std::thread::scope(|scope| {
        scope.spawn(|| trip.drop_file_at_sftp("large.x12", &large));
        trip.blows(23_301, 2, |trip| {
            trip.sky.objects.set(Weather::CutAfter(1_000_000));
            until("a refusal", || (!trip.refused.lock().unwrap().is_empty()).then_some(()));
            trip.is_logged("expected an answer from the object store");
            trip.sky.objects.set(Weather::Fair);
        });
    });
    trip.holds();
}
