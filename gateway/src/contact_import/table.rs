//! Comma-separated values, a part at a time: whatever the size of a file, one record is in memory.

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8};

/// Longest cell that is kept, in characters; what is longer is cut, and its row says so.
const CELL_MAX: usize = 2_000;
/// Cells of a record that are kept.
const CELLS_MAX: usize = 200;

/// One row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// From 1, as an editor counts the lines where it begins.
    pub line: u64,
    pub cells: Vec<String>,
    /// Something of it was too long.
    pub cut: bool,
}

impl Record {
    fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Start,
    Plain,
    Quoted,
    /// After a quote inside quotes: the end, or one half of a doubled one.
    Quote,
}

pub struct Table {
    decoder: Option<Decoder>,
    /// Until its first line is whole, nothing is known of the separator.
    head: Option<String>,
    separator: char,
    within: Within,
    line: u64,
    record: Record,
    cell: String,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            decoder: None,
            head: Some(String::new()),
            separator: ',',
            within: Within::Start,
            line: 1,
            record: Record { line: 1, ..Record::default() },
            cell: String::new(),
        }
    }
}

/// How long a first line may be before the separator is guessed from what there is.
const HEAD_MAX: usize = 64 * 1024;

impl Table {
    /// The records that end in this part of the file.
    pub fn push(&mut self, bytes: &[u8], is_last: bool) -> Vec<Record> {
        let decoder = self.decoder.get_or_insert_with(|| encoding(bytes).new_decoder());
        let mut text = String::new();
        let mut rest = bytes;
        loop {
            text.reserve(decoder.max_utf8_buffer_length(rest.len()).unwrap_or(rest.len().saturating_mul(3)));
            let (outcome, read, _) = decoder.decode_to_string(rest, &mut text, is_last);
            rest = rest.get(read..).unwrap_or_default();
            if outcome == CoderResult::InputEmpty {
                break;
            }
        }
        let mut records = Vec::new();
        self.take(&text, is_last, &mut records);
        if is_last && (!self.cell.is_empty() || !self.record.cells.is_empty()) {
            self.end_record(&mut records);
        }
        records
    }

    fn take(&mut self, text: &str, is_last: bool, records: &mut Vec<Record>) {
        let Some(mut head) = self.head.take() else { return self.read(text, records) };
        head.push_str(text);
        if head.contains('\n') || head.len() > HEAD_MAX || is_last {
            self.separator = separator(head.lines().next().unwrap_or_default());
            self.read(&head, records);
        } else {
            self.head = Some(head);
        }
    }

    fn read(&mut self, text: &str, records: &mut Vec<Record>) {
        for char in text.chars() {
            if char == '\n' {
                self.line += 1;
            }
            match (self.within, char) {
                (Within::Start, '"') => self.within = Within::Quoted,
                (Within::Quoted, '"') => self.within = Within::Quote,
                (Within::Quote, '"') => {
                    self.keep('"');
                    self.within = Within::Quoted;
                }
                (Within::Quoted, char) => self.keep(char),
                (Within::Start | Within::Plain | Within::Quote, '\n') => self.end_record(records),
                (Within::Start | Within::Plain | Within::Quote, '\r') => {}
                (Within::Start | Within::Plain | Within::Quote, char) if char == self.separator => self.end_cell(),
                (Within::Start | Within::Plain | Within::Quote, char) => {
                    self.within = Within::Plain;
                    self.keep(char);
                }
            }
        }
    }

    fn keep(&mut self, char: char) {
        // Cheap before exact: characters are at most four bytes.
        if self.cell.len() < CELL_MAX * 4 {
            self.cell.push(char);
        } else {
            self.record.cut = true;
        }
    }

    fn end_cell(&mut self) {
        let cell = std::mem::take(&mut self.cell);
        if self.record.cells.len() < CELLS_MAX {
            self.record.cells.push(cell);
        } else {
            self.record.cut = true;
        }
        self.within = Within::Start;
    }

    fn end_record(&mut self, records: &mut Vec<Record>) {
        self.end_cell();
        let next = Record { line: self.line, ..Record::default() };
        let record = std::mem::replace(&mut self.record, next);
        if !record.is_blank() {
            records.push(record);
        }
    }
}

/// What its bytes are: by its mark, as UTF-8 if it is that, or as they look.
fn encoding(bytes: &[u8]) -> &'static Encoding {
    if let Some((marked, _)) = Encoding::for_bom(bytes) {
        return marked;
    }
    let is_utf8 = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        // A part may end within a character.
        Err(error) => error.error_len().is_none(),
    };
    if is_utf8 {
        return UTF_8;
    }
    let mut detector = chardetng::EncodingDetector::new();
    detector.feed(bytes, true);
    detector.guess(None, false)
}

fn separator(line: &str) -> char {
    let count = |separator: &char| line.matches(*separator).count();
    [',', ';', '\t'].into_iter().rev().max_by_key(count).unwrap_or(',')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
        Table::default().push(bytes, true).into_iter().map(|record| record.cells).collect()
    }

    #[test]
    fn quotes_line_breaks_and_separators_are_understood() {
        assert_eq!(
            cells(b"a,b\r\n\"1,\"\"2\"\"\n3\",x\n\n , \nlast,"),
            [["a", "b"], ["1,\"2\"\n3", "x"], ["last", ""]]
        );
        assert_eq!(cells(b"a;b,c;d\n1;2;3"), [["a", "b,c", "d"], ["1", "2", "3"]]);
        assert_eq!(cells(b"a\tb\n1\t2\n"), [["a", "b"], ["1", "2"]]);
        assert_eq!(cells(b"only"), [["only"]]);
        assert!(cells(b"").is_empty());
    }

    #[test]
    fn a_record_knows_where_it_begins() {
        let records = Table::default().push(b"h\n\"a\nb\"\nc\n", true);
        assert_eq!(records.iter().map(|record| record.line).collect::<Vec<_>>(), [1, 2, 4]);
    }

    #[test]
    fn other_encodings_are_read() {
        assert_eq!(cells("\u{feff}name\nJosé".as_bytes()), [["name"], ["José"]]);
        let latin =
            encoding_rs::WINDOWS_1252.encode("nome;cidade\nJosé;São Paulo\nConceição;Brasília\n").0.into_owned();
        assert_eq!(cells(&latin).last().unwrap(), &["Conceição", "Brasília"]);
        let wide: Vec<u8> = "\u{feff}a,b\n1,ü".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(cells(&wide), [["a", "b"], ["1", "ü"]]);
    }

    #[test]
    fn what_is_endless_is_cut_and_says_so() {
        let long = format!("a,b\n{},x\n", "y".repeat(20_000));
        let records = Table::default().push(long.as_bytes(), true);
        assert!(records[1].cut && records[1].cells[0].len() <= CELL_MAX * 4);
        let wide = "x,".repeat(5_000);
        let records = Table::default().push(wide.as_bytes(), true);
        assert!(records[0].cut && records[0].cells.len() == CELLS_MAX);
    }

    proptest! {
        #[test]
        fn the_size_of_the_parts_does_not_matter(text in "[a\"\n,é;]{0,60}", size in 1_usize..9) {
            let whole = Table::default().push(text.as_bytes(), true);
            let mut table = Table::default();
            let mut parted = Vec::new();
            for part in text.as_bytes().chunks(size) {
                parted.extend(table.push(part, false));
            }
            parted.extend(table.push(&[], true));
            prop_assert_eq!(parted, whole);
        }
    }
}
