#!/usr/bin/env bash
# The types of the web app come from the server's OpenAPI document.
#   types.sh write BINARY   asks the binary for the document, keeps it in openapi.json, and derives schema.ts from it
#   types.sh check          fails when schema.ts is not what openapi.json says (gateway/tests/types.rs holds that to the code)
set -euo pipefail

task=$1
cd "$(dirname "$0")/../gateway/inbox"
types=src/api/schema.ts
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

case $task in
  write)
    "$2" openapi > "$place/openapi.json"
    mv "$place/openapi.json" openapi.json
    npm run types
    ;;
  check)
    cp "$types" "$place/kept"
    npm run types > "$place/log" 2>&1 || {
      cat "$place/log" >&2
      exit 1
    }
    mv "$types" "$place/derived"
    cp "$place/kept" "$types"
    if ! diff -u "$place/kept" "$place/derived"; then
      echo "$types is stale; run: make types" >&2
      exit 1
    fi
    echo "$types is what openapi.json says"
    ;;
  *)
    echo "types.sh write BINARY, or types.sh check" >&2
    exit 1
    ;;
esac
