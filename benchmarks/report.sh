#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Builds and runs every benchmark and writes their tables in Markdown.
# usage: benchmarks/report.sh [BUILD-FOLDER [option of cmake ...]]      for example benchmarks/report.sh build/benchmarks -DPython3_EXECUTABLE=...
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/benchmarks}
shift || true

{
  cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O2 -DNDEBUG" \
    -DTESSERA_BUILD_TESTS=OFF -DTESSERA_BUILD_EXAMPLES=OFF -DTESSERA_BUILD_BENCHMARKS=ON "$@"
  cmake --build "$build" --target benchmarks
} >&2
variable() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
table() { cmake --build "$build" --target "$1" | grep -v -e '^\[' -e '^ninja:' -e '^gmake'; }

echo "Processor: $(lscpu | sed -n 's/^Model name: *//p'), $(nproc) cores; $(date +%Y-%m-%d); load $(cut -d' ' -f1 /proc/loadavg) at the start."
printf '\n## A training step\n\n'
table benchmark_mlp
printf '\n## Two layers of LSTM\n\n'
table benchmark_lstm
printf '\n## A convolutional network\n\n'
table benchmark_cnn
printf '\n## Operations\n\n'
table benchmark_op
printf '## Compile time\n\n'
torch=$(variable TESSERA_TORCH_DIRECTORY)
python3 benchmarks/compile_time/measure.py --compiler "$(variable CMAKE_CXX_COMPILER)" --torch "${torch%-NOTFOUND}"
