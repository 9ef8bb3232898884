// SPDX-License-Identifier: BSL-1.0
#pragma once
// The updates of an optimiser in a step that is captured. Their kernels read the numbers of the step, which follow from its number and
// from the options, in memory of the GPU; before each replay the processor writes them there.

#include <tessera/backend/items/update.hpp>
#include <tessera/backend/rows.hpp>
#include <tessera/optim/trained.hpp>

#if TESSERA_HAS_GPU

#include <cstring>
#include <memory>
#include <type_traits>
#include <vector>

namespace tessera::optim::detail {

/// A parameter where the captured kernels know it.
template <int Slots>
struct captured_update {
  trained<Slots>* of;
  const void *value, *gradient, *state[Slots + 1];
  bool has_gradient;    // does the step write the gradient itself?
  std::size_t numbers;  // where its numbers begin

  captured_update(trained<Slots>& p, bool writes_gradient, std::size_t at) : of(&p), value(p.parameter.node().value.data()), gradient(p.parameter.leaf->adjoint.data()), has_gradient(writes_gradient), numbers(at) {
    for (int k = 0; k < Slots; ++k) state[k] = p.state[k].data();
  }
  [[nodiscard]] bool has_its_state() const {
    for (int k = 0; k < Slots; ++k)
      if (of->state[k].data() != state[k]) return false;
    return true;
  }
  /// Would the kernels write what they wrote when they were captured, and nothing that somebody else holds?
  [[nodiscard]] bool holds() const {
    const block& now = of->parameter.node().value;
    return now.data() == value && now.references() == 1 && has_its_state() && (has_gradient || of->parameter.leaf->adjoint.data() == gradient);
  }
};

/// Makes the element of an update, with the numbers of this step.
template <class T, class Update, class Made>
[[nodiscard]] auto element_of(const Update& update, const Made& made) {
  return update(made)(std::type_identity<backend::scalar_register<T>>{});
}

template <int Slots, class Prepare, class Update>
class captured_updates : public gpu::renewed {
  using made_type = std::invoke_result_t<Prepare, trained<Slots>&>;
  template <class T>
  using element = decltype(element_of<T>(std::declval<const Update&>(), std::declval<const made_type&>()));
  static constexpr std::size_t step = (sizeof(element<double>) + 15) / 16 * 16;

 public:
  captured_updates(gpu::capture& captured, std::vector<trained<Slots>>& all, Prepare prepare, Update update) : prepare_(prepare), update_(update) {
    for (trained<Slots>& p : all) {
      if (!p.parameter.leaf->adjoint) continue;
      if (p.parameter.node().value.references() > 1)
        raise<device_error>({"tessera::gpu::graph: the parameter ", p.parameter.name, " is held by an expression or a tensor when the captured step updates it, which would move it"});
      parts_.emplace_back(p, captured.part_of(p.parameter.leaf.get()) != nullptr, parts_.size() * step);
    }
    if (parts_.empty()) return;
    const with_device on(parts_[0].of->parameter.node().value.device());
    here_.resize(parts_.size() * step);
    {
      const gpu::capture::input apart(captured);
      there_ = block(here_.size());
    }
    for (const auto& part : parts_) {
      if (part.of->parameter.type == dtype::float32) launch<float>(part);
      else launch<double>(part);
    }
  }

  [[nodiscard]] bool holds() const override {
    for (const auto& part : parts_)
      if (!part.holds()) return false;
    return true;
  }
  void renew() override {
    for (const auto& part : parts_) {
      const auto made = prepare_(*part.of);
      if (!part.has_its_state())
        raise<device_error>({"tessera::gpu::graph: the parameter ", part.of->parameter.name, " had its first gradient when the step was captured; optimise it once before"});
      if (part.of->parameter.type == dtype::float32) put<float>(part, made);
      else put<double>(part, made);
    }
    if (!here_.empty()) there_.write(here_.data(), here_.size());
  }

 private:
  template <class T>
  void launch(const captured_update<Slots>& part) {
    const auto* numbers = reinterpret_cast<const element<T>*>(static_cast<const std::byte*>(there_.data()) + part.numbers);
    backend::launch(part.of->parameter.size(), 16, backend::items::update_element<element<T>, spans<T, Slots>>{{}, numbers, spans_of<T>(*part.of)});
  }
  template <class T>
  void put(const captured_update<Slots>& part, const made_type& made) {
    const element<T> own = element_of<T>(update_, made);
    static_assert(std::is_trivially_copyable_v<element<T>> && sizeof own <= step && alignof(element<T>) <= 16);
    std::memcpy(here_.data() + part.numbers, &own, sizeof own);
  }

  Prepare prepare_;
  Update update_;
  std::vector<captured_update<Slots>> parts_;
  std::vector<std::byte> here_;
  block there_;
};

/// In place of the updates themselves.
template <int Slots, class Prepare, class Update>
TESSERA_COLD void capture_updates(gpu::capture& step, std::vector<trained<Slots>>& all, const Prepare& prepare, const Update& update) {
  step.add(std::make_unique<captured_updates<Slots, Prepare, Update>>(step, all, prepare, update));
}

}  // namespace tessera::optim::detail

#endif  // TESSERA_HAS_GPU
