//! The web app is embedded from a folder that cargo does not watch by itself.

fn main() {
    println!("cargo::rerun-if-changed=inbox/dist");
    println!("cargo::rerun-if-changed=src");
}
