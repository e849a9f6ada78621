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
  local dir="$RUN/cassandra" port storage
  port=$(free_port)
  storage=$(free_port)
  mkdir -p "$dir/conf"
  sed -e "s|@DIR@|$dir|g" -e "s|@PORT@|$port|" -e "s|@STORAGE@|$storage|g" "$HERE/cassandra.yaml" > "$dir/conf/cassandra.yaml"
  cp "$HERE/cassandra.logback.xml" "$dir/conf/logback.xml"
  echo "JETTO_TEST_CQL=127.0.0.1:$port" > "$dir/env"
}

cassandra_run() {
  local dir="$RUN/cassandra" lib="$CACHE/cassandra-$CASSANDRA_VERSION" jars options
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
    in_background cassandra "${run[@]}"
  )
  wait_for cassandra "$(address_of cassandra)"
}
