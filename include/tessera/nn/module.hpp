// SPDX-License-Identifier: BSL-1.0
#pragma once
// A module is any struct whose fields are parameters, flags and modules. Nothing is registered: a visitor walks the fields.

#include <tessera/core/reflect.hpp>
#include <tessera/nn/parameter.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace tessera::nn {

/// Is the model being trained? Dropout and its kind ask. nn::train and nn::eval set every flag of a model.
struct training_flag {
  bool on = true;
};

/// Says that fields of a class that is no aggregate hold no parameters. Specialise it for your own.
template <class X>
inline constexpr bool holds_nothing = std::is_arithmetic_v<X> || std::is_enum_v<X> || std::is_pointer_v<X>;
template <>
inline constexpr bool holds_nothing<std::string> = true;

namespace detail {

template <class X>
inline constexpr bool is_sequence = std::is_array_v<X>;
template <class X, std::size_t N>
inline constexpr bool is_sequence<std::array<X, N>> = true;
template <class X, class A>
inline constexpr bool is_sequence<std::vector<X, A>> = true;

template <class X>
inline constexpr bool is_tuple = false;
template <class... X>
inline constexpr bool is_tuple<std::tuple<X...>> = true;

template <class X>
inline constexpr bool is_owner = false;
template <class X, class D>
inline constexpr bool is_owner<std::unique_ptr<X, D>> = true;
template <class X>
inline constexpr bool is_owner<std::shared_ptr<X>> = true;
template <class X>
inline constexpr bool is_owner<std::optional<X>> = true;

[[nodiscard]] TESSERA_COLD_ONCE std::string below(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : (path + '.').append(name);
}

}  // namespace detail

/// Calls f(path, x) for every parameter and every training flag of a model, in the order of its fields. Names are joined by
/// dots; the elements of arrays, vectors and tuples are "0", "1" and so on.
template <class M, class F>
void visit(M& model, F&& f, const std::string& path = {}) {
  using Plain = std::remove_const_t<M>;
  if constexpr (is_parameter<Plain> || std::same_as<Plain, training_flag>) {
    f(path, model);
  } else if constexpr (detail::is_sequence<Plain>) {
    std::size_t i = 0;
    for (auto& element : model) visit(element, f, detail::below(path, std::to_string(i++)));
  } else if constexpr (detail::is_tuple<Plain>) {
    std::size_t i = 0;
    std::apply([&](auto&... element) { (visit(element, f, detail::below(path, std::to_string(i++))), ...); }, model);
  } else if constexpr (detail::is_owner<Plain>) {
    if (model) visit(*model, f, path);
  } else if constexpr (Operand<Plain> || holds_nothing<Plain>) {
    // A tensor of the user's own is no parameter.
  } else {
    for_each_field(model, [&](std::string_view name, auto& field) { visit(field, f, detail::below(path, name)); });
  }
}

/// A parameter of a model as optimisers and files see it: a name and a leaf.
struct named_parameter {
  std::string name;
  autograd::edge leaf;
  dtype type;

  [[nodiscard]] autograd::leaf_node& node() const { return static_cast<autograd::leaf_node&>(*leaf); }
  [[nodiscard]] const extents& shape() const { return leaf->shape; }
  [[nodiscard]] extent size() const { return count(leaf->shape); }
};

namespace detail {
TESSERA_COLD_ONCE void add_parameter(std::vector<named_parameter>& all, const std::string& path, const autograd::edge& leaf, dtype type) {
  all.push_back({path, leaf, type});
}
}  // namespace detail

/// The parameters of a model, in the order of its fields.
///   like  torch.nn.Module.named_parameters
template <class M>
[[nodiscard]] TESSERA_COLD std::vector<named_parameter> parameters(const M& model) {
  std::vector<named_parameter> all;
  visit(model, [&](const std::string& path, const auto& x) {
    using X = std::remove_cvref_t<decltype(x)>;
    if constexpr (is_parameter<X>) detail::add_parameter(all, path, x.source(), dtype_of<typename X::element>);
  });
  return all;
}

/// Sets every training flag of a model. like torch.nn.Module.train
template <class M>
void train(M& model, bool on = true) {
  visit(model, [on](const std::string&, auto& x) {
    if constexpr (std::same_as<std::remove_cvref_t<decltype(x)>, training_flag>) x.on = on;
  });
}
/// Clears every training flag of a model. like torch.nn.Module.eval
template <class M>
void eval(M& model) {
  train(model, false);
}

/// Drops the gradients of a model's parameters. like torch.nn.Module.zero_grad
template <class M>
void zero_grad(M& model) {
  visit(model, [](const std::string&, auto& x) {
    if constexpr (is_parameter<std::remove_cvref_t<decltype(x)>>) x.zero_grad();
  });
}

/// Freezes a model (false) or trains it. like torch.nn.Module.requires_grad_
template <class M>
void requires_grad(M& model, bool wanted) {
  visit(model, [wanted](const std::string&, auto& x) {
    if constexpr (is_parameter<std::remove_cvref_t<decltype(x)>>) x.requires_grad(wanted);
  });
}

namespace detail {
TESSERA_COLD inline void move_parameters(const std::vector<named_parameter>& all, device where) {
  std::vector<block> values(all.size()), gradients(all.size());  // memory for all of it first: running out half way must not leave a mixture
  const auto there = [where](const block& b) { return !b || b.device() == where ? b : b.copy(where); };
  for (std::size_t i = 0; i < all.size(); ++i) {
    values[i] = there(all[i].node().value);
    gradients[i] = there(all[i].leaf->adjoint);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].node().value = std::move(values[i]);
    all[i].leaf->adjoint = std::move(gradients[i]);
  }
}
}  // namespace detail

/// The number of trained elements of a model.
template <class M>
[[nodiscard]] extent parameter_count(const M& model) {
  extent n = 0;
  for (const named_parameter& p : parameters(model)) n += p.leaf->requires_grad ? p.size() : 0;
  return n;
}

}  // namespace tessera::nn

namespace tessera {

/// Moves the parameters of a model, and their gradients, to a device. Optimisers keep their parameters, wherever those are.
///   error  device_error where the device has no room; the model is then as it was
///   like   torch.nn.Module.to
template <class M>
  requires(!Operand<M> && !is_poison<M>)
void to(M& model, device place) {
  nn::detail::move_parameters(nn::parameters(model), place);
}

}  // namespace tessera
