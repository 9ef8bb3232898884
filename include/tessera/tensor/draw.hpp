// SPDX-License-Identifier: BSL-1.0
#pragma once
// Random tensors whose numbers follow from their position: drawn where the tensor is, by as many as there are.

#include <tessera/backend/items/draw.hpp>
#include <tessera/backend/parallel.hpp>
#include <tessera/backend/selector.hpp>
#include <tessera/numeric/lane.hpp>
#include <tessera/storage/random_stream.hpp>
#include <tessera/tensor/tensor.hpp>

#include <concepts>

namespace tessera {

/// Asks rand and randn for numbers from Philox instead of the stream that PyTorch reads.
struct by_position_t {};
inline constexpr by_position_t by_position{};

namespace detail {

/// Element i, uniform in [0, 1).
struct uniform_numbers {
  philox stream;
  template <std::floating_point T>
  [[nodiscard]] TESSERA_FN T load(extent i) const {
    return stream.uniform<T>(static_cast<std::uint64_t>(i));
  }
};
/// Element i, standard normal: by Box and Muller from two uniform numbers of its own.
struct normal_numbers {
  philox stream;
  template <std::floating_point T>
  [[nodiscard]] TESSERA_FN T load(extent i) const {
    T u[2] = {};
    stream.fill_uniform(2 * static_cast<std::uint64_t>(i), u, 2);
    return lane::sqrt(T(-2) * lane::log(T(1) - u[0])) * lane::cos(T(generator::two_pi) * u[1]);
  }
};

template <class T, class Numbers>
void draw_all(T* to, extent n, const Numbers& numbers) {
#if TESSERA_RUNS_ITEMS
  if (backend::runs_items()) return backend::launch(n, 60, backend::items::draw<Numbers, T>{numbers, to});
#endif
  parallel_for(n, 4096, [&](extent begin, extent end) {
    for (extent i = begin; i < end; ++i) to[i] = numbers.template load<T>(i);
  });
}

}  // namespace detail

/// Numbers uniform in [0, 1), drawn on the current device: the same on every device, and others than rand(shape) has. No number waits
/// for another, nothing is copied, and a captured step (gpu::graph) has new ones on each replay.
///   like   torch.rand(..., device="cuda"), with other numbers
template <std::floating_point T = float, Shape S>
[[nodiscard]] tensor<T, S> rand(S shape, by_position_t, generator& random = default_generator()) {
  auto result = tensor<T, S>::uninitialized(shape);
  detail::draw_all(result.mutable_data(), shape.size(), detail::uniform_numbers{detail::next_numbers(random)});
  return result;
}

/// Standard normal numbers, drawn on the current device: the same on every device but for the last digits.
///   like   torch.randn(..., device="cuda"), with other numbers
template <std::floating_point T = float, Shape S>
[[nodiscard]] tensor<T, S> randn(S shape, by_position_t, generator& random = default_generator()) {
  auto result = tensor<T, S>::uninitialized(shape);
  detail::draw_all(result.mutable_data(), shape.size(), detail::normal_numbers{detail::next_numbers(random)});
  return result;
}

}  // namespace tessera
