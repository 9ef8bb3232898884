// SPDX-License-Identifier: BSL-1.0
// Matrix products of oneDNN. Its threads are those of OMP_NUM_THREADS.

#include <peers/gemm.hpp>

#include <dnnl.h>

namespace {

[[maybe_unused]] const int registered = [] {
  const dnnl_version_t* v = dnnl_version();
  benchmark::AddCustomContext("library: oneDNN", "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch));
  peers::add_products("oneDNN", [](const cases::product& p, const float* a, const float* b, float* c) {
    dnnl_sgemm(p.transposed_a ? 'T' : 'N', p.transposed_b ? 'T' : 'N', p.m, p.n, p.k, 1, a, p.transposed_a ? p.m : p.k, b, p.transposed_b ? p.k : p.n, 0, c, p.n);
  });
  return 0;
}();

}  // namespace
