#!/usr/bin/env bash
# Builds the image of the servers that the chart is tested with, and saves it beside the program's own, as servers.tar.
# Settings: IMAGE_CACHE and BUILD_BASE as in scripts/image/build.sh, PALIMPSEST_SERVERS.
set -euo pipefail
cd "$(dirname "$0")/../../.."

image=palimpsest-lab/servers:1
. scripts/image/daemon.sh

work=$(mktemp -d)
have_daemon
[ -n "${BUILD_BASE:-}" ] || scripts/image/bases.sh
node test/cluster/servers/programs.mjs "$work"
cp test/cluster/servers/Dockerfile "$work"
docker build --network=host --build-arg BASE="${BUILD_BASE:-palimpsest-base/build}" --tag "$image" "$work"
docker save --output "$cache/servers.tar" "$image"
rm -r "$work"
