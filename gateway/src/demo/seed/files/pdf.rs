//! One page of text in Helvetica.

use std::fmt::Write as _;

pub(super) fn page(lines: &[&str]) -> Vec<u8> {
    let mut text = "BT /F1 22 Tf 72 760 Td 30 TL".to_owned();
    for (number, line) in lines.iter().enumerate() {
        let size = if number == 0 { 22 } else { 13 };
        let line: String = line.chars().filter(char::is_ascii).collect();
        let line = line.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
        text += &format!(" /F1 {size} Tf ({line}) Tj T*");
    }
    text += " ET";
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>".to_owned(),
        format!("<</Length {}>>stream\n{text}\nendstream", text.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut places = String::new();
    for (number, object) in objects.iter().enumerate() {
        // Writing into a String cannot fail.
        drop(write!(places, "{:010} 00000 n \n", file.len()));
        drop(write!(file, "{} 0 obj{object}endobj\n", number + 1));
    }
    let (start, count) = (file.len(), objects.len() + 1);
    file += &format!("xref\n0 {count}\n0000000000 65535 f \n{places}");
    file += &format!("trailer<</Size {count}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n");
    file.into_bytes()
}
