// SPDX-License-Identifier: BSL-1.0
#pragma once
// What optimisers share: the parameters they train, as flat spans, and their state.

#include <tessera/backend/rows.hpp>

#include <cmath>
#include <type_traits>

#include <tessera/backend/items/update.hpp>
#include <tessera/optim/captured.hpp>
#include <tessera/optim/trained.hpp>

namespace tessera::optim {

namespace detail {

inline constexpr extent elements_of_a_task = 16384;

/// Updates the elements of a parameter. update(type_identity<V>) gives what to do with registers V, whose scalars are in registers
/// too: f(spans, offset, lanes). (Read from memory they would be read for every register, which might have changed them.) It is a struct
/// that has a name: a GPU takes no closure.
template <class T, int Slots, class Update>
void update_elements(trained<Slots>& p, const Update& update) {
  autograd::leaf_node& n = p.parameter.node();
  n.value.make_unique();
  if constexpr (has_gpu)
    for (block& state : p.state)  // the model may have moved
      if (state && state.device() != n.value.device()) state = state.copy(n.value.device());
  const spans<T, Slots> s = spans_of<T>(p);
#if TESSERA_RUNS_ITEMS
  const with_device on(n.value.device());
  if (backend::runs_items()) {
    const auto element = update(std::type_identity<backend::scalar_register<T>>{});
    return backend::launch(s.size, 16, backend::items::update_element<std::remove_const_t<decltype(element)>, spans<T, Slots>>{element, nullptr, s});
  }
#endif
  parallel_for(s.size, elements_of_a_task, [&](extent begin, extent end) {
    backend::with_register<T>([&]<class V>() {
      const auto element = update(std::type_identity<V>{});
      const spans<T, Slots> own = s;
      backend::for_lanes<V>(end - begin, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA { element(own, begin + j, lanes); });
    });
  });
}

}  // namespace detail

/// Base of the optimisers: collects the parameters of a model that require gradients when the optimiser is made.
template <int Slots>
class optimizer {
 public:
  optimizer(const optimizer&) = delete;
  optimizer& operator=(const optimizer&) = delete;

  /// Drops the gradients. like torch.optim.Optimizer.zero_grad
  void zero_grad() {
    for (detail::trained<Slots>& p : trained_) autograd::drop_adjoint(*p.parameter.leaf);
  }
  /// The number of parameter tensors.
  [[nodiscard]] std::size_t size() const { return trained_.size(); }

 protected:
  TESSERA_COLD explicit optimizer(std::vector<nn::named_parameter> parameters) {
    std::size_t wanted = 0;
    for (const nn::named_parameter& p : parameters) wanted += p.leaf->requires_grad ? 1 : 0;
    trained_ = std::vector<detail::trained<Slots>>(wanted);
    std::size_t i = 0;
    for (nn::named_parameter& p : parameters)
      if (p.leaf->requires_grad) trained_[i++].parameter = std::move(p);
    if (wanted == 0) raise<value_error>({"tessera::optim: the model has no parameter that requires a gradient"});
  }
  ~optimizer() = default;

  /// Calls update on the elements of every parameter with a gradient, in its own element type; `prepare` runs once for each
  /// and may make state.
  template <class Prepare, class Update>
  void for_each_gradient(Prepare prepare, const Update& update) {
#if TESSERA_HAS_GPU
    if (gpu::capture* const step = gpu::capturing(); step != nullptr) return detail::capture_updates(*step, trained_, prepare, update);
#endif
    for (detail::trained<Slots>& p : trained_) {
      if (!p.parameter.leaf->adjoint) continue;
      const auto made = prepare(p);
      if (p.parameter.type == dtype::float32) detail::update_elements<float>(p, update(made));
      else detail::update_elements<double>(p, update(made));
    }
  }
  /// State of zeros for a parameter.
  [[nodiscard]] static block zeros_of(const nn::named_parameter& p) {
    block b(static_cast<std::size_t>(p.size()) * size_of(p.type), p.node().value.device());
    b.clear();
    return b;
  }

  std::vector<detail::trained<Slots>> trained_;
};

TESSERA_INSTANTIATE(float, class optimizer<1>)
TESSERA_INSTANTIATE(float, class optimizer<2>)

namespace detail {
[[noreturn]] TESSERA_COLD_ONCE void bad_option(const char* what, double value) {
  raise<value_error>({"tessera::optim: ", what, " is ", value, ", outside its range"});
}
inline void check_option(bool holds, const char* what, double value) {
  if (!holds) bad_option(what, value);
}
}  // namespace detail

}  // namespace tessera::optim
