use std::os::unix::fs::PermissionsExt as _;

use super::super::Column;
use super::*;

const COLUMN: Column = Column { table: "message", column: "body" };
const TENANT: TenantId = TenantId::from_bytes([1; 16]);

fn place(dir: &tempfile::TempDir) -> KeyringPlace {
    KeyringPlace::within(dir.path())
}

fn sealed(keyring: &Keyring) -> Vec<u8> {
    keyring.of(TENANT).unwrap().seal(COLUMN, b"row", b"plain").unwrap()
}

fn opens(keyring: &Keyring, sealed: &[u8]) -> bool {
    keyring.known(TENANT).is_some_and(|sealer| sealer.open(COLUMN, b"row", sealed).is_ok())
}

#[test]
fn keys_are_there_after_reopening_and_only_their_owner_may_read_them() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = Keyring::open(place(&dir), true).unwrap();
    assert!(keyring.known(TENANT).is_none());
    let (sealed, lookup) = (sealed(&keyring), keyring.of(TENANT).unwrap().lookup("identity", "wa:1"));
    let again = Keyring::open(place(&dir), false).err().unwrap();
    assert!(matches!(again, KeyringError::Locked { .. }), "{again}");
    drop(keyring);
    let keyring = Keyring::open(place(&dir), false).unwrap();
    assert!(opens(&keyring, &sealed));
    assert_eq!(keyring.known(TENANT).unwrap().lookup("identity", "wa:1"), lookup);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(place(&dir).dir), 0o700);
    for name in ["root.key", "keys.json", "lock"] {
        assert_eq!(mode(place(&dir).dir.join(name)), 0o600, "{name}");
    }
}

#[test]
fn missing_or_foreign_keys_are_one_clear_line_and_nothing_is_made_in_their_place() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    drop(Keyring::open(place(&dir), true).unwrap());
    drop(Keyring::open(place(&other), true).unwrap());
    let refused = |what: &str| {
        let line = Keyring::open(place(&dir), false).err().unwrap().to_string();
        assert!(line.contains(what) && !line.contains('\n'), "{line}");
    };
    fs::copy(place(&other).root_path(), place(&dir).root_path()).unwrap();
    refused("is not the one");
    fs::write(place(&dir).root_path(), "not hex").unwrap();
    refused("64 hex digits");
    fs::remove_file(place(&dir).root_path()).unwrap();
    refused("root key");
    assert!(!place(&dir).root_path().exists());
    fs::copy(place(&other).root_path(), place(&dir).root_path()).unwrap();
    fs::remove_file(place(&dir).keys_path()).unwrap();
    refused("keys.json is missing");
    fs::write(place(&dir).keys_path(), "{}").unwrap();
    refused("damaged");
}

#[test]
fn a_swapped_or_changed_wrapped_key_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = Keyring::open(place(&dir), true).unwrap();
    keyring.of(TENANT).unwrap();
    drop(keyring);
    let mut file = read_keys(&place(&dir).keys_path()).unwrap().unwrap();
    let [first, second] = &mut file.keys[..] else { panic!("two owners") };
    std::mem::swap(&mut first.data, &mut second.data);
    write_keys(&place(&dir).keys_path(), &file).unwrap();
    assert!(matches!(Keyring::open(place(&dir), false), Err(KeyringError::Unreadable { .. })));
}

#[tokio::test]
async fn a_new_root_key_opens_everything_and_the_old_one_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = Keyring::open(place(&dir), true).unwrap();
    let sealed = sealed(&keyring);
    let old = fs::read_to_string(place(&dir).root_path()).unwrap();
    keyring.rotate_root().await.unwrap();
    assert!(opens(&keyring, &sealed));
    drop(keyring);
    let new = fs::read_to_string(place(&dir).root_path()).unwrap();
    assert_eq!((new.lines().count(), new == old), (1, false));
    fs::write(place(&dir).root_path(), &old).unwrap();
    assert!(matches!(Keyring::open(place(&dir), false), Err(KeyringError::WrongRoot { .. })));
    // As a crash between the keyring and its root key leaves it.
    fs::write(place(&dir).root_path(), format!("{old}{new}")).unwrap();
    assert!(opens(&Keyring::open(place(&dir), false).unwrap(), &sealed));
}

#[tokio::test]
async fn the_operators_own_root_key_is_never_made_and_rotates_to_its_first_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    let place = KeyringPlace { root_key_file: Some(path.clone()), ..place(&dir) };
    assert!(matches!(Keyring::open(place.clone(), true), Err(KeyringError::RootMissing { .. })));
    let (first, second) = ("11".repeat(32), "22".repeat(32));
    fs::write(&path, &first).unwrap();
    let keyring = Keyring::open(place.clone(), true).unwrap();
    let sealed = sealed(&keyring);
    assert!(matches!(keyring.rotate_root().await, Err(KeyringError::NothingNew { .. })));
    fs::write(&path, format!("{second}\n{first}\n")).unwrap();
    keyring.rotate_root().await.unwrap();
    drop(keyring);
    fs::write(&path, second).unwrap();
    assert!(opens(&Keyring::open(place.clone(), false).unwrap(), &sealed));
    assert!(!place.dir.join("root.key").exists());
}

#[test]
fn a_new_data_key_seals_and_older_ones_open_until_they_are_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = Keyring::open(place(&dir), true).unwrap();
    let old = sealed(&keyring);
    let found_by = keyring.of(TENANT).unwrap().lookup("identity", "wa:1");
    for _ in 0..2 {
        keyring.begin_data_rotation().unwrap();
    }
    let new = sealed(&keyring);
    assert!(keyring.of(TENANT).unwrap().is_stale(&old) && !keyring.of(TENANT).unwrap().is_stale(&new));
    drop(keyring);
    let keyring = Keyring::open(place(&dir), false).unwrap();
    assert!(opens(&keyring, &old) && opens(&keyring, &new));
    keyring.end_data_rotation().unwrap();
    assert!(!opens(&keyring, &old) && opens(&keyring, &new));
    assert_eq!(keyring.of(TENANT).unwrap().lookup("identity", "wa:1"), found_by, "what is stored is still found");
    let file = fs::read_to_string(place(&dir).keys_path()).unwrap();
    assert!(!file.contains("\"generation\": 1") && !file.contains("\"generation\": 3"), "{file}");
}
