use super::*;
use crate::guide::Guides;
use std::collections::HashSet;

fn file(revision: &str, set: &str, change: impl FnOnce(&mut GenerateOptions)) -> String {
    let guide = Guides::built_in().find(revision, set, None).unwrap().clone();
    let mut options = GenerateOptions::new(guide);
    change(&mut options);
    String::from_utf8(Generator::new(options).flatten().collect()).unwrap()
}

fn segments<'a>(file: &'a str, id: &str) -> Vec<Vec<&'a str>> {
    let all = file.split("~\n").map(|segment| segment.split('*').collect::<Vec<_>>());
    all.filter(|segment| segment.first() == Some(&id)).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_another_control_number() {
    let claims = |seed| file("005010X222A1", "837", |options| (options.count, options.seed) = (50, seed));
    assert_eq!(claims(3), claims(3));
    let number = |file: &str| segments(file, "ISA")[0][13].to_owned();
    assert_ne!(number(&claims(3)), number(&claims(4)));
}

#[test]
fn splits_sets_and_gives_each_claim_its_own_id() {
    let file = file("005010X222A1", "837", |options| (options.count, options.items_per_set_max) = (2500, 1000));
    assert_eq!(segments(&file, "ST").len(), 3);
    let sets: u32 = segments(&file, "GE").iter().map(|group| group[1].parse::<u32>().unwrap()).sum();
    assert_eq!(sets, 3);
    let ids: HashSet<&str> = segments(&file, "CLM").iter().map(|claim| claim[1]).collect();
    assert_eq!(ids.len(), 2500);
}

#[test]
fn charges_balance_unless_the_claim_shall_be_bad() {
    let cents = |text: &str| (text.parse::<f64>().unwrap() * 100.0).round() as i64;
    let unbalanced = |bad_every| {
        let file = file("005010X222A1", "837", |options| (options.count, options.bad_every) = (100, bad_every));
        let claims = file.split("~\nCLM*").skip(1).filter(|claim| {
            let total = cents(claim.split('*').nth(1).unwrap());
            let lines = claim.split("~\nSV1*").skip(1).map(|line| cents(line.split('*').nth(1).unwrap()));
            total != lines.sum::<i64>()
        });
        claims.count()
    };
    assert_eq!(unbalanced(None), 0);
    assert_eq!(unbalanced(Some(10)), 5);
}

#[test]
fn an_inquiry_without_dependents_has_its_question_and_an_ancestor_has_none() {
    let file = file("005010X279A1", "270", |options| options.count = 300);
    assert_eq!(segments(&file, "EQ").len(), 300);
    assert_eq!(segments(&file, "TRN").len(), 300);
    assert!(segments(&file, "HL").iter().any(|hl| hl[3] == "23"));
}

#[test]
fn a_set_without_rules_is_made_from_its_tables() {
    let file = file("005010X214", "277", |options| options.count = 20);
    assert_eq!(segments(&file, "ISA").len(), 1);
    assert!(segments(&file, "STC").len() >= 20);
}

#[test]
fn a_review_has_its_set_alone_and_services_where_its_event_announces_them() {
    for purpose in ["13", "11"] {
        let guide = Guides::built_in().find("005010X217", "278", Some(purpose)).unwrap().clone();
        let mut options = GenerateOptions::new(guide);
        options.count = 100;
        let file = String::from_utf8(Generator::new(options).flatten().collect()).unwrap();
        let early = segments(&file, "HL").iter().filter(|hl| hl[3] == "20" && hl[4] == "0").count();
        assert_eq!(segments(&file, "ST").len(), 100 + early);
        let mut event = Vec::new();
        for hl in segments(&file, "HL").into_iter().filter(|hl| ["EV", "SS"].contains(&hl[3])) {
            match hl[3] {
                "EV" => event = hl,
                _ => assert_eq!((hl[2], hl[4], event[4]), (event[1], "0", "1")),
            }
        }
        assert!(segments(&file, "SV1").len() > 100);
    }
}

#[test]
fn an_answer_names_faults_where_it_does_not_simply_take_and_only_there() {
    for (revision, set, taken, fault) in [("005010X186A1", "824", "TA", "TED"), ("005010X231A1", "999", "A", "IK3")] {
        let verdict = if set == "824" { "OTI" } else { "IK5" };
        let file = file(revision, set, |options| (options.count, options.items_per_set_max) = (400, 20));
        let (mut clean, mut faulty, mut faults) = (0, 0, 0);
        for segment in file.split("~\n").map(|segment| segment.split('*').collect::<Vec<_>>()) {
            match segment[0] {
                id if id == fault => faults += 1,
                id if id == verdict && segment[1] == taken => clean += 1,
                id if id == verdict => faulty += 1,
                "SE" => assert_eq!(faults, faulty, "{set}"),
                _ => {}
            }
        }
        assert!(clean > 50 && faulty > 50, "{set}: {clean} taken, {faulty} not");
    }
}

#[test]
fn groups_of_a_999_are_taken_in_part_with_errors_as_a_whole_and_not_at_all() {
    let file = file("005010X231A1", "999", |options| options.count = 400);
    let verdicts: HashSet<&str> = segments(&file, "AK9").iter().map(|verdict| verdict[1]).collect();
    assert_eq!(verdicts, HashSet::from(["A", "E", "P", "R"]));
}

#[test]
fn many_sets_come_in_several_groups_that_count_their_own() {
    let file = file("005010X231A1", "999", |options| options.count = 300);
    let numbers: HashSet<&str> = segments(&file, "GS").iter().map(|group| group[6]).collect();
    let counts = segments(&file, "GE");
    assert!(counts.len() > 1 && counts.len() == numbers.len());
    assert_eq!(counts.iter().map(|group| group[1].parse::<u32>().unwrap()).sum::<u32>(), 300);
    assert_eq!(segments(&file, "IEA")[0][1], counts.len().to_string());
}

#[test]
fn ta1s_stand_alone_and_number_their_interchanges() {
    let guide = Guides::built_in().find("005010X231A1", "999", None).unwrap().clone();
    let mut options = GenerateOptions::new(guide);
    options.count = 5;
    let file = String::from_utf8(super::super::Ta1s::new(&options).flatten().collect()).unwrap();
    let number = |isa: &Vec<&str>| isa[13].parse::<u32>().unwrap();
    let numbers: Vec<u32> = segments(&file, "ISA").iter().map(number).collect();
    assert!(numbers.len() == 5 && numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]));
    assert!(segments(&file, "TA1").iter().all(|ta1| ta1[1].len() == 9) && segments(&file, "GS").is_empty());
}

#[test]
fn no_items_make_an_empty_group() {
    let file = file("005010X222A1", "837", |options| options.count = 0);
    assert_eq!(segments(&file, "GE")[0][1], "0");
}
