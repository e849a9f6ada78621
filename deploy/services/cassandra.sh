# Apache Cassandra as one Java process from the jars of Maven Central. It stands in for ScyllaDB, which no registry carries.
# Sourced by services.sh.

CASSANDRA_VERSION=5.0.9

cassandra_fetch() {
  local lib="$CACHE/cassandra-$CASSANDRA_VERSION" draft
  has_or_install java openjdk-17-jre-headless
  [ -d "$lib" ] && return
  has_or_install mvn maven
  draft=$(mktemp -d "$CACHE/draft.XXXXXX")
  sed "s/@VERSION@/$CASSANDRA_VERSION/" "$HERE/cassandra.pom.xml" > "$draft/pom.xml"
  mvn -B -q -f "$draft/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DoutputDirectory="$draft/lib" -DincludeScope=runtime
  # In one step, so that a fetch that was cut short is not taken for a whole one.
  mv "$draft/lib" "$lib"
  rm -rf "$draft"
}

cassandra_prepare() {
  cassandra_place cassandra 127.0.0.1 "$(free_port)" "$(free_port)" 0
}

# cassandra_place NAME ADDRESS PORT STORAGE_PORT TOKEN
cassandra_place() {
  local dir="$RUN/$1"
  mkdir -p "$dir/conf"
  sed -e "s|@DIR@|$dir|g" -e "s|@ADDRESS@|$2|" -e "s|@PORT@|$3|" -e "s|@STORAGE@|$4|g" -e "s|@TOKEN@|$5|" \
    "$HERE/cassandra.yaml" > "$dir/conf/cassandra.yaml"
  cp "$HERE/cassandra.logback.xml" "$dir/conf/logback.xml"
  echo "JETTO_TEST_CQL${1#cassandra}=$2:$3" > "$dir/env"
}

cassandra_run() {
  cassandra_process cassandra
}

cassandra_process() {
  local dir="$RUN/$1" lib="$CACHE/cassandra-$CASSANDRA_VERSION" jars options
  jars=$(printf '%s\n' "$lib"/*.jar | LC_ALL=C sort | paste -sd:)
  mapfile -t options < <(grep -v '^#' "$HERE/cassandra.options")
  local run=(java "${options[@]}" "-javaagent:$(echo "$lib"/jamm-*.jar)"
    "-Dcassandra.config=file://$dir/conf/cassandra.yaml" "-Dcassandra.storagedir=$dir" "-Dcassandra.logdir=$dir"
    "-Dlogback.configurationFile=$dir/conf/logback.xml" -cp "$jars" org.apache.cassandra.service.CassandraDaemon)
  # As root it would lock its heap in memory, three times what it needs.
  if [ "$(id -u)" = 0 ]; then
    run=(setpriv --bounding-set -ipc_lock --inh-caps -ipc_lock "${run[@]}")
  fi
  (
    ulimit -l 64
    in_background "$1" "${run[@]}"
  )
  wait_for "$1" "$(address_of "$1")"
}

# Two more servers of the same cluster, on the same ports of other addresses. The first must run; start them before there is
# a keyspace, which would not be copied to them.

cassandra2_fetch() { cassandra_fetch; }
cassandra3_fetch() { cassandra_fetch; }
cassandra2_prepare() { cassandra_join cassandra2 127.0.0.2 6148914691236517204; }
cassandra3_prepare() { cassandra_join cassandra3 127.0.0.3 -6148914691236517204; }
cassandra2_run() { cassandra_process cassandra2; }
cassandra3_run() { cassandra_process cassandra3; }

cassandra_join() {
  local first
  first=$(address_of cassandra)
  cassandra_place "$1" "$2" "${first#*:}" "$(sed -n 's/^storage_port: //p' "$RUN/cassandra/conf/cassandra.yaml")" "$3"
}

# A server of its own that speaks TLS only, under an authority of its own, and wants a log-in.

cassandra_locked_fetch() {
  cassandra_fetch
  has_or_install openssl openssl
}

cassandra_locked_prepare() {
  local dir="$RUN/cassandra_locked"
  cassandra_place cassandra_locked 127.0.0.1 "$(free_port)" "$(free_port)" 0
  sed -i -e "s/^authenticator: .*/authenticator: PasswordAuthenticator/" -e "s/^authorizer: .*/authorizer: CassandraAuthorizer/" \
    "$dir/conf/cassandra.yaml"
  cat >> "$dir/conf/cassandra.yaml" << EOF
client_encryption_options:
  enabled: true
  optional: false
  ssl_context_factory:
    class_name: org.apache.cassandra.security.PEMBasedSslContextFactory
  keystore: $dir/server.all
EOF
  (
    cd "$dir"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj "/CN=tests of Jetto"
    openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost
    echo subjectAltName=IP:127.0.0.1 > server.names
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile server.names -out server.pem
    openssl pkcs8 -topk8 -nocrypt -in server.key > server.all
    cat server.pem ca.pem >> server.all
  ) > "$dir/openssl.log" 2>&1
  # The name and password that such a server is born with.
  echo "JETTO_TEST_CQL_LOCKED=$(address_of cassandra_locked)
JETTO_TEST_CQL_LOCKED_CA=$dir/ca.pem
JETTO_TEST_CQL_LOCKED_LOGIN=cassandra" > "$dir/env.new"
  mv "$dir/env.new" "$dir/env"
}
cassandra_locked_run() { cassandra_process cassandra_locked; }
