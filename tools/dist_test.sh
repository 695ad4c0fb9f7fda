#!/usr/bin/env bash
# Tests in several processes: tools/dist_test.sh CONFIG CHECKPOINT PROCESSES [OPTION ...]
# One process a GPU; without a GPU the processes talk over gloo.
set -euo pipefail
if [ $# -lt 3 ]; then
    echo "usage: tools/dist_test.sh CONFIG CHECKPOINT PROCESSES [OPTION ...]" >&2
    exit 2
fi
config=$1
checkpoint=$2
processes=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
exec "${PYTHON:-python}" "$here/launch.py" --standalone \
    --nproc_per_node="$processes" \
    "$here/test.py" "$config" "$checkpoint" --launcher pytorch "$@"
