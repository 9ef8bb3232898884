#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Builds and runs every benchmark, and writes report.md, report.csv and report.svg.
#
# usage: benchmarks/report.sh [option ...] [BUILD-FOLDER [option of cmake ...]]
#   --quick                fewer and shorter runs: a tenth of the time
#   --parts LIST           of networks,operations,sweeps (each size three times),compile; all of them unless given
#   --threads LIST         for networks and sweeps; 1,2 unless given
#   --architectures LIST   native (-march=native), avx2 (-mavx2 -mfma), default (the compiler's), or a name for -march=; native unless given.
#                          Behind the first, networks and operations are run for the others too, and a table sets them beside each other.
#   --output FOLDER        where the report goes; the build folder unless given
# for example benchmarks/report.sh --architectures native,avx2,default build/benchmarks -DPython3_EXECUTABLE=...
set -euo pipefail
cd "$(dirname "$0")/.."

quick= parts=networks,operations,sweeps,compile threads=1,2 architectures=native output=
while [[ ${1-} == --* ]]; do
  case $1 in
    --quick) quick=--quick ;;
    --parts | --threads | --architectures | --output) declare "${1#--}=$2" && shift ;;
    *) sed -n '/^# usage/,/^# for/s/^# //p' "$0" >&2 && exit 2 ;;
  esac
  shift
done
build=${1:-build/benchmarks}
shift || true
options=("$@")
output=${output:-$build}
mkdir -p "$output"
rm -f "$output"/report.{md,csv,svg}

has() { [[ ,$parts, == *,$1,* ]]; }
folder_of() { [[ $1 == "${architectures%%,*}" ]] && echo "$build" || echo "$build-$1"; }
say() { echo "$(date +%T) $*" >&2; }

build_for() {
  local native=OFF flags=
  case $1 in
    native) native=ON ;;
    avx2) flags="-mavx2 -mfma" ;;
    default) ;;
    *) flags="-march=$1" ;;
  esac
  say "building for $1"
  cmake -S . -B "$(folder_of "$1")" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O2 -DNDEBUG" -DTESSERA_BUILD_TESTS=OFF \
    -DTESSERA_BUILD_EXAMPLES=OFF -DTESSERA_BUILD_BENCHMARKS=ON -DTESSERA_NATIVE=$native "-DTESSERA_BENCHMARK_FLAGS=$flags" "${options[@]}" >&2
  cmake --build "$(folder_of "$1")" --target benchmarks >&2
}
variable() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }

# network ARCHITECTURE THREADS NAME [option ...], operations ARCHITECTURE THREADS PATTERN [option ...]
network() {
  local architecture=$1 threads=$2 name=$3
  say "$name for $architecture, threads: $threads ${*:4}"
  printf '\n### %s\n\n' "$name"
  "$python" benchmarks/run_nn.py $quick --network "$name" --architecture "$architecture" --threads "$threads" --csv "$output/report.csv" "${@:4}" \
    "@$(folder_of "$architecture")/benchmarks/programs_$name.txt"
}
operations() {
  local architecture=$1 threads=$2 programs
  say "operations for $architecture, threads: $threads ${*:4}"
  programs=$(find "$(folder_of "$architecture")/benchmarks" -maxdepth 1 -name "op_$3" -type f -executable ! -name '*.so' | sort)
  "$python" benchmarks/table.py $quick --architecture "$architecture" --threads "$threads" --csv "$output/report.csv" "${@:4}" $programs
}
for_each_thread() { for count in ${threads//,/ }; do "$@" "$count"; done; }
networks() { for name in mlp cnn lstm; do network "$1" "$2" "$name"; done; }
sweeps() {
  printf '\n## Many sizes, threads: %s\n\n' "$1"
  operations "${architectures%%,*}" "$1" elementwise --sweep --repeats 3
  operations "${architectures%%,*}" "$1" matmul --sweep --repeats 3
  for name in mlp cnn; do network "${architectures%%,*}" "$1" "$name" --sweep --repeats 3; done
}

write_report() {
  local first=${architectures%%,*} count architecture
  echo "# tessera beside other libraries"
  echo
  echo "Processor: $(lscpu | sed -n 's/^Model name: *//p'), $(nproc) cores; $("$(variable CMAKE_CXX_COMPILER)" --version | head -1);" \
    "commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown); $(date +%Y-%m-%d); load $(cut -d' ' -f1 /proc/loadavg) at the start${quick:+; a quick run}."
  for architecture in ${architectures//,/ }; do
    if has networks; then
      for count in ${threads//,/ }; do
        [[ $architecture == "$first" || $count == "${threads%%,*}" ]] || continue
        printf '\n## Networks, %s, threads: %s\n' "$architecture" "$count"
        networks "$architecture" "$count"
      done
    fi
    if has operations; then
      printf '\n## Operations, %s\n\n' "$architecture"
      operations "$architecture" 1 '*'
    fi
  done
  if [[ $architectures == *,* ]] && { has networks || has operations; }; then
    printf '\n## Instruction sets\n\n'
    "$python" benchmarks/architectures.py "$output/report.csv"
  fi
  if has sweeps; then for_each_thread sweeps; fi
  if has compile; then
    say "compile time"
    printf '\n## Compile time\n\n'
    local torch
    torch=$(variable TESSERA_TORCH_DIRECTORY)
    "$python" benchmarks/compile_time/measure.py --compiler "$(variable CMAKE_CXX_COMPILER)" --torch "${torch%-NOTFOUND}"
  fi
  echo
  echo "This report took $((SECONDS / 60)) minutes, of which the build is a part."
}

for architecture in ${architectures//,/ }; do build_for "$architecture"; done
python=$(sed -n 's/^_Python3_EXECUTABLE:[A-Z]*=//p; s/^Python3_EXECUTABLE:[A-Z]*=//p' "$build/CMakeCache.txt" | head -1)
python=${python:-python3}
write_report >"$output/report.md"
if [[ -e $output/report.csv ]]; then "$python" benchmarks/chart.py "$output/report.csv" >"$output/report.svg"; fi
say "written: $output/report.md, report.csv, report.svg"
