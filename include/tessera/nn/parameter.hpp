// SPDX-License-Identifier: BSL-1.0
#pragma once
// nn::parameter: a leaf of the graph that a module owns.

#include <tessera/autograd/variable.hpp>

namespace tessera::nn {

namespace detail {
// Once for each element type, whatever the shape.
template <std::floating_point T>
[[nodiscard]] TESSERA_COLD autograd::edge zero_leaf(const extents& shape) {
  return autograd::make_leaf(tessera::detail::filled_block(count(shape), T(0)), shape, sizeof(T));
}
TESSERA_INSTANTIATE(float, autograd::edge zero_leaf<float>(const extents&))
TESSERA_INSTANTIATE(double, autograd::edge zero_leaf<double>(const extents&))
}  // namespace detail

/// A trained tensor. Making one makes a leaf, and so does copying: a copied model is independent. Assigning to one, and moving
/// into one, writes the value into the leaf it has, so that an optimiser never trains an orphan.
///   like  torch.nn.Parameter
template <Element T, Shape S>
class parameter {
 public:
  using element = T;
  using shape_type = S;

  /// Zeros.
  parameter()
    requires(S::is_static)
      : parameter(S{}) {}
  explicit parameter(S shape) : leaf_(autograd::access_to_variable::make<T>(block(), shape, detail::zero_leaf<T>(shape.values()))) {}
  parameter(const tensor<T, S>& value) : leaf_(value) {}
  parameter(const parameter& other) : leaf_(other.value()) { leaf_.requires_grad(other.requires_grad()); }
  parameter(parameter&&) noexcept = default;

  parameter& operator=(const parameter& other) { return *this = other.value(); }
  parameter& operator=(parameter&& other) { return *this = other.value(); }
  parameter& operator=(const tensor<T, S>& value) {
    leaf_.set_value(value);
    return *this;
  }
  /// Writes the value of an expression.
  template <Operand X>
    requires(!std::same_as<X, parameter> && !std::same_as<X, tensor<T, S>>)
  parameter& operator=(const X& x) {
    leaf_.set_value(tessera::detach(x));
    return *this;
  }
  ~parameter() = default;

  [[nodiscard]] S shape() const { return leaf_.shape(); }
  [[nodiscard]] extent size() const { return leaf_.size(); }
  [[nodiscard]] extent size(int axis) const { return leaf_.size(axis); }
  [[nodiscard]] const T* data() const { return leaf_.data(); }
  [[nodiscard]] std::span<const T> span() const { return leaf_.span(); }
  /// The element at an index, unchecked; with at, checked, and counting from the end where negative.
  template <std::convertible_to<extent>... I>
  [[nodiscard]] T operator()(I... index) const { return leaf_(index...); }
  template <std::convertible_to<extent>... I>
  [[nodiscard]] T at(I... index) const { return leaf_.at(index...); }
  /// The elements, for writing; copied first where someone else shares them.
  [[nodiscard]] std::span<T> mutable_span() { return leaf_.mutable_span(); }
  /// The value as a tensor of its own.
  [[nodiscard]] tensor<T, S> value() const { return leaf_.value(); }

  [[nodiscard]] bool has_grad() const { return leaf_.has_grad(); }
  /// The accumulated gradient.
  ///   error  autograd_error where there is none
  [[nodiscard]] tensor<T, S> grad() const { return leaf_.grad(); }
  void zero_grad() { leaf_.zero_grad(); }
  [[nodiscard]] bool requires_grad() const { return leaf_.requires_grad(); }
  /// Freezes the parameter (false) or trains it (true).
  parameter& requires_grad(bool wanted) {
    leaf_.requires_grad(wanted);
    return *this;
  }

  /// What x += y does with x + y: writes it, as PyTorch does under no_grad.
  template <class E>
  parameter& update(const E& e) {
    return *this = e;
  }

  [[nodiscard]] auto lazy() const { return leaf_.lazy(); }
  /// The node, for optimisers.
  [[nodiscard]] const autograd::edge& source() const { return leaf_.source(); }

 private:
  variable<T, S> leaf_;
};

template <class X>
inline constexpr bool is_parameter = false;
template <Element T, Shape S>
inline constexpr bool is_parameter<parameter<T, S>> = true;

}  // namespace tessera::nn
