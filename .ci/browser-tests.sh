#!/usr/bin/env bash
# Runs the browser tests against a demo of its own, and against the mock: browser-tests.sh BINARY
set -euo pipefail

binary=$1
cd "$(dirname "$0")/.."
place=$(mktemp -d)
server=

finish() {
  local code=$?
  if [ -n "$server" ]; then
    kill -TERM "$server" 2> /dev/null || true
    wait "$server" || true
  fi
  if [ "$code" -ne 0 ]; then
    echo "the demo's log:" >&2
    tail -n 50 "$place/log" >&2 || true
  fi
  rm -rf "$place"
}
trap finish EXIT

export -n JETTO_URL=
"$binary" demo --port 0 --data-dir "$place/data" > "$place/out" 2> "$place/log" &
server=$!

for _ in $(seq 600); do
  JETTO_URL=$(sed -n 's/^listening on //p' "$place/out")
  [ -z "$JETTO_URL" ] || break
  if ! kill -0 "$server" 2> /dev/null; then
    echo "the demo ended before it listened" >&2
    exit 1
  fi
  sleep 0.1
done
if [ -z "$JETTO_URL" ]; then
  echo "the demo did not listen within 60 seconds" >&2
  exit 1
fi

cd gateway/inbox
echo "against the demo at $JETTO_URL"
JETTO_URL=$JETTO_URL npm run test:browser -- --max-failures=5
# The mock can be told to cut the network or to be slow; what needs that is skipped above and runs here.
echo "against the mock"
npm run test:browser -- --max-failures=5
