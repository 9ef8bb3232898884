// SPDX-License-Identifier: BSL-1.0
#pragma once
// Are two operands equal, exactly or nearly? The answer is one bool, which no graph records.

#include <tessera/tensor/any_tensor.hpp>

#include <cmath>

namespace tessera {

/// What allclose takes for near: |a - b| <= atol + rtol·|b|.
struct closeness {
  double rtol = 1e-5;
  double atol = 1e-8;
  bool equal_nan = false;  // is NaN near NaN?
};

namespace detail {
template <Element T>
[[nodiscard]] any_tensor<T> stretched_copy(const any_tensor<T>& x, const extents& to) {
  any_tensor<T> view{x.hold, to, extents::filled(to.rank, 0), x.offset};
  backend::stretch(x.shape, x.strides, to, view.strides.at);
  return view.contiguous();
}
template <Element T>
[[nodiscard]] TESSERA_COLD bool are_close(const any_tensor<T>& a, const any_tensor<T>& b, closeness o) {
  const auto shape = rule::broadcast(a.shape, b.shape);
  if (!shape) raise<shape_error>({"tessera::allclose: shapes ", a.shape, " and ", b.shape, " do not broadcast"});
  const any_tensor<T> x = stretched_copy(a.reachable(), *shape), y = stretched_copy(b.reachable(), *shape);
  for (extent i = 0; i < x.size(); ++i) {
    if (x.data()[i] == y.data()[i]) continue;
    const auto p = static_cast<double>(x.data()[i]), q = static_cast<double>(y.data()[i]), distance = std::abs(p - q);
    if (std::isfinite(distance) && distance <= o.atol + std::abs(o.rtol * q)) continue;
    if (!(o.equal_nan && std::isnan(p) && std::isnan(q))) return false;
  }
  return true;
}
template <Element T>
[[nodiscard]] TESSERA_COLD bool are_equal(const any_tensor<T>& a, const any_tensor<T>& b) {
  if (a.shape != b.shape) return false;
  const any_tensor<T> x = a.reachable().contiguous(), y = b.reachable().contiguous();
  return std::equal(x.data(), x.data() + x.size(), y.data());
}
}  // namespace detail

/// Is every element of a near that of b? The shapes broadcast; infinities are near themselves only.
///   error  shape_error where the shapes do not broadcast
///   like   torch.allclose
template <Operand A, Operand B>
[[nodiscard]] bool allclose(const A& a, const B& b, closeness o = {}) {
  static_assert(std::same_as<element_t<A>, element_t<B>>, "tessera::allclose: the element types differ; use cast");
  return detail::are_close(erase(detail::expression_of(a)), erase(detail::expression_of(b)), o);
}

/// Have a and b one shape and equal elements? like torch.equal
template <Operand A, Operand B>
[[nodiscard]] bool equal(const A& a, const B& b) {
  static_assert(std::same_as<element_t<A>, element_t<B>>, "tessera::equal: the element types differ; use cast");
  return detail::are_equal(erase(detail::expression_of(a)), erase(detail::expression_of(b)));
}

}  // namespace tessera
