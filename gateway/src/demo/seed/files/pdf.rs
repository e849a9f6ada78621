//! One page of text in Helvetica.

pub(super) fn page(lines: &[&str]) -> Vec<u8> {
    let shown: Vec<String> = lines.iter().enumerate().map(|(number, line)| show(number, line)).collect();
    let text = format!("BT 72 760 Td 30 TL {} ET", shown.concat());
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>".to_owned(),
        format!("<</Length {}>>stream\n{text}\nendstream", text.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
    ];
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        places.push(format!("{:010} 00000 n \n", file.len()));
        file.extend(format!("{number} 0 obj{object}endobj\n").into_bytes());
    }
    let (start, count, places) = (file.len(), objects.len() + 1, places.concat());
    let end = format!(
        "xref\n0 {count}\n0000000000 65535 f \n{places}trailer<</Size {count}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
    );
    file.extend(end.into_bytes());
    file
}

/// The first line is the title. The font has no letters beyond ASCII.
fn show(number: usize, line: &str) -> String {
    let size = if number == 0 { 22 } else { 13 };
    let line: String = line.chars().filter(|letter| letter.is_ascii() && !letter.is_control()).collect();
    let line = line.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
    format!("/F1 {size} Tf ({line}) Tj T* ")
}
