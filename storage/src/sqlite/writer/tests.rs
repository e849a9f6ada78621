use futures_util::future::join_all;

use super::*;

const TENANT: engine::id::TenantId = engine::id::TenantId::from_bytes([1; 16]);

fn writer() -> Writer {
    writer_with(1024)
}

fn writer_with(queue: usize) -> Writer {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(include_str!("../../../schema/0001_start.sql")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let keyring = Keyring::open(crate::crypto::KeyringPlace::within(dir.path()), true).unwrap();
    // Its keys must be there before its folder is gone.
    keyring.of(TENANT).unwrap();
    Writer::start(connection, Arc::new(keyring), queue).unwrap()
}

/// Writes the row `n` and then fails in its way; counts its runs.
async fn write(writer: &Writer, n: usize) -> Result<usize, StoreError> {
    let mut runs = 0;
    let work = move |session: &mut Session<'_>| {
        runs += 1;
        session
            .connection
            .execute("INSERT INTO tenant (key, id) VALUES (?1, zeroblob(?1))", [i64::try_from(n).unwrap()])?;
        match n % 10 {
            3 => Err(Fault::Store(StoreError::Corrupt("in its way".to_owned()))),
            7 => panic!("in its way"),
            _ => Ok(runs),
        }
    };
    writer.write(work).await
}

async fn rows(writer: &Writer) -> Vec<usize> {
    let rows = writer.write(|session| {
        let mut statement = session.connection.prepare("SELECT key FROM tenant ORDER BY key")?;
        let rows = statement.query_map([], |row| row.get::<_, u32>(0))?;
        Ok(rows.map(|row| row.map(|key| key as usize)).collect::<rusqlite::Result<Vec<_>>>()?)
    });
    rows.await.unwrap()
}

#[tokio::test]
async fn what_fails_in_a_group_rolls_back_alone() {
    let writer = writer();
    // The first holds the writer back until the others have queued up behind it, in one group.
    let slow = writer.write(|_| {
        thread::park_timeout(Duration::from_millis(20));
        Ok(())
    });
    let queued = join_all((1..=100).map(|n| write(&writer, n)));
    let (first, answers) = tokio::join!(slow, queued);
    first.unwrap();
    for (n, answer) in (1..=100).zip(&answers) {
        match n % 10 {
            3 => assert!(matches!(answer, Err(StoreError::Corrupt(_))), "{n}: {answer:?}"),
            7 => assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{n}: {answer:?}"),
            _ => assert!(answer.is_ok(), "{n}: {answer:?}"),
        }
    }
    assert!(answers.contains(&Ok(2)), "they shared groups with the failed ones");
    let expected: Vec<_> = (1..=100).filter(|n| ![3, 7].contains(&(n % 10))).collect();
    assert_eq!(rows(&writer).await, expected);
}

#[tokio::test]
async fn what_a_failed_operation_learned_is_forgotten() {
    let writer = writer();
    let slow = writer.write(|_| {
        thread::park_timeout(Duration::from_millis(20));
        Ok(())
    });
    let queued = join_all((1..=50).map(|n| {
        writer.write(move |session| {
            let tenant = session.tenant(TENANT)?;
            session.ledger.tally_intake(tenant, 0, engine::intake::IntakeOutcome::Stored, 1);
            let place = session.next_places(tenant, 1)?;
            if n % 7 == 0 { Err(Fault::Store(StoreError::Busy)) } else { Ok(place) }
        })
    }));
    let (first, answers) = tokio::join!(slow, queued);
    first.unwrap();
    let places: Vec<_> = answers.into_iter().filter_map(Result::ok).collect();
    assert_eq!(places, (1..=43).collect::<Vec<_>>(), "the log has no gap");
    let tally = writer.write(|session| {
        Ok(session.connection.query_row("SELECT stored FROM inbox_tally", [], |row| row.get::<_, u32>(0))?)
    });
    assert_eq!(tally.await, Ok(43));
}

#[tokio::test]
async fn pressure_shows_how_long_the_oldest_waits() {
    let writer = writer();
    assert_eq!(writer.pressure(), Pressure::default());
    let slow = writer.write(|_| {
        thread::park_timeout(Duration::from_millis(30));
        Ok(())
    });
    let watch = async {
        let mut most = Pressure::default();
        while most.oldest_ms < 5 {
            most = writer.pressure();
            tokio::task::yield_now().await;
        }
        most
    };
    let (slow, seen) = tokio::join!(slow, watch);
    slow.unwrap();
    assert_eq!(seen.queued, 1);
    writer.write(|_| Ok(())).await.unwrap();
}

#[tokio::test]
async fn what_cannot_wait_overtakes_and_what_can_is_not_starved() {
    let writer = writer();
    let order = Arc::new(Mutex::new(Vec::new()));
    let note = |name: &'static str| {
        let order = Arc::clone(&order);
        move |_: &mut Session<'_>| {
            order.lock().unwrap().push(name);
            Ok(())
        }
    };
    let slow = writer.write(|_| {
        thread::park_timeout(Duration::from_millis(20));
        Ok(())
    });
    let patient = join_all((0..PATIENT_SHARE * 2).map(|_| writer.write(note("patient"))));
    let urgent = join_all((0..10).map(|_| writer.write_first(note("urgent"))));
    let (slow, patient, urgent) = tokio::join!(slow, patient, urgent);
    assert!(slow.is_ok() && patient.iter().chain(&urgent).all(Result::is_ok));
    let order = order.lock().unwrap();
    let last_urgent = order.iter().rposition(|name| *name == "urgent").unwrap();
    assert!(last_urgent < 10 + PATIENT_SHARE, "the last urgent one was number {last_urgent}");
}

#[tokio::test]
async fn it_says_when_what_cannot_wait_fills_the_groups() {
    let writer = writer();
    while !writer.is_pressing() {
        let slow = writer.write_first(|_| {
            thread::park_timeout(Duration::from_millis(5));
            Ok(())
        });
        let (slow, rest) = tokio::join!(slow, join_all((0..200).map(|_| writer.write_first(|_| Ok(())))));
        assert!(slow.is_ok() && rest.iter().all(Result::is_ok));
    }
    while writer.is_pressing() {
        writer.write(|_| Ok(())).await.unwrap();
    }
}

#[tokio::test]
async fn stopping_writes_what_is_queued() {
    let writer = writer();
    let slow = writer.write(|_| {
        thread::park_timeout(Duration::from_millis(20));
        Ok(())
    });
    let queued = join_all([1, 2, 4].map(|n| write(&writer, n)));
    let (first, answers, closed) = tokio::join!(slow, queued, writer.close());
    assert!(first.is_ok() && closed.is_ok() && answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(write(&writer, 5).await, Err(super::closed()));
}

#[tokio::test]
async fn a_full_queue_does_not_keep_it_from_stopping() {
    let writer = writer_with(1);
    let slow = writer.write(|_| {
        thread::park_timeout(Duration::from_millis(20));
        Ok(())
    });
    let queued = join_all((1..=9).map(|n| write(&writer, n)));
    let (first, answers, closed) = tokio::join!(slow, queued, writer.close());
    assert!(first.is_ok() && closed.is_ok(), "{closed:?}");
    assert!(answers.contains(&Err(StoreError::Busy)), "{answers:?}");
}
