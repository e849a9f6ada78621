#!/usr/bin/env bash
# Runs the browser tests against a demo and a plain server of its own, and against the mock: browser-tests.sh BINARY
set -euo pipefail

binary=$1
cd "$(dirname "$0")/.."
place=$(mktemp -d)
servers=()

stop_servers() {
  for server in "${servers[@]}"; do
    kill -TERM "$server" 2> /dev/null || true
    wait "$server" || true
  done
  servers=()
}

finish() {
  local code=$?
  stop_servers
  if [ "$code" -ne 0 ]; then
    for log in "$place"/*.log; do
      echo "the end of $(basename "$log"):" >&2
      tail -n 50 "$log" >&2 || true
    done
    # Last, where whoever reads only the end finds it.
    grep -hE '^ +([0-9]+\) |[0-9]+ (failed|flaky)|Error: )|^    [^ ].*spec\.ts' "$place"/*.run >&2 || true
  fi
  rm -rf "$place"
}
trap finish EXIT

# Starts `jetto $2…` and waits for its address, which it leaves in `address`; $1 is what it is called here.
start() {
  local name=$1
  shift
  "$binary" "$@" > "$place/$name.out" 2> "$place/$name.log" &
  servers+=($!)
  for _ in $(seq 600); do
    address=$(sed -n 's/^listening on //p' "$place/$name.out")
    [ -z "$address" ] || return 0
    if ! kill -0 "${servers[-1]}" 2> /dev/null; then
      echo "the $name server ended before it listened" >&2
      return 1
    fi
    sleep 0.1
  done
  echo "the $name server did not listen within 60 seconds" >&2
  return 1
}

export -n JETTO_URL= JETTO_PLAIN_URL=
# At its most verbose, as the integration tests have it: the logs are searched for what no log may hold.
export JETTO_LOG=debug,gateway=trace,actors=trace,storage=trace,engine=trace
# Without its broadcast, which would take a core from the browser; what is tested of broadcasts is tested on the mock.
start demo demo --port 0 --data-dir "$place/demo" --broadcast 0
demo=$address
# Without the demo, for passwords and second factors; Meta's secrets are needed to start and never used.
cat > "$place/plain.toml" << END
listen = "127.0.0.1:0"
metrics_listen = ""
data_dir = "$place/plain"
sign_up = "open"
[meta]
app_secrets = ["none"]
verify_token = "none"
END
start plain serve --config "$place/plain.toml"
plain=$address

cd gateway/inbox
echo "against the demo at $demo and the plain server at $plain"
JETTO_URL=$demo JETTO_PLAIN_URL=$plain npm run test:browser -- --max-failures=5 2>&1 | tee "$place/demo.run"
cd ../..
node .ci/canaries.mjs gather "$demo" > "$place/canaries"
stop_servers
node .ci/canaries.mjs search "$place/canaries" "$place/demo.log" "$place/plain.log"
cd gateway/inbox
# The mock can be told to cut the network or to be slow; what needs that is skipped above and runs here.
echo "against the mock"
npm run test:browser -- --max-failures=5 2>&1 | tee "$place/mock.run"
