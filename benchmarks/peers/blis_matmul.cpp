// SPDX-License-Identifier: BSL-1.0
// Matrix products of BLIS, by its own functions, which take any strides.

#include <peers/gemm.hpp>

#include <blis.h>

namespace {

template <class T>
void multiply(const cases::product& p, const T* a, const T* b, T* c) {
  constexpr auto gemm = [] {
    if constexpr (sizeof(T) == 4) return &bli_sgemm;
    else return &bli_dgemm;
  }();
  T one = 1, zero = 0;
  gemm(p.transposed_a ? BLIS_TRANSPOSE : BLIS_NO_TRANSPOSE, p.transposed_b ? BLIS_TRANSPOSE : BLIS_NO_TRANSPOSE, p.m, p.n, p.k, &one, const_cast<T*>(a), p.transposed_a ? p.m : p.k, 1,
       const_cast<T*>(b), p.transposed_b ? p.k : p.n, 1, &zero, c, p.n, 1);
}

[[maybe_unused]] const int registered = [] {
  bli_thread_set_num_threads(measure::threads());
  benchmark::AddCustomContext("library: BLIS", std::string("BLIS ") + bli_info_get_version_str() + ", kernels of " + bli_arch_string(bli_arch_query_id()));
  peers::add_products("BLIS", []<class T>(const cases::product& p, const T* a, const T* b, T* c) { multiply(p, a, b, c); });
  return 0;
}();

}  // namespace
