// SPDX-License-Identifier: BSL-1.0
#pragma once
// A product and its bias in one kernel, by cuBLASLt. What cuBLASLt calls D has our columns as its rows, and to those it adds a bias.

#include <tessera/backend/items/cublas.hpp>

#if TESSERA_USE_CUBLAS

#include <concepts>
#include <cstdint>

namespace tessera::backend::items::cublas {

/// What the choice of an algorithm depends on.
struct problem {
  int gpu, m, n, k, leading_a, leading_b, leading_c;
  std::uint32_t alignment_a, alignment_b, alignment_c;
  unsigned char operation_a, operation_b, is_double, tf32;

  friend bool operator==(const problem&, const problem&) = default;
};

/// The algorithm for a problem.
struct choice {
  problem of{};
  bool is_known = false, is_possible = false;
  cublasLtMatmulAlgo_t algorithm{};
};
/// Choices that were made, each at a place that its problem gives; one that finds its place taken is made anew.
struct choices {
  static constexpr std::size_t places = 256;
  choice all[places];
  std::mutex access;

  [[nodiscard]] static std::size_t place_of(const problem& p) noexcept {
    std::uint64_t mixed = 0;
    for (const std::int64_t x : {std::int64_t{p.m}, std::int64_t{p.n}, std::int64_t{p.k}, std::int64_t{p.leading_a}, std::int64_t{p.leading_b}, std::int64_t{p.leading_c}, std::int64_t{p.gpu}, std::int64_t{p.operation_a}, std::int64_t{p.operation_b}})
      mixed = (mixed ^ static_cast<std::uint64_t>(x)) * 0x9e3779b97f4a7c15ULL, mixed ^= mixed >> 32;
    return mixed % places;
  }
};
// Never destroyed, as the handles.
[[nodiscard]] inline choices& known_choices() {
  static choices* const all = new choices;
  return *all;
}

/// The largest power of two up to 256 that divides an address: of memory of the pool, 256.
[[nodiscard]] inline std::uint32_t alignment_of(const void* x) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(x) | 256U;
  return static_cast<std::uint32_t>(address & (~address + 1));
}

/// C = A·B + bias. False where cuBLASLt has no algorithm for it.
template <std::floating_point T>
[[nodiscard]] bool multiply_with_bias(const factors<T>& f, const layout& left, const layout& right, int gpu) {
  constexpr bool is_double = std::same_as<T, double>;
  constexpr cudaDataType_t type = is_double ? CUDA_R_64F : CUDA_R_32F;
  const bool tf32 = !is_double && tessera::gpu::detail::tf32_allowed;
  const cublasComputeType_t compute = is_double ? CUBLAS_COMPUTE_64F : tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  const auto m = static_cast<std::uint64_t>(f.m), n = static_cast<std::uint64_t>(f.n), k = static_cast<std::uint64_t>(f.k);

  cublasLtMatmulDescOpaque_t operation;
  check(cublasLtMatmulDescInit(&operation, compute, type));
  const auto set = [&](cublasLtMatmulDescAttributes_t what, const auto& value) { check(cublasLtMatmulDescSetAttribute(&operation, what, &value, sizeof(value))); };
  const cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_BIAS;
  const void* const bias = f.bias;
  set(CUBLASLT_MATMUL_DESC_TRANSA, right.operation);
  set(CUBLASLT_MATMUL_DESC_TRANSB, left.operation);
  set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
  set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
  cublasLtMatrixLayoutOpaque_t first, second, result;  // as they are stored
  const auto store = [](cublasLtMatrixLayoutOpaque_t& to, const layout& as, std::uint64_t rows, std::uint64_t columns) {
    const bool turned = as.operation == CUBLAS_OP_T;
    check(cublasLtMatrixLayoutInit(&to, type, turned ? columns : rows, turned ? rows : columns, as.leading));
  };
  store(first, right, n, k);
  store(second, left, k, m);
  store(result, {CUBLAS_OP_N, static_cast<int>(f.ldc)}, n, m);

  context& with = of(gpu);
  const std::uint32_t align_bias = alignment_of(f.bias), align_c = alignment_of(f.c);
  const problem p{gpu, static_cast<int>(f.m), static_cast<int>(f.n), static_cast<int>(f.k), left.leading, right.leading, static_cast<int>(f.ldc),
                  alignment_of(f.a.data), alignment_of(f.b.data), align_bias < align_c ? align_bias : align_c,
                  static_cast<unsigned char>(left.operation), static_cast<unsigned char>(right.operation), is_double, tf32};
  choice chosen;
  choices& known = known_choices();
  choice& place = known.all[choices::place_of(p)];
  {
    const std::lock_guard lock(known.access);
    chosen = place;
  }
  if (!chosen.is_known || chosen.of != p) {
    chosen = {p, true, false, {}};
    cublasLtMatmulPreferenceOpaque_t wish;
    check(cublasLtMatmulPreferenceInit(&wish));
    const auto ask = [&](cublasLtMatmulPreferenceAttributes_t what, const auto& value) { check(cublasLtMatmulPreferenceSetAttribute(&wish, what, &value, sizeof(value))); };
    const std::uint64_t bytes = workspace_bytes;
    ask(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, bytes);
    ask(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, p.alignment_b);
    ask(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, p.alignment_a);
    ask(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, p.alignment_c);
    ask(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, p.alignment_c);
    cublasLtMatmulHeuristicResult_t found{};
    int count = 0;
    const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(with.light, &operation, &first, &second, &result, &result, &wish, 1, &found, &count);
    chosen.is_possible = status == CUBLAS_STATUS_SUCCESS && count > 0 && found.state == CUBLAS_STATUS_SUCCESS;
    chosen.algorithm = found.algo;
    const std::lock_guard lock(known.access);
    place = chosen;
  }
  if (!chosen.is_possible) return false;
  const T one = 1, none = 0;
  check(cublasLtMatmul(with.light, &operation, &one, f.b.data, &first, f.a.data, &second, &none, f.c, &result, f.c, &result, &chosen.algorithm, with.workspace, workspace_bytes,
                       tessera::gpu::memory::stream(gpu)));
  return true;
}

}  // namespace tessera::backend::items::cublas

#endif  // TESSERA_USE_CUBLAS
