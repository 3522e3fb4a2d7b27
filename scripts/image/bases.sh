#!/usr/bin/env bash
# Makes the bases of the images out of Debian and npm packages, where no container registry is reached:
#   palimpsest-base/build    Debian with Node and npm; also trusts the certificates and knows the npm registry of this
#                            machine, so it is for building alone and never for pushing
#   palimpsest-base/runtime  what gcr.io/distroless/cc-debian12:nonroot has: libraries, certificates and time zones of
#                            Debian, no shell, no package manager
# A base that is there stays as it is; `docker rmi` it to have it made again.
#
# Needs root, docker with a daemon, debootstrap and npm. Settings: DEBIAN_MIRROR, DEBIAN_SECURITY_MIRROR,
# IMAGE_CA_FILE (certificates to trust when building), TMPDIR (600 MB).
set -euo pipefail

node_version=24.21.0
npm_version=11.19.1
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
security_mirror=${DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
ca_file=${IMAGE_CA_FILE:-/etc/ssl/certs/ca-certificates.crt}
runtime_packages=(base-files ca-certificates gcc-12-base libc6 libgcc-s1 libgomp1 libssl3 libstdc++6 netbase tzdata)

fail() {
  echo "bases.sh: $*" >&2
  exit 1
}

missing() { ! docker image inspect "$1" >/dev/null 2>&1; }

# make_debian FOLDER: a minimal Debian with its security updates.
make_debian() {
  debootstrap --variant=minbase --include=ca-certificates bookworm "$1" "$mirror" >"$work/debootstrap.log" ||
    fail "debootstrap from $mirror failed: $(tail -n 1 "$work/debootstrap.log")"
  printf 'deb %s bookworm main\n' "$mirror" >"$1/etc/apt/sources.list"
  printf 'deb %s bookworm-security main\n' "$security_mirror" >>"$1/etc/apt/sources.list"
  chroot "$1" apt-get -qq update
  DEBIAN_FRONTEND=noninteractive chroot "$1" apt-get -qq -o Dpkg::Use-Pty=false upgrade >"$work/upgrade.log" 2>&1 ||
    fail "apt-get upgrade failed: $(tail -n 1 "$work/upgrade.log")"
}

# add_package FOLDER NAME VERSION: what an npm package holds.
add_package() {
  local file
  file=$(cd "$work" && npm pack --silent "$2@$3")
  mkdir -p "$1"
  tar -C "$1" -xzf "$work/$file" --strip-components=1 --no-same-owner
}

# add_node FOLDER: Node and npm, where the official image has them.
add_node() {
  local local_folder=$1/usr/local arch
  arch=$(node -p process.arch)
  add_package "$work/node" "node-linux-$arch" "$node_version"
  install -m 755 "$work/node/bin/node" "$local_folder/bin/node"
  add_package "$local_folder/lib/node_modules/npm" npm "$npm_version"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$local_folder/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$local_folder/bin/npx"
  chmod 755 "$local_folder"/lib/node_modules/npm/bin/np[mx]-cli.js
}

make_build() {
  add_node "$debian"
  cp "$ca_file" "$debian/etc/ssl/certs/ca-certificates.crt"
  mkdir -p "$debian/usr/local/etc"
  echo "registry=$(npm config get registry)" >"$debian/usr/local/etc/npmrc"
  rm -rf "$debian"/var/cache/apt/*.bin "$debian"/var/cache/apt/archives/*.deb "$debian"/etc/{resolv.conf,hostname}
  tar -C "$debian" --numeric-owner -c . | docker import -c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' \
    - palimpsest-base/build >/dev/null
}

# unpack_runtime FOLDER: the packages' files, and what scanners read to know their versions.
unpack_runtime() {
  local deb
  mkdir "$debian/debs"
  (cd "$debian/debs" && chroot "$debian" sh -c "cd /debs && apt-get -qq -o APT::Sandbox::User=root download ${runtime_packages[*]}")
  mkdir -p "$1/var/lib/dpkg/status.d"
  for deb in "$debian"/debs/*.deb; do
    dpkg-deb -x "$deb" "$1"
    dpkg-deb -f "$deb" >"$1/var/lib/dpkg/status.d/$(dpkg-deb -f "$deb" Package)"
  done
  rm -r "$debian/debs"
  find "$1/usr/share/doc" -type f ! -name copyright -delete
  rm -rf "$1"/usr/share/{man,info,lintian,locale} "$1"/usr/sbin/update-ca-certificates
}

# add_accounts FOLDER: the users of distroless, and the folders that they may write to.
add_accounts() {
  printf '%s\n' root:x:0:0:root:/root:/sbin/nologin nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin \
    nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin >"$1/etc/passwd"
  printf '%s\n' root:x:0: tty:x:5: staff:x:50: nobody:x:65534: nonroot:x:65532: >"$1/etc/group"
  echo 'hosts: files dns' >"$1/etc/nsswitch.conf"
  install -d -m 1777 "$1/tmp"
  install -d -m 700 -o 65532 -g 65532 "$1/home/nonroot"
}

make_runtime() {
  local root=$work/runtime
  mkdir "$root"
  unpack_runtime "$root"
  cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  add_accounts "$root"
  # The same packages give the same layer.
  tar -C "$root" --sort=name --mtime=@0 --numeric-owner -c . | docker import -c 'USER 65532' -c 'WORKDIR /home/nonroot' \
    -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    -c 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt' - palimpsest-base/runtime >/dev/null
}

for program in docker debootstrap dpkg-deb node npm; do
  command -v "$program" >/dev/null || fail "expected $program, found no such program"
done
missing palimpsest-base/build || missing palimpsest-base/runtime || exit 0
[ "$(id -u)" -eq 0 ] || fail "expected root, which debootstrap needs, found user $(id -un)"
[ -r "$ca_file" ] || fail "IMAGE_CA_FILE: expected a file, found none at $ca_file"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debian=$work/debian
make_debian "$debian"
if missing palimpsest-base/runtime; then make_runtime; fi
if missing palimpsest-base/build; then make_build; fi
