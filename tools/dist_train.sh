#!/usr/bin/env bash
# Trains in several processes: tools/dist_train.sh CONFIG PROCESSES [OPTION ...]
# One process a GPU; without a GPU the processes talk over gloo.
set -euo pipefail
if [ $# -lt 2 ]; then
    echo "usage: tools/dist_train.sh CONFIG PROCESSES [OPTION ...]" >&2
    exit 2
fi
config=$1
processes=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
exec "${PYTHON:-python}" "$here/launch.py" --standalone \
    --nproc_per_node="$processes" \
    "$here/train.py" "$config" --launcher pytorch "$@"
