# Redis from Debian. Nothing is kept on disk: what Jetto puts there may be lost. Sourced by services.sh.

redis_fetch() {
  has_or_install redis-server redis-server
}

redis_prepare() {
  local dir="$RUN/redis" port
  port=$(free_port)
  # A configuration file, because redis rewrites its command line and would not be known by its folder again.
  printf '%s\n' "port $port" "bind 127.0.0.1" 'save ""' "appendonly no" "dir $dir" "set-proc-title no" > "$dir/redis.conf"
  echo "JETTO_TEST_REDIS=127.0.0.1:$port" > "$dir/env"
}

redis_run() {
  in_background redis redis-server "$RUN/redis/redis.conf"
  wait_for redis "$(address_of redis)"
}
