use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::*;
use crate::{EncryptionContext, SecretKey};

struct Place {
    _folder: tempfile::TempDir,
    path: PathBuf,
    data: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    Place { path: folder.path().join("root.key"), data, _folder: folder }
}

fn context() -> EncryptionContext {
    EncryptionContext::new().with("tw-partner", "acme")
}

#[tokio::test]
async fn the_local_manager_keeps_the_contract() {
    let place = place();
    contract::key_manager(&LocalKeyManager::create(&place.path, &place.data).unwrap()).await;
}

#[tokio::test]
async fn a_key_file_is_private_and_opens_again() {
    let place = place();
    let key = SecretKey::generate().unwrap();
    let wrapped = LocalKeyManager::create(&place.path, &place.data).unwrap().wrap(&key, &context()).await.unwrap();
    assert_eq!(std::fs::metadata(&place.path).unwrap().permissions().mode() & 0o7777, 0o600);
    let again = LocalKeyManager::open(&place.path, &place.data).unwrap();
    assert_eq!(again.unwrap(&wrapped, &context()).await.unwrap().expose(), key.expose());
}

#[test]
fn a_key_file_is_made_only_when_asked_and_never_overwritten() {
    let place = place();
    assert!(matches!(LocalKeyManager::open(&place.path, &place.data), Err(RootKeyError::Missing)));
    LocalKeyManager::create(&place.path, &place.data).unwrap();
    let before = std::fs::read(&place.path).unwrap();
    assert!(matches!(LocalKeyManager::create(&place.path, &place.data), Err(RootKeyError::Exists)));
    assert_eq!(std::fs::read(&place.path).unwrap(), before);
}

#[test]
fn a_key_file_that_others_may_read_is_refused() {
    let place = place();
    LocalKeyManager::create(&place.path, &place.data).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o777] {
        std::fs::set_permissions(&place.path, std::fs::Permissions::from_mode(mode)).unwrap();
        let refused = LocalKeyManager::open(&place.path, &place.data);
        assert!(matches!(refused, Err(RootKeyError::Mode { mode: found }) if found == mode));
    }
    std::fs::set_permissions(&place.path, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert!(LocalKeyManager::open(&place.path, &place.data).is_ok());
}

#[test]
fn a_key_file_in_the_data_folder_is_refused() {
    let place = place();
    let inside = place.data.join("root.key");
    assert!(matches!(LocalKeyManager::create(&inside, &place.data), Err(RootKeyError::InsideDataFolder)));
    LocalKeyManager::create(&inside, &place.data.join("elsewhere")).unwrap();
    assert!(matches!(LocalKeyManager::open(&inside, &place.data), Err(RootKeyError::InsideDataFolder)));
    std::os::unix::fs::symlink(&inside, &place.path).unwrap();
    let through_link = LocalKeyManager::open(&place.path, &place.data);
    assert!(matches!(through_link, Err(RootKeyError::InsideDataFolder)));
}

#[tokio::test]
async fn another_process_takes_up_a_new_root_when_it_meets_it() {
    let place = place();
    let one = LocalKeyManager::create(&place.path, &place.data).unwrap();
    let two = LocalKeyManager::open(&place.path, &place.data).unwrap();
    let old = two.wrap(&SecretKey::generate().unwrap(), &context()).await.unwrap();
    assert_eq!(one.add_root().unwrap(), 2);
    let new = one.wrap(&SecretKey::generate().unwrap(), &context()).await.unwrap();
    assert_eq!((old.root.as_str(), new.root.as_str()), ("local/1", "local/2"));
    two.unwrap(&new, &context()).await.unwrap();
    one.unwrap(&old, &context()).await.unwrap();
    assert_eq!(two.current_root(&context()).await.unwrap(), "local/2");
}

#[tokio::test]
async fn roots_that_two_processes_add_are_all_kept() {
    let place = place();
    let one = LocalKeyManager::create(&place.path, &place.data).unwrap();
    let two = LocalKeyManager::open(&place.path, &place.data).unwrap();
    assert_eq!((one.add_root().unwrap(), two.add_root().unwrap(), one.add_root().unwrap()), (2, 3, 4));
    assert_eq!(std::fs::metadata(&place.path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(!place.path.with_extension("new").exists());
}

#[test]
fn only_an_older_root_retires() {
    let place = place();
    let manager = LocalKeyManager::create(&place.path, &place.data).unwrap();
    assert!(matches!(manager.retire_root(1), Err(RootKeyError::NotRetirable)));
    manager.add_root().unwrap();
    assert!(matches!(manager.retire_root(7), Err(RootKeyError::NotRetirable)));
    manager.retire_root(1).unwrap();
    assert!(matches!(manager.retire_root(2), Err(RootKeyError::NotRetirable)));
    assert_eq!(manager.add_root().unwrap(), 3);
}

#[tokio::test]
async fn a_root_of_another_name_does_not_unwrap() {
    let place = place();
    let manager = LocalKeyManager::create(&place.path, &place.data).unwrap();
    manager.add_root().unwrap();
    let wrapped = manager.wrap(&SecretKey::generate().unwrap(), &context()).await.unwrap();
    for root in ["local/1", "kms/2", "local/", "2"] {
        let renamed = WrappedKey { root: root.into(), ..wrapped.clone() };
        assert!(matches!(manager.unwrap(&renamed, &context()).await, Err(KeyManagerError::Refused)));
    }
}

#[test]
fn a_malformed_key_file_tells_the_line_and_no_content() {
    let place = place();
    LocalKeyManager::create(&place.path, &place.data).unwrap();
    let good = std::fs::read_to_string(&place.path).unwrap();
    let line = good.lines().nth(1).unwrap();
    let cases = [
        (String::new(), 1),
        ("other\n".to_owned(), 1),
        ("tradewind root keys 1\n".to_owned(), 2),
        (format!("{good}{line}\n"), 3),
        (format!("{good}two {}\n", &line[2..]), 3),
        (format!("{good}2 QUJD\n"), 3),
        (format!("{good}2 {}\n", "A".repeat(200)), 3),
    ];
    for (text, line) in cases {
        std::fs::write(&place.path, &text).unwrap();
        match LocalKeyManager::open(&place.path, &place.data) {
            Err(RootKeyError::Malformed { line: found }) => assert_eq!(found, line),
            other => panic!("{other:?}"),
        }
    }
}
