# An S3 server over a folder: versitygw where Go is new enough, else s3s-fs. Both pass the same checks. Sourced by services.sh.

VERSITYGW_VERSION=v1.8.0
S3S_FS_VERSION=0.14.1

s3_server() {
  local found
  for found in "$CACHE/versitygw-$VERSITYGW_VERSION/versitygw" "$CACHE/s3s-fs-$S3S_FS_VERSION/bin/s3s-fs"; do
    if [ -x "$found" ]; then
      echo "$found"
      return
    fi
  done
  return 1
}

go_is_new_enough() {
  command -v go > /dev/null 2>&1 || return 1
  local have
  have=$(go env GOVERSION | sed 's/^go//')
  [ "$(printf '%s\n1.26\n' "$have" | sort -V | head -n 1)" = 1.26 ]
}

s3_fetch() {
  s3_server > /dev/null && return
  if go_is_new_enough; then
    echo "versitygw $VERSITYGW_VERSION is built, once"
    GOFLAGS=-mod=mod GOBIN="$CACHE/versitygw-$VERSITYGW_VERSION" \
      go install "github.com/versity/versitygw/cmd/versitygw@$VERSITYGW_VERSION"
  else
    echo "s3s-fs $S3S_FS_VERSION is built, once"
    CARGO_TARGET_DIR="$CACHE/s3s-fs-target" cargo install s3s-fs --version "$S3S_FS_VERSION" --features binary --locked \
      --root "$CACHE/s3s-fs-$S3S_FS_VERSION"
    rm -rf "$CACHE/s3s-fs-target"
  fi
}

s3_start() {
  local dir="$RUN/s3" server port
  server=$(s3_server)
  port=$(free_port)
  # A folder in it is a bucket: for who only uses one, and makes none.
  mkdir -p "$dir/data/jetto"
  case $server in
    *versitygw) ROOT_ACCESS_KEY=testkey ROOT_SECRET_KEY=testsecretkey in_background s3 \
      "$server" --port "127.0.0.1:$port" posix "$dir/data" ;;
    *) in_background s3 "$server" --host 127.0.0.1 --port "$port" --access-key testkey --secret-key testsecretkey "$dir/data" ;;
  esac
  wait_for s3 127.0.0.1 "$port"
  {
    echo "JETTO_TEST_S3=127.0.0.1:$port"
    echo "JETTO_TEST_S3_ACCESS_KEY=testkey"
    echo "JETTO_TEST_S3_SECRET_KEY=testsecretkey"
  } > "$dir/env"
}
