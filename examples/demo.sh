#!/bin/sh
# Shows calicoctl at work, on an etcd of its own: run it by `make demo`, as often as you like.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
home=.demo/etcd

# Settings of a real cluster must not lead the demo there.
for name in $(env | sed -n 's/^\(\(ETCD\|CALICO\)_[A-Z0-9_]*\)=.*/\1/p'); do
    unset "$name"
done

run() {
    printf '\n$ %s\n' "$*"
    "$@"
}

run calicoctl etcd start --port 0 --data-dir "$home"
ETCD_ENDPOINTS=$(calicoctl etcd status --data-dir "$home" | sed -n 's/^endpoint: //p')
export ETCD_ENDPOINTS

for manifest in docker-networks policies-by-label multiple-networks; do
    run calicoctl apply -f "examples/$manifest/"
done
run calicoctl get profile -o wide
run calicoctl get policy -o wide
run calicoctl get profile database -o yaml

cat <<END

Go on with it:
  export PATH=$PWD/.venv/bin:\$PATH ETCD_ENDPOINTS=$ETCD_ENDPOINTS
  calicoctl get policies
Stop it:
  make demo-stop
END
