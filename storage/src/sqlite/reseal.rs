//! After a change of data keys: every sealed value is sealed again by the newest key, some hundred in one commit. A value
//! that is sealed by it already is left alone, which is how a repeat goes on where it was cut short.

use std::sync::Arc;

use engine::id::TenantId;
use engine::ports::StoreError;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::codec;
use super::fault::Outcome;
use super::writer::Session;
use super::{SqliteStore, keys_of};
use crate::crypto::{Column, Keyring, Sealer};

/// Values that share one operation.
const CHUNK: usize = 500;

/// How to go through one sealed column.
struct Walk {
    column: Column,
    /// The table, with what has to be joined to know more of a row.
    from: &'static str,
    /// The table's primary key.
    keys: &'static [&'static str],
    /// The organization's small key.
    tenant: &'static str,
    /// What names the row, as codec.rs says it at the column.
    name: &'static str,
}

const WALKS: &[Walk] = &[
    plain(codec::CONVERSATION, &["key"], "id"),
    plain(codec::CONTACT, &["key"], "id"),
    plain(codec::IDENTITY, &["tenant", "lookup"], "lookup"),
    plain(codec::MEDIA, &["key"], "id"),
    plain(codec::MEDIA_JOB, &["key"], "id"),
    plain(codec::OUTBOX, &["place"], "id"),
    plain(codec::CAMPAIGN, &["key"], "id"),
    of_recipient(codec::RECIPIENT, "recipient_body JOIN campaign ON campaign.key = place >> 32"),
    of_recipient(codec::RECIPIENT_WAMID, "recipient JOIN campaign ON campaign.key = place >> 32"),
    of_recipient(codec::RECIPIENT_ERROR, "recipient JOIN campaign ON campaign.key = place >> 32"),
    plain(codec::PARKED_STATUS, &["arrival"], "wamid"),
    plain(codec::INBOX_ERROR, &["arrival"], "id"),
    plain(codec::NUMBER, &["id"], "id"),
    Walk { tenant: "tenant.key", ..plain(codec::ORGANIZATION, &["key"], "id") },
    Walk { tenant: "NULL", ..plain(codec::ACCOUNT, &["id"], "id") },
    plain(codec::MEMBER, &["tenant", "id"], "id"),
    plain(codec::ROLE, &["tenant", "id"], "id"),
    plain(codec::TEAM, &["tenant", "id"], "id"),
    plain(codec::INVITATION, &["tenant", "id"], "id"),
    plain(codec::SEGMENT, &["tenant", "id"], "id"),
    plain(codec::CONTACT_IMPORT, &["tenant", "id"], "id"),
    plain(codec::CONSENT, &["contact", "at", "id"], "id"),
    plain(codec::NOTE, &["contact", "at", "id"], "id"),
    plain(codec::API_KEY, &["tenant", "id"], "id"),
    plain(codec::SESSION, &["id"], "id"),
    plain(codec::AUDIT, &["tenant", "n"], "hash"),
    plain(codec::META_APP, &["tenant"], "(SELECT id FROM tenant WHERE key = meta_app.tenant)"),
    plain(codec::ALERT, &["place"], "id"),
    plain(codec::TEMPLATE, &["place"], "id"),
    Walk { from: "inbox_body JOIN inbox USING (arrival)", ..plain(codec::INBOX_RAW, &["arrival"], "id") },
    Walk { tenant: "place >> 40", ..plain(codec::EVENT, &["place"], "conversation") },
    Walk {
        from: "message JOIN conversation ON message.conversation = conversation.key",
        ..plain(codec::MESSAGE, &["message.conversation", "at", "arrival"], "message.id")
    },
];

/// A table that says of each row whose it is.
const fn plain(column: Column, keys: &'static [&'static str], name: &'static str) -> Walk {
    Walk { column, from: column.table, keys, tenant: "tenant", name }
}

/// Its place says which campaign it is of and what number it has there.
const fn of_recipient(column: Column, from: &'static str) -> Walk {
    let name = "campaign.id || unhex(printf('%08x', place & 4294967295))";
    Walk { from, ..plain(column, &["place"], name) }
}

