#!/usr/bin/env bash
# Checks that what is needed is here: tools.sh rust|node|chromium|pebble …
# A missing tool is one line that says what to install. Chromium is installed by itself where that is allowed.
set -euo pipefail

missing() {
  echo "missing: $1" >&2
  exit 1
}

has() {
  command -v "$1" > /dev/null 2>&1
}

# at_least HAVE WANT
at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

rust() {
  local want have
  want=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  has cargo || missing "Rust $want or newer; install it with rustup"
  have=$(rustc --version | cut -d ' ' -f 2)
  at_least "$have" "$want" || missing "Rust $want or newer, here is $have; run: rustup update stable"
  cargo fmt --version > /dev/null 2>&1 || missing "rustfmt; run: rustup component add rustfmt"
  cargo clippy --version > /dev/null 2>&1 || missing "clippy; run: rustup component add clippy"
  has cc || missing "a C compiler (SQLite is compiled in); on Debian: apt-get install build-essential"
  has git || missing "git (tidy asks it which files are ours); on Debian: apt-get install git"
  echo "Rust $have"
}

node() {
  local want=20.19.0 have
  has node || missing "Node.js $want or newer"
  has npm || missing "npm, which comes with Node.js"
  have=$(command node --version | tr -d v)
  at_least "$have" "$want" || missing "Node.js $want or newer, here is $have"
  echo "Node.js $have"
}

chromium() {
  local browser=${CHROMIUM:-/usr/bin/chromium}
  if [ ! -x "$browser" ]; then
    [ -z "${CHROMIUM:-}" ] || missing "the browser $CHROMIUM, which the variable CHROMIUM names"
    has apt-get || missing "Chromium at $browser; install it, or name one in the variable CHROMIUM"
    [ "$(id -u)" = 0 ] || missing "Chromium; run: sudo apt-get install chromium"
    echo "Chromium is installed"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium > /dev/null
  fi
  "$browser" --version
}

# Let's Encrypt's own ACME server for tests, built once; says where it is, for JETTO_TEST_PEBBLE.
pebble() {
  local version=v2.10.1 want=1.24 have place
  place=${JETTO_SERVICES_CACHE:-$HOME/.cache/jetto/services}/pebble-$version
  if [ ! -x "$place/pebble" ]; then
    has go || missing "Go $want or newer (it builds the ACME server of the tests)"
    have=$(go env GOVERSION | sed 's/^go//')
    at_least "$have" "$want" || missing "Go $want or newer, here is $have"
    GOFLAGS=-mod=mod GOBIN="$place" go install "github.com/letsencrypt/pebble/v2/cmd/pebble@$version" >&2
  fi
  echo "$place/pebble"
}

cd "$(dirname "$0")/.."
for tool in "$@"; do
  case $tool in
    rust | node | chromium | pebble) "$tool" ;;
    *) missing "a check for $tool" ;;
  esac
done
