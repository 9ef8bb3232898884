// SPDX-License-Identifier: BSL-1.0
// Loads the peers that were built for this program, which lie beside it as <program>.<peer>.so, and runs what all of them have
// registered, on one thread where TESSERA_NUM_THREADS does not say otherwise.
//
// Each peer is a module of its own: BLIS and OpenBLAS define the same names, and so does LibTorch. Loaded locally, none sees another's.

#include <benchmark/benchmark.h>
#include <dlfcn.h>
#include <support/measure.hpp>
#include <tessera/backend/parallel.hpp>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>

std::string measure::compare(const std::string& name, const std::string& program, const sample& result) {
  static std::map<std::string, std::pair<std::string, sample>> first;
  const auto& [other, expected] = first.try_emplace(name, program, result).first->second;
  if (result.size() != expected.size()) return "gives another number of results than " + other;
  for (std::size_t r = 0; r < result.size(); ++r) {
    if (result[r].size() != expected[r].size()) return "gives another number of elements than " + other;
    double scale = 0, worst = 0;
    for (const double x : expected[r]) scale = std::max(scale, std::abs(x));
    for (std::size_t i = 0; i < result[r].size(); ++i)
      if (const double difference = std::abs(result[r][i] - expected[r][i]); !(difference <= worst)) worst = difference;
    if (!(worst <= 1e-4 * scale)) return "differs from " + other + " by " + std::to_string(worst) + " where numbers are up to " + std::to_string(scale);
  }
  return "";
}

namespace {

bool load_peers(const std::filesystem::path& program) {
  const std::string start = program.filename().string() + '.';
  for (const auto& file : std::filesystem::directory_iterator(program.parent_path())) {
    if (!file.path().filename().string().starts_with(start) || file.path().extension() != ".so") continue;
    if (dlopen(file.path().c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr) continue;
    std::fprintf(stderr, "%s\n", dlerror());
    return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  tessera::set_num_threads(measure::threads());
  if (!load_peers(std::filesystem::canonical("/proc/self/exe"))) return 1;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
