#!/usr/bin/env bash
# Whether the programs that read the files in deploy accept them. No container is started, and nothing is asked of a cluster.
set -euo pipefail

cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Versions of Kubernetes: the oldest that knows everything in the manifests, and two later ones.
KUBERNETES=(1.30 1.34 1.37)

broken() {
  echo "$1" >&2
  exit 1
}

compose=$(.ci/tools.sh compose)
config() {
  # Without the caller's variables, which would win over the file.
  env -i PATH="$PATH" HOME="$work" "$compose" --file deploy/compose.yml --env-file "$1" --profile '*' config "${@:2}"
}
sed 's/PASSWORD=$/PASSWORD=chosen/' deploy/.env.example > "$work/env"
config "$work/env" --quiet
config "$work/env" --format json > "$work/compose.json"
node -e '
  const ports = Object.values(require(process.argv[1]).services).flatMap((service) => service.ports ?? []);
  if (!ports.length || ports.some((port) => port.host_ip !== "127.0.0.1")) process.exit(1);
' "$work/compose.json" || broken 'deploy/compose.yml publishes a port to more than this machine'
config deploy/.env.example --quiet 2> /dev/null && broken 'deploy/compose.yml starts with passwords that nobody chose'
echo 'compose: accepted'

promtool=$(.ci/tools.sh promtool)
"$promtool" check config deploy/prometheus/prometheus.yml
"$promtool" test rules deploy/prometheus/alerts_test.yml
# The dashboard's queries, as rules: what Grafana fills in is filled in here.
node -e '
  const { panels } = JSON.parse(require("fs").readFileSync("deploy/grafana/dashboards/jetto.json", "utf8"));
  const queries = panels.flatMap((panel) => panel.targets ?? []).map((target) => target.expr);
  if (queries.length < 20) throw new Error("the dashboard has hardly a query");
  const filled = queries.map((query) => query.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*"));
  const rules = filled.map((expr, n) => ({ record: `dashboard:query:${n}`, expr }));
  console.log(JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
' > "$work/dashboard.json"
"$promtool" check rules "$work/dashboard.json"

kustomize=$(.ci/tools.sh kustomize)
validate=$(.ci/tools.sh kubernetes-validate)
"$kustomize" build deploy/kubernetes > "$work/manifests.yaml"
for version in "${KUBERNETES[@]}"; do
  "$validate" --kubernetes-version "$version" --strict --quiet \
    "$work/manifests.yaml" deploy/kubernetes/examples/ingress.yaml deploy/kubernetes/examples/secret.yaml
  echo "Kubernetes $version: accepted"
done