impl SqliteStore {
    /// Seals everything by the newest keys; how many values were not yet. For the command line, with nobody else writing.
    pub async fn reseal(&self) -> Result<u64, StoreError> {
        let mut resealed = 0;
        for walk in WALKS {
            let mut after = Vec::new();
            loop {
                let step = self.writer.write(move |session| walk.step(session, &after)).await?;
                resealed += step.resealed;
                let Some(last) = step.last else { break };
                after = last;
            }
        }
        Ok(resealed)
    }
}

struct Step {
    /// Key of the last row; `None` when there was none.
    last: Option<Vec<Value>>,
    resealed: u64,
}

struct Row {
    key: Vec<Value>,
    tenant: Option<[u8; 16]>,
    name: Vec<u8>,
    value: Option<Vec<u8>>,
}

impl Walk {
    fn step(&self, session: &Session<'_>, after: &[Value]) -> Outcome<Step> {
        let Column { table, column } = self.column;
        let keys = self.keys.iter().map(|key| key.rsplit('.').next().unwrap_or(key)).collect::<Vec<_>>().join(", ");
        let sql = format!("UPDATE {table} SET {column} = ? WHERE ({keys}) = ({})", self.marks());
        let mut update = session.connection.prepare_cached(&sql)?;
        let mut step = Step { last: None, resealed: 0 };
        for Row { key, tenant, name, value } in self.rows(session.connection, after)? {
            let sealer = owner(session.keyring, tenant)?;
            if let Some(stale) = value.filter(|value| sealer.is_stale(value)) {
                let again = Value::Blob(sealer.reseal(self.column, &name, &stale)?);
                update.execute(params_from_iter([&again].into_iter().chain(&key)))?;
                step.resealed += 1;
            }
            step.last = Some(key);
        }
        Ok(step)
    }

    fn rows(&self, connection: &Connection, after: &[Value]) -> Outcome<Vec<Row>> {
        let Self { column: Column { table, column }, from, keys, tenant, name } = self;
        let keys = keys.join(", ");
        let start = if after.is_empty() { String::new() } else { format!("WHERE ({keys}) > ({})", self.marks()) };
        let sql = format!(
            "SELECT (SELECT owner.id FROM tenant AS owner WHERE owner.key = {tenant}), {name}, {table}.{column}, {keys}
             FROM {from} {start} ORDER BY {keys} LIMIT {CHUNK}"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(after), |row| {
            Ok(Row {
                tenant: row.get(0)?,
                name: row.get_ref(1)?.as_bytes()?.to_vec(),
                value: row.get(2)?,
                key: (3..3 + self.keys.len()).map(|index| row.get(index)).collect::<rusqlite::Result<_>>()?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn marks(&self) -> String {
        vec!["?"; self.keys.len()].join(", ")
    }
}

/// What belongs to nobody is sealed by the installation's key.
fn owner(keyring: &Keyring, tenant: Option<[u8; 16]>) -> Outcome<Arc<Sealer>> {
    tenant.map_or_else(|| Ok(keyring.installation()), |tenant| keys_of(keyring, TenantId::from_bytes(tenant)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sealed column without a walk would be lost when its key is forgotten.
    #[test]
    fn every_column_that_can_be_sealed_is_walked_or_known() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../../schema/0001_start.sql")).unwrap();
        let sql = "SELECT t.name, c.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
             WHERE t.type = 'table' AND c.type = 'BLOB' AND c.name IN ('body', 'raw', 'error', 'frame', 'job', 'proof')";
        let mut statement = connection.prepare(sql).unwrap();
        let columns = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
        let columns = columns.unwrap().map(Result::unwrap);
        let walked = |table: &str, column: &str| {
            WALKS.iter().any(|walk| (walk.column.table, walk.column.column) == (table, column))
        };
        let left: Vec<_> = columns.filter(|(table, column)| !walked(table, column)).collect();
        let known = [("keyring", "proof")];
        assert_eq!(left, known.map(|(table, column)| (table.to_owned(), column.to_owned())));
        for walk in WALKS {
            walk.rows(&connection, &[]).unwrap();
            walk.rows(&connection, &vec![Value::Null; walk.keys.len()]).unwrap();
        }
    }
}
