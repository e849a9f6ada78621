#!/usr/bin/env bash
# Checks that what is needed is here: tools.sh rust|node|chromium|pebble|compose|kustomize|kubernetes-validate|promtool …
# A missing tool is one line that says what to install. Chromium is installed by itself where that is allowed; what only the
# tests use is fetched into a cache, and its path is printed.
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

# What is fetched or built once stays here.
cache=${JETTO_SERVICES_CACHE:-$HOME/.cache/jetto/services}

# go_at_least WANT WHY
go_at_least() {
  local have
  has go || missing "Go $1 or newer (it builds $2)"
  have=$(go env GOVERSION | sed 's/^go//')
  at_least "$have" "$1" || missing "Go $1 or newer (it builds $2), here is $have"
}

# Let's Encrypt's own ACME server for tests, built once; says where it is, for JETTO_TEST_PEBBLE.
pebble() {
  local version=v2.10.1 place
  place=$cache/pebble-$version
  if [ ! -x "$place/pebble" ]; then
    go_at_least 1.24 'the ACME server of the tests'
    GOFLAGS=-mod=mod GOBIN="$place" go install "github.com/letsencrypt/pebble/v2/cmd/pebble@$version" >&2
  fi
  echo "$place/pebble"
}

# What `docker compose` is, without Docker. Built within a module of its own, because it replaces some of its parts.
compose() {
  local version=v2.40.3 place
  place=$cache/compose-$version
  if [ ! -x "$place/docker-compose" ]; then
    go_at_least 1.24.9 'docker compose, which reads deploy/compose.yml'
    rm -rf "$place"
    mkdir -p "$place/build"
    (
      cd "$place/build"
      export GOFLAGS=-mod=mod
      go mod init build
      go get "github.com/docker/compose/v2/cmd@$version"
      go build -o ../draft github.com/docker/compose/v2/cmd
    ) > "$place/log" 2>&1 || missing "docker compose; its build failed, see $place/log"
    mv "$place/draft" "$place/docker-compose"
  fi
  echo "$place/docker-compose"
}

kustomize() {
  local version=v5.7.1 place
  place=$cache/kustomize-$version
  if [ ! -x "$place/kustomize" ]; then
    go_at_least 1.24 'kustomize, which puts deploy/kubernetes together'
    GOFLAGS=-mod=mod GOBIN="$place" go install "sigs.k8s.io/kustomize/kustomize/v5@$version" >&2
  fi
  echo "$place/kustomize"
}

# The validator that brings the schemas of Kubernetes with it; others fetch them.
kubernetes_validate() {
  local version=1.37.0 place
  place=$cache/kubernetes-validate-$version
  if [ ! -e "$place/whole" ]; then
    has python3 || missing "Python 3 with venv (for the validator of Kubernetes manifests); on Debian: apt-get install python3-venv"
    rm -rf "$place"
    python3 -m venv "$place" >&2 || missing "the module venv of Python; on Debian: apt-get install python3-venv"
    "$place/bin/pip" install --quiet --disable-pip-version-check "kubernetes-validate==$version" >&2
    touch "$place/whole"
  fi
  echo "$place/bin/kubernetes-validate"
}

# Comes with Prometheus, of which Debian's package is unpacked and not installed: nothing shall run.
promtool() {
  local place=$cache/promtool
  type -P promtool && return
  if [ ! -x "$place/usr/bin/promtool" ]; then
    has apt-get || missing "promtool, which comes with Prometheus"
    rm -rf "$place"
    mkdir -p "$place"
    (
      cd "$place"
      apt-get download -qq prometheus || { apt-get update -qq && apt-get download -qq prometheus; }
      dpkg-deb --extract prometheus_*.deb .
      rm -f prometheus_*.deb usr/bin/prometheus
    ) > "$place.log" 2>&1 || missing "promtool; on Debian: sudo apt-get update, and see $place.log"
  fi
  echo "$place/usr/bin/promtool"
}

cd "$(dirname "$0")/.."
for tool in "$@"; do
  case $tool in
    rust | node | chromium | pebble | compose | kustomize | promtool) "$tool" ;;
    kubernetes-validate) kubernetes_validate ;;
    *) missing "a check for $tool" ;;
  esac
done
