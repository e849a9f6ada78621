//! Files of contacts: what is known of each, from its upload to its end.

use super::{Case, Change};
use crate::audit::Action;
use crate::contact::{COLUMNS_MAX, Column, FieldDefinition, Import, ImportStage, Mapping, TAGS_MAX};
use crate::household::{IMPORTS_MAX, Write};
use crate::id::ImportId;
use crate::permission::Permission;
use crate::rejection::Rejection;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportCommand {
    Upload(Box<Import>),
    /// As long as nothing was brought in.
    Map {
        id: ImportId,
        mapping: Mapping,
    },
    Start {
        id: ImportId,
    },
    /// With what became of its rows.
    Finish(Box<Import>),
    Undo {
        id: ImportId,
    },
    FinishUndo {
        id: ImportId,
        left: u64,
    },
}

pub(super) fn decide(case: &Case<'_>, command: ImportCommand) -> Result<Change, Rejection> {
    case.require(Permission::ContactsImport)?;
    let known = |id: &ImportId| case.household.imports.get(id).cloned().ok_or(Rejection::NotFound);
    match command {
        ImportCommand::Upload(import) => Ok(upload(case, *import)),
        ImportCommand::Map { id, mapping } => {
            let import = known(&id)?;
            if import.stage != ImportStage::Uploaded {
                return Err(Rejection::WrongState("not one that only waits to be brought in"));
            }
            check(&mapping, &case.household.settings.contact_fields)?;
            Ok(put(Import { mapping, ..import }))
        }
        ImportCommand::Start { id } => {
            let import = known(&id)?;
            match import.stage {
                ImportStage::Uploaded => {}
                ImportStage::Running => return Ok(Change::default()),
                ImportStage::Done | ImportStage::Undoing | ImportStage::Undone => {
                    return Err(Rejection::WrongState("brought in already"));
                }
            }
            check(&import.mapping, &case.household.settings.contact_fields)?;
            if !import.mapping.columns.contains(&Column::Phone) {
                return Err(Rejection::Invalid("No column is the phone number."));
            }
            let entry = case.entry(Action::ContactsImported).on(&id).with("file", &import.file_name);
            Ok(Change { audit: vec![entry], ..put(Import { stage: ImportStage::Running, ..import }) })
        }
        ImportCommand::Finish(import) => {
            let stands = known(&import.id)?;
            if stands.stage != ImportStage::Running {
                return Ok(Change::default());
            }
            Ok(put(Import { stage: ImportStage::Done, ..*import }))
        }
        ImportCommand::Undo { id } => {
            let import = known(&id)?;
            match import.stage {
                ImportStage::Running | ImportStage::Done => {}
                ImportStage::Undoing => return Ok(Change::default()),
                ImportStage::Uploaded | ImportStage::Undone => {
                    return Err(Rejection::WrongState("not one that was brought in"));
                }
            }
            let entry = case.entry(Action::ContactsImportUndone).on(&id).with("file", &import.file_name);
            Ok(Change { audit: vec![entry], ..put(Import { stage: ImportStage::Undoing, ..import }) })
        }
        ImportCommand::FinishUndo { id, left } => {
            let import = known(&id)?;
            if import.stage != ImportStage::Undoing {
                return Ok(Change::default());
            }
            Ok(put(Import { stage: ImportStage::Undone, left, ..import }))
        }
    }
}

/// The oldest that is done makes room.
fn upload(case: &Case<'_>, import: Import) -> Change {
    let mut change = put(import);
    if case.household.imports.len() >= IMPORTS_MAX {
        let rests = |import: &&Import| !matches!(import.stage, ImportStage::Running | ImportStage::Undoing);
        let oldest = case.household.imports.values().filter(rests).min_by_key(|import| (import.uploaded_at, import.id));
        change.writes.extend(oldest.map(|oldest| Write::DeleteImport(oldest.id)));
    }
    change
}

fn put(import: Import) -> Change {
    Change { writes: vec![Write::PutImport(import)], audit: Vec::new() }
}

fn check(mapping: &Mapping, fields: &[FieldDefinition]) -> Result<(), Rejection> {
    if mapping.columns.is_empty() || mapping.columns.len() > COLUMNS_MAX {
        return Err(Rejection::Invalid("A file has 1 to 200 columns."));
    }
    for (nth, column) in mapping.columns.iter().enumerate() {
        if let Column::Field(key) = column
            && !fields.iter().any(|field| field.key == *key)
        {
            return Err(Rejection::Invalid("There is no such field. Define it first."));
        }
        if *column != Column::Skip && mapping.columns.iter().take(nth).any(|other| other == column) {
            return Err(Rejection::Invalid("Two columns are the same."));
        }
    }
    let is_country = |text: &String| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if !mapping.country.iter().all(is_country) {
        return Err(Rejection::Invalid("A country is written like \"BR\"."));
    }
    if mapping.tags.len() > TAGS_MAX {
        return Err(Rejection::Invalid("A contact has at most 50 tags."));
    }
    Ok(())
}
