#!/bin/sh
# Shows calicoctl on an etcd of its own: run it with `make demo`, as often as you like.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
home=.demo/etcd

# The settings of a real cluster must not lead the demo there.
for name in $(env | sed -n 's/^\(\(ETCD\|CALICO\)_[A-Z0-9_]*\)=.*/\1/p'); do
    unset "$name"
done

title() {
    printf '\n# %s\n' "$*"
}

run() {
    printf '\n$ %s\n' "$*"
    "$@"
}

# For commands whose exit code is a result, such as 1 for denied traffic.
run_to_code() {
    expected=$1
    shift
    printf '\n$ %s\n' "$*"
    code=0
    "$@" || code=$?
    [ "$code" -eq "$expected" ] || exit 1
}

title "A local etcd"
run calicoctl etcd start --port 0 --data-dir "$home"
ETCD_ENDPOINTS=$(calicoctl etcd status --data-dir "$home" | sed -n 's/^endpoint: //p')
export ETCD_ENDPOINTS

title "Errors have a line and a column, and nothing is written"
sed '11s/allow/alow/; 14s/==/=/' examples/docker-networks/profiles.yaml > .demo/typo.yaml
run_to_code 3 calicoctl apply -f .demo/typo.yaml

title "Correct manifests are applied in one transaction"
run calicoctl apply -f examples/docker-networks/

title "Trace: is traffic allowed, and which rule decides?"
run_to_code 1 calicoctl trace -f examples/docker-networks/ --from profile:frontend --to profile:database \
    --protocol tcp --port 22

title "Connectivity: all allowed traffic"
run calicoctl connectivity -f examples/docker-networks/

title "Policy tests: statements about traffic, beside the policy"
run calicoctl test examples/multi-tier-app/

title "Semantic diff: which traffic would a change allow?"
sed 's/- 3306/- 3306:3310/' examples/docker-networks/profiles.yaml > .demo/wider.yaml
run_to_code 1 calicoctl diff --semantic examples/docker-networks/profiles.yaml .demo/wider.yaml --summary

title "More examples, and what is stored"
for directory in policies-by-label multiple-networks multi-tier-app; do
    run calicoctl apply -f "examples/$directory/"
done
run calicoctl get policy -o wide
run calicoctl get profile database -o yaml

cat <<END

Continue:
  export PATH=$PWD/.venv/bin:\$PATH ETCD_ENDPOINTS=$ETCD_ENDPOINTS
  calicoctl get policies
Stop it:
  make demo-stop
END
