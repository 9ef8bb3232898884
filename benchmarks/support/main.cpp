// SPDX-License-Identifier: BSL-1.0
// Runs what is registered. One thread: the peers are told the same where they have threads.

#include <benchmark/benchmark.h>
#include <tessera/backend/parallel.hpp>

int main(int argc, char** argv) {
  tessera::set_num_threads(1);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
