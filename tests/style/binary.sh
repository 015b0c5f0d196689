#!/bin/sh
# The executable as it is shipped: static, stripped at most 20 MB, and it asks
# for no library of the host.
set -eu
binary=$1
file -b "$binary" | grep -Eq 'static-pie linked|statically linked' || { file "$binary"; exit 1; }
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$binary"
size=$(stat -c %s "$stripped")
[ "$size" -le 20000000 ] || { echo "stripped it has $size bytes, the limit is 20000000"; exit 1; }
"$binary" --version | grep -Eq '^kontena [0-9]+\.[0-9]+\.[0-9]+$'
