//! What a row of a file says of a contact, or why it says nothing.

use engine::consent::Opted;
use engine::contact::{Column, ContactEdit, FieldDefinition, FieldKind, FieldValue, ImportRow, Mapping, Tag};
use engine::country::{self, Normalised};
use engine::identity::Identities;
use engine::time::Timestamp;

use super::table::Record;

/// A row that can be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub row: ImportRow,
    /// Its number had to be completed.
    pub is_fixed: bool,
}

/// Why not: a reason for people, which begins with the column.
pub type Reason = String;

/// How rows are read.
#[derive(Clone)]
pub struct Reading {
    pub mapping: Mapping,
    pub fields: Vec<FieldDefinition>,
    /// When the file was uploaded: what everybody in it is said to be seen at.
    pub at: Timestamp,
}

impl Reading {
    pub fn read(&self, record: &Record) -> Result<Read, Reason> {
        if record.cut {
            return Err("The row is too long.".to_owned());
        }
        let mut number: Option<Normalised> = None;
        let mut opted = None;
        let mut edit = ContactEdit { add_tags: self.mapping.tags.clone(), ..ContactEdit::default() };
        for (column, cell) in self.mapping.columns.iter().zip(&record.cells) {
            let cell = cell.trim();
            match column {
                Column::Phone => {
                    let found = country::normalise(cell, self.mapping.country.as_deref());
                    number = Some(found.map_err(|problem| format!("The phone number {problem}."))?);
                }
                Column::Skip => {}
                Column::Name | Column::Language | Column::Tags | Column::Marketing | Column::Field(_)
                    if cell.is_empty() => {}
                Column::Name => edit.name = Some(Some(cell.to_owned())),
                Column::Language => edit.language = Some(Some(cell.replace('-', "_"))),
                Column::Tags => edit.add_tags.extend(tags(cell)?),
                Column::Marketing => opted = Some((marketing(cell)?, cell.to_owned())),
                Column::Field(key) => {
                    let field = self.fields.iter().find(|field| field.key == *key);
                    let field = field.ok_or_else(|| format!("There is no field {key}."))?;
                    let value = field.kind.read(cell).map_err(|problem| format!("{} {problem}.", field.name))?;
                    edit.fields.push((key.clone(), Some(value)));
                }
            }
        }
        edit.check(&self.fields).map_err(|rejection| rejection.to_string().replace(" Nothing was saved.", ""))?;
        let Normalised { number, is_fixed } = number.ok_or_else(|| "The phone number is missing.".to_owned())?;
        let identities = Identities { wa_id: Some(number), seen_at: Some(self.at), ..Identities::default() };
        Ok(Read { row: ImportRow { identities, edit, opted }, is_fixed })
    }
}

fn tags(cell: &str) -> Result<Vec<Tag>, Reason> {
    let parts = cell.split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
    let read = parts.map(|part| part.parse::<Tag>().map_err(|_| "A tag has more than 40 characters.".to_owned()));
    read.collect()
}

fn marketing(cell: &str) -> Result<Opted, Reason> {
    match FieldKind::YesNo.read(cell) {
        Ok(FieldValue::YesNo(true)) => Ok(Opted::In),
        Ok(FieldValue::YesNo(false)) => Ok(Opted::Out),
        Ok(FieldValue::Text(_) | FieldValue::Number(_) | FieldValue::Date(_)) | Err(_) => {
            Err("Whether they may be sent marketing is neither yes nor no.".to_owned())
        }
    }
}

/// What a column is by its heading, as far as that can be told.
pub fn guess(heading: &str, fields: &[FieldDefinition]) -> Column {
    let word = heading.trim().to_lowercase();
    let is = |words: &[&str]| words.contains(&word.as_str());
    if is(&[
        "phone",
        "phone number",
        "mobile",
        "whatsapp",
        "number",
        "telefone",
        "celular",
        "teléfono",
        "telefon",
        "tel",
    ]) {
        Column::Phone
    } else if is(&["name", "full name", "nome", "nombre", "nom"]) {
        Column::Name
    } else if is(&["language", "locale", "idioma", "sprache"]) {
        Column::Language
    } else if is(&["tags", "labels", "tag", "label"]) {
        Column::Tags
    } else if is(&["marketing", "opt-in", "opt in", "optin", "consent"]) {
        Column::Marketing
    } else {
        let named = |field: &&FieldDefinition| field.key.as_str() == word || field.name.to_lowercase() == word;
        fields.iter().find(named).map_or(Column::Skip, |field| Column::Field(field.key.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading() -> Reading {
        let fields =
            vec![FieldDefinition { key: "orders".parse().unwrap(), name: "Orders".into(), kind: FieldKind::Number }];
        let heading = ["Phone", "Name", "Tags", "Opt-in", "orders", "Something"];
        let mut columns: Vec<_> = heading.iter().map(|heading| guess(heading, &fields)).collect();
        columns.push(Column::Language);
        let mapping = Mapping { columns, country: Some("BR".into()), tags: vec!["File".parse().unwrap()] };
        Reading { mapping, fields, at: Timestamp(5) }
    }

    fn read(cells: &[&str]) -> Result<Read, Reason> {
        let cells = cells.iter().map(|cell| (*cell).to_owned()).collect();
        reading().read(&Record { line: 2, cells, cut: false })
    }

    #[test]
    fn a_row_says_what_its_columns_are() {
        let read = read(&["(11) 98765-4321", "Marina", "VIP; Exam", "yes", "2", "x", "pt-BR"]).unwrap();
        assert!(read.is_fixed);
        assert_eq!(read.row.identities.wa_id, Some("5511987654321".parse().unwrap()));
        let tags: Vec<_> = read.row.edit.add_tags.iter().map(Tag::as_str).collect();
        assert_eq!(tags, ["File", "VIP", "Exam"]);
        assert_eq!(read.row.opted, Some((Opted::In, "yes".into())));
        assert_eq!(read.row.edit.language, Some(Some("pt_BR".into())));
        assert_eq!(read.row.edit.fields.len(), 1);
    }

    #[test]
    fn a_row_that_cannot_be_taken_in_says_why() {
        for (cells, reason) in [
            (["", "A", "", "", "", "", ""], "The phone number is empty."),
            (["x", "A", "", "", "", "", ""], "The phone number has something in it that is no part of a phone number."),
            (
                ["11987654321", "A", "", "maybe", "", "", ""],
                "Whether they may be sent marketing is neither yes nor no.",
            ),
            (["11987654321", "A", "", "", "many", "", ""], "Orders is not a number like 1200.5."),
            (["11987654321", "A", "", "", "", "", "Portuguese"], "A language is written like \"pt\" or \"pt_BR\"."),
        ] {
            assert_eq!(read(&cells), Err(reason.to_owned()));
        }
    }
}
