# What scripts share that build an image: where it is kept, how they fail, and a Docker daemon, the one that DOCKER_HOST
# names; where none answers, one of the script's own (as root), which ends with it.

cache=${IMAGE_CACHE:-$HOME/.cache/palimpsest-images}

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# have_daemon: afterwards `docker` works, and the cache is there.
have_daemon() {
  need docker
  mkdir -p "$cache"
  docker info >/dev/null 2>&1 || start_daemon
}

need() { command -v "$1" >/dev/null || fail "expected $1, found no such program"; }

# start_daemon: one that no other user of the machine sees, stopped when this script ends.
start_daemon() {
  need dockerd
  [ "$(id -u)" -eq 0 ] || fail "found no Docker daemon; expected root to start one, found user $(id -un)"
  run=$(mktemp -d)
  export DOCKER_HOST=unix://$run/docker.sock
  # The builder that comes with the daemon: the client of BuildKit may be missing.
  export DOCKER_BUILDKIT=0
  dockerd --data-root "$cache/docker" --exec-root "$run/exec" --pidfile "$run/pid" --host "$DOCKER_HOST" \
    --iptables=false --bridge=none >"$cache/dockerd.log" 2>&1 &
  daemon=$!
  trap stop_daemon EXIT
  for _ in $(seq 100); do
    if docker info >/dev/null 2>&1; then return; fi
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.3
  done
  fail "dockerd did not start: $(tail -n 1 "$cache/dockerd.log")"
}

stop_daemon() {
  kill "$daemon" 2>/dev/null || true
  wait "$daemon" || true
  # The daemon leaves the network of its containers mounted.
  umount "$run"/exec/netns/* 2>/dev/null || true
  rm -rf "$run"
}
