#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Builds, checks and measures everything that concerns a GPU, in one call of at most ten minutes on a machine with one.
# usage: benchmarks/gpu/run.sh [BUILD-FOLDER [PYTHON]]      PYTHON has PyTorch with CUDA; without it there are no peers
set -uo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/gpu} python=${2:-}
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || { echo "no GPU here"; exit 77; }

cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O2 -DNDEBUG" -DCMAKE_CUDA_ARCHITECTURES="${ARCHITECTURES:-90-real}" \
  -DTESSERA_WITH_CUDA=ON -DTESSERA_TEST_HEADERS=OFF -DTESSERA_BUILD_EXAMPLES=ON >/dev/null || exit 1
cmake --build "$build" --target gpu_benchmark mixed_cuda_O0_cpp_first mixed_cuda_O0_gpu_first mixed_cuda_O2_cpp_first mixed_cuda_O2_gpu_first conformance_cuda example_07_devices_cuda example_04_training_loop_cuda || exit 1

echo "## Tests"
ctest --test-dir "$build" -L gpu --output-on-failure
"$build"/examples/07_devices_cuda
"$build"/examples/04_training_loop_cuda --device gpu --save "$build"/digits.safetensors | tail -4
if sanitizer=$(command -v compute-sanitizer); then
  for tool in memcheck racecheck initcheck; do
    echo "## compute-sanitizer, $tool"
    "$sanitizer" --tool "$tool" --error-exitcode 3 "$build"/examples/07_devices_cuda | tail -3
  done
fi
echo "## tessera"
"$build"/tests/gpu/gpu_benchmark
if [ -n "$python" ]; then
  echo "## PyTorch"
  "$python" benchmarks/gpu/torch_device.py
fi
