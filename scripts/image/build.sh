#!/usr/bin/env bash
# Builds an image from nothing and saves it: scripts/image/build.sh [runtime|runtime-gpu]
# Uses the Docker daemon that DOCKER_HOST names; where none answers it starts one of its own (as root) and stops it at
# the end. Bases are made by bases.sh, unless BUILD_BASE and RUNTIME_BASE name others.
#
# Settings: IMAGE_CACHE  folder of the daemon's data and of the saved images (~/.cache/palimpsest-images)
#           IMAGE        name of the image, without its tag (palimpsest/TARGET)
#           SOURCE       address of the sources, for the image's label
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${1:-runtime}
image=${IMAGE:-palimpsest/$target}
. scripts/image/daemon.sh

build() {
  local version seconds revision
  version=$(node -p 'require("./package.json").version')
  seconds=$(git log -1 --format=%ct)
  revision=$(git describe --always --abbrev=40 --exclude='*' --dirty)
  docker build --network=host --target "$target" --tag "$image:$version" \
    --build-arg BUILD_BASE="${BUILD_BASE:-palimpsest-base/build}" \
    --build-arg RUNTIME_BASE="${RUNTIME_BASE:-palimpsest-base/runtime}" \
    --build-arg SOURCE_DATE_EPOCH="$seconds" \
    --build-arg CREATED="$(date --utc --date="@$seconds" +%Y-%m-%dT%H:%M:%SZ)" \
    --build-arg VERSION="$version" --build-arg REVISION="$revision" --build-arg SOURCE="${SOURCE:-}" .
  docker save --output "$cache/$target.tar" "$image:$version"
}

case $target in
runtime | runtime-gpu) ;;
*) fail "expected runtime or runtime-gpu, found $target" ;;
esac
for program in git node; do need "$program"; done
have_daemon
[ -n "${BUILD_BASE:-}" ] && [ -n "${RUNTIME_BASE:-}" ] || scripts/image/bases.sh
build
node scripts/image/archive.mjs "$cache/$target.tar"
