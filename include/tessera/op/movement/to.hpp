// SPDX-License-Identifier: BSL-1.0
#pragma once
// to: the same elements on another device.

#include <tessera/op/structured.hpp>

namespace tessera {
namespace op {

/// The elements in a block on a device; shared where they are there already.
struct move_to {
  static constexpr const char* name = "to";
  static constexpr bool keeps = false, keeps_result = false;
  device where;
  device origin = device::cpu();

  template <Element T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) {
    origin = x.hold.device();
    if (origin == where) return x;
    any_tensor<T> y = x.packed();
    y.hold = y.hold.copy(where);
    return y;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V&, const V&) const {
    return cotangents{[&] { return apply(move_to{origin}, g); }, no_gradient{}};
  }
};

}  // namespace op

/// x on a device: itself where it is there already. Reading what a GPU computed waits for its work.
///   shape  that of x
///   dtype  that of x
///   grad   dy, moved back
///   cost   a copy over the bus
///   like   torch.Tensor.to
template <Operand X>
[[nodiscard]] auto to(const X& x, device place) {
  return structured<shape_t<X>, element_t<X>>(op::move_to{place}, x);
}
[[nodiscard]] inline poison to(poison, device) { return {}; }

}  // namespace tessera
