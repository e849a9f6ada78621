#!/usr/bin/env bash
# Real services for the tests, from package registries only, on loopback and ports that are free.
#
#   services.sh start [cassandra|redis|s3 …]   starts what does not run yet, waits until it answers, prints KEY=value lines
#   services.sh env                            the same lines of what runs
#   services.sh stop                           ends by pid what was started here, and forgets its data
#   services.sh start cassandra cassandra2 cassandra3   the same, a cluster of three
#   services.sh start cassandra_locked         one that wants TLS and a log-in
#   services.sh kill cassandra|redis|s3 …      ends by pid what was started here, and keeps its data
#   services.sh again cassandra|redis|s3 …     starts on the same port what was killed, waits until it answers
#   services.sh fetch [cassandra|redis|s3 …]   only fetches
#
# What is fetched stays in JETTO_SERVICES_CACHE; what runs lives in JETTO_SERVICES_RUN, one folder per service with its pid.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${JETTO_SERVICES_CACHE:-$HOME/.cache/jetto/services}
RUN=${JETTO_SERVICES_RUN:-$CACHE/run}
ALL=(cassandra redis s3)
# Only where they are named.
MORE=(cassandra2 cassandra3 cassandra_locked)
# Seconds that a service may take until it answers, on a machine that is busy compiling.
PATIENCE=120

missing() {
  echo "missing: $1" >&2
  exit 1
}

# has_or_install COMMAND DEBIAN_PACKAGE
has_or_install() {
  command -v "$1" > /dev/null 2>&1 && return
  { [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1; } || missing "$1; on Debian: sudo apt-get install $2"
  echo "$2 is installed" >&2
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" > /dev/null
}

listens() {
  (exec 3<> "/dev/tcp/$1/$2") 2> /dev/null
}

free_port() {
  local port
  while :; do
    # Below the ports that the kernel gives to connections.
    port=$((20000 + RANDOM % 12000))
    listens 127.0.0.1 "$port" || break
  done
  echo "$port"
}

# runs NAME: the pid is that of a process that was started for this folder, and not one that came after it.
runs() {
  local pid
  pid=$(cat "$RUN/$1/pid" 2> /dev/null) || return 1
  [ -n "$pid" ] && tr '\0' ' ' < "/proc/$pid/cmdline" 2> /dev/null | grep -qF "$RUN/$1"
}

# Where a service listens: the first of its lines.
address_of() {
  sed -n '1s/^[^=]*=//p' "$RUN/$1/env"
}

# wait_for NAME HOST:PORT
wait_for() {
  local deadline=$((SECONDS + PATIENCE))
  until listens "${2%:*}" "${2#*:}"; do
    runs "$1" || kill -0 "$(cat "$RUN/$1/pid")" 2> /dev/null || { tail -n 20 "$RUN/$1/log" >&2; missing "a service $1 that starts; its log is $RUN/$1/log"; }
    [ "$SECONDS" -lt "$deadline" ] || missing "an answer of $1 within $PATIENCE s; its log is $RUN/$1/log"
    sleep 0.1
  done
}

# in_background NAME COMMAND …: without the files of this script and its callers, whose locks would be held as long as it runs.
in_background() {
  local name=$1
  shift
  (
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      [ "$fd" -le 2 ] || eval "exec $fd>&-"
    done
    exec "$@"
  ) > "$RUN/$name/log" 2>&1 < /dev/null &
  echo $! > "$RUN/$name/pid"
}

kill_one() {
  local pid
  if runs "$1"; then
    pid=$(cat "$RUN/$1/pid")
    kill -9 "$pid" 2> /dev/null || true
    while [ -e "/proc/$pid" ] && runs "$1"; do sleep 0.05; done
  fi
}

stop_one() {
  kill_one "$1"
  rm -rf "${RUN:?}/$1"
}

for service in "${ALL[@]}"; do
  # shellcheck source=/dev/null
  source "$HERE/$service.sh"
done

known() {
  local name
  for name in "$@"; do
    [[ " ${ALL[*]} ${MORE[*]} " == *" $name "* ]] || missing "a service called $name; there are: ${ALL[*]} ${MORE[*]}"
  done
}

command=${1:-}
shift || true
known "$@"
[ $# -gt 0 ] || set -- "${ALL[@]}"
mkdir -p "$CACHE" "$RUN"
# Two runs that start at once become one.
case $command in
  fetch | start | stop)
    exec 9> "$CACHE/lock"
    flock 9
    ;;
esac
case $command in
  fetch) for name in "$@"; do "${name}_fetch" >&2; done ;;
  start)
    for name in "$@"; do
      runs "$name" && continue
      "${name}_fetch" >&2
      rm -rf "${RUN:?}/$name"
      mkdir -p "$RUN/$name"
      "${name}_prepare"
      "${name}_run"
    done
    for name in "$@"; do cat "$RUN/$name/env"; done
    ;;
  env) for name in "$@"; do if runs "$name"; then cat "$RUN/$name/env"; fi; done ;;
  stop) for name in "${ALL[@]}" "${MORE[@]}"; do stop_one "$name"; done ;;
  kill) for name in "$@"; do kill_one "$name"; done ;;
  again) for name in "$@"; do runs "$name" || "${name}_run"; done ;;
  *) missing "a command: start, stop, env, kill, again or fetch" ;;
esac
