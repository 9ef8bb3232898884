// SPDX-License-Identifier: BSL-1.0
// Runs what is registered, on one thread where TESSERA_NUM_THREADS does not say otherwise.

#include <benchmark/benchmark.h>
#include <support/measure.hpp>
#include <tessera/backend/parallel.hpp>

int main(int argc, char** argv) {
  tessera::set_num_threads(measure::threads());
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
