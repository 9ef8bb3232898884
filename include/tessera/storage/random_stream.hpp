// SPDX-License-Identifier: BSL-1.0
#pragma once
// The stream of random numbers of one operation, also in a step that is captured: there the kernels read seed and offset from memory.

#include <tessera/numeric/random.hpp>
#include <tessera/storage/block.hpp>

namespace tessera::detail {

#if TESSERA_HAS_GPU
/// What a generator gave to a captured step: each replay takes as many streams as the step did.
struct captured_numbers : gpu::renewed {
  generator& from;
  block state{sizeof(philox_state)};
  std::uint64_t count = 0;

  explicit captured_numbers(generator& g) : from(g) { key = &g; }
  [[nodiscard]] philox next() { return philox::replayed(static_cast<const philox_state*>(state.data()), count++); }
  void renew() override {
    const philox first = from.next_philox();
    for (std::uint64_t i = 1; i < count; ++i) static_cast<void>(from.next_philox());
    const philox_state now{first.seed(), first.offset()};
    state.write(&now, sizeof now);
  }
};

[[nodiscard]] TESSERA_COLD inline philox captured_stream(gpu::capture& step, generator& random) {
  auto* part = static_cast<captured_numbers*>(step.part_of(&random));
  if (part == nullptr) {
    const with_device on(device::gpu(step.gpu()));
    const gpu::capture::input apart(step);
    auto own = std::make_unique<captured_numbers>(random);
    part = own.get();
    step.add(std::move(own));
  }
  return part->next();
}

#endif  // TESSERA_HAS_GPU

/// The stream of the next random operation.
[[nodiscard]] inline philox next_numbers(generator& random) {
#if TESSERA_HAS_GPU
  if (gpu::capture* const step = gpu::capturing(); step != nullptr) return captured_stream(*step, random);
#endif
  return random.next_philox();
}

}  // namespace tessera::detail
