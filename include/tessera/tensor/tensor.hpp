// SPDX-License-Identifier: BSL-1.0
#pragma once
// tensor<T, Shape>: contiguous, counted, with value semantics. A copy shares the block until one side writes.

#include <tessera/backend/execute.hpp>
#include <tessera/core/expect.hpp>
#include <tessera/expr/expression.hpp>
#include <tessera/shape/rules.hpp>
#include <tessera/tensor/literal.hpp>

#include <cstring>
#include <span>
#include <string>

namespace tessera {

// A diagnosis: the compiler names them where a tensor cannot hold what it is given.
template <class Tensor, class Source>
struct shapes_do_not_fit_in_assignment {};
template <class To, class From>
struct element_types_differ_use_cast {};

namespace detail {

/// Can a tensor of T and S hold an expression E? Says why not at compile time.
template <class T, class S, class E>
constexpr void check_assignment() {
  constexpr bool fits = [] {
    bool all = S::rank == E::shape_type::rank;
    for (int i = 0; all && i < S::rank; ++i) all = rule::may_equal(S::pattern[i], E::shape_type::pattern[i]);
    return all;
  }();
  expect<fits, shapes_do_not_fit_in_assignment<S, typename E::shape_type>>();
  expect<!fits || std::same_as<T, typename E::element>, element_types_differ_use_cast<T, typename E::element>>();
}

/// Refuses elements that the processor cannot reach.
inline void check_reachable(const block& b) {
  if (b.device().is_gpu()) [[unlikely]]
    raise<device_error>({"tessera::tensor: the elements are on ", b.device(), ", which the processor cannot reach; say to(x, device::cpu())"});
}

/// A block of n elements, each `value`.
template <Element T>
[[nodiscard, gnu::noinline]] block filled_block(extent n, T value) {
  block b(static_cast<std::size_t>(n) * sizeof(T));
  backend::fill(static_cast<T*>(b.data()), n, value);
  return b;
}

}  // namespace detail

template <Element T, Shape S>
class tensor;

/// One element of a tensor that may be written. Reading converts; assigning detaches the tensor from whoever shares it.
template <class Tensor>
class element_reference {
 public:
  using value_type = typename Tensor::element;
  element_reference(Tensor& owner, extent offset) : owner_(owner), offset_(offset) {}
  element_reference(const element_reference&) = default;
  operator value_type() const { return std::as_const(owner_).element_at(offset_); }
  value_type operator=(value_type value) && { return set(value); }
  value_type operator=(const element_reference& other) && { return set(other); }
  value_type operator+=(value_type value) && { return set(static_cast<value_type>(*this + value)); }
  value_type operator-=(value_type value) && { return set(static_cast<value_type>(*this - value)); }
  value_type operator*=(value_type value) && { return set(static_cast<value_type>(*this * value)); }
  value_type operator/=(value_type value) && { return set(static_cast<value_type>(*this / value)); }

 private:
  value_type set(value_type value) {
    owner_.set_element(offset_, value);
    return value;
  }

  Tensor& owner_;
  extent offset_;
};

/// A tensor of elements T with the given shape, contiguous in row-major order on a 64-byte boundary.
///   cost  copying is counting until one of the copies is written; moving is free
///   like  torch.Tensor, with value semantics: no two tensors share writes
template <Element T, Shape S>
class tensor {
 public:
  using element = T;
  using shape_type = S;
  static constexpr int rank = S::rank;

  /// Zeros.
  tensor()
    requires(S::is_static)
      : tensor(S{}, T(0)) {}
  /// Every element `value`.
  tensor(S shape, T value) : tensor(detail::filled_block(shape.size(), value), shape) {}
  /// Elements in row-major order.
  ///   error  shape_error unless there are as many as the shape has
  tensor(S shape, std::span<const T> values) : tensor(uninitialized(shape)) {
    if (static_cast<extent>(values.size()) != size())
      raise<shape_error>({"tessera::tensor: ", values.size(), " values do not fill shape ", shape.values()});
    hold_.write(values.data(), values.size_bytes());
  }
  /// Nested braces: tensor{{1.f, 2.f}, {3.f, 4.f}}.
  template <class... Rows>
    requires(detail::literal_fits<T, S, Rows...>)
  tensor(const Rows&... rows) : tensor(made(S{}, [&](T* to) { (detail::copy_literal(to, rows), ...); })) {}  // NOLINT: a number converts to a tensor of no axes
  template <class U, std::size_t... N>
    requires(S::is_static && S::rank == 2)
  tensor(const U (&... rows)[N]) : tensor(made(S{}, [&](T* to) { (detail::copy_literal(to, rows), ...); })) {}
  template <class U, std::size_t M, std::size_t... N>
    requires(S::is_static && S::rank == 3)
  tensor(const U (&... rows)[N][M]) : tensor(made(S{}, [&](T* to) { (detail::copy_literal(to, rows), ...); })) {}
  template <class U, std::size_t L, std::size_t M, std::size_t... N>
    requires(S::is_static && S::rank == 4)
  tensor(const U (&... rows)[N][M][L]) : tensor(made(S{}, [&](T* to) { (detail::copy_literal(to, rows), ...); })) {}

  /// What an operation whose error has been reported returns.
  tensor(poison) : shape_(S::from(S::pattern)) {}

  tensor(const tensor& other) : hold_(other.captured()), shape_(other.shape_) {}
  tensor(tensor&&) noexcept = default;
  tensor& operator=(const tensor& other) {
    if (this != &other) {
      hold_ = other.captured();
      shape_ = other.shape_;
    }
    return *this;
  }
  tensor& operator=(tensor&&) noexcept = default;
  ~tensor() = default;

  /// The value of an expression.
  ///   error  compile time: shapes or element types differ; run time: shape_error where a known extent does not fit;
  ///          autograd_error where a graph tracks the expression
  template <Operand X>
    requires(!std::same_as<std::remove_cvref_t<X>, tensor>)
  tensor(const X& x) : tensor(from_expression(detail::expression_of(x))) {}

  template <Operand X>
    requires(!std::same_as<std::remove_cvref_t<X>, tensor>)
  tensor& operator=(const X& x) {
    const auto& e = detail::expression_of(x);
    using E = std::remove_cvref_t<decltype(e)>;
    detail::check_assignment<T, S, E>();
    refuse_gradient(e);
    const S shape = shape_of_value(e);
    const with_device_of on(e);
    if constexpr (is_flat<E>) {
      // Only the expression shares the block, and reads element i before it is written: work in place.
      int own = 0;
      e.for_each_leaf([&](const auto& leaf) {
        if constexpr (requires { leaf.hold; }) own += leaf.hold == hold_;
      });
      if (hold_ && shape_ == shape && hold_.references() == own + 1) {
        backend::evaluate(e, static_cast<T*>(hold_.data()));
        return *this;
      }
    }
    tensor result = uninitialized(shape);
    backend::evaluate(e, static_cast<T*>(result.hold_.data()));
    return *this = std::move(result);
  }

  /// A tensor whose elements are whatever the memory held.
  [[nodiscard]] static tensor uninitialized(S shape) { return tensor(block(static_cast<std::size_t>(shape.size()) * sizeof(T)), shape); }
  /// A tensor on the current device whose elements `fill` writes, to memory of the processor in any case.
  template <class F>
  [[nodiscard]] static tensor made(S shape, F&& fill) {
    tensor result(block(static_cast<std::size_t>(shape.size()) * sizeof(T), device::cpu()), shape);
    fill(static_cast<T*>(result.hold_.data()));
    if (current_device().is_gpu()) result.hold_ = result.hold_.copy(current_device());
    return result;
  }
  /// A tensor that shares a block: row-major, from its start.
  [[nodiscard]] static tensor adopt(block hold, S shape) { return tensor(std::move(hold), shape); }

  [[nodiscard]] S shape() const { return shape_; }
  /// The size of one axis, which may count from the end.
  [[nodiscard]] extent size(int axis) const { return shape_[axis]; }
  /// The number of elements.
  [[nodiscard]] extent size() const { return shape_.size(); }
  [[nodiscard]] tessera::device device() const { return hold_.device(); }

  /// The elements, for reading: an address in the memory of the device.
  [[nodiscard]] const T* data() const { return static_cast<const T*>(hold_.data()); }
  /// The elements as the processor sees them.
  ///   error  device_error where they are on a GPU
  [[nodiscard]] std::span<const T> span() const {
    detail::check_reachable(hold_);
    return {data(), static_cast<std::size_t>(size())};
  }
  [[nodiscard]] const T* begin() const { return span().data(); }
  [[nodiscard]] const T* end() const { return begin() + size(); }
  /// The elements, for writing, until the tensor is next copied, used in an expression or assigned.
  ///   cost  a copy where someone else shares them
  [[nodiscard]] T* mutable_data() {
    hold_.make_unique();
    return static_cast<T*>(hold_.data());
  }
  /// The elements, for writing, for as long as the tensor is not assigned: from now on whoever captures it copies it.
  [[nodiscard]] std::span<T> mutable_span() {
    detail::check_reachable(hold_);
    T* to = mutable_data();
    hold_.mark_exported();
    return {to, static_cast<std::size_t>(size())};
  }

  /// The element at an index, unchecked.
  template <std::convertible_to<extent>... I>
    requires(sizeof...(I) == S::rank)
  [[nodiscard]] T operator()(I... index) const& {
    return element_at(offset(extents{static_cast<extent>(index)...}));
  }
  template <std::convertible_to<extent>... I>
    requires(sizeof...(I) == S::rank)
  [[nodiscard]] element_reference<tensor> operator()(I... index) & {
    return {*this, offset(extents{static_cast<extent>(index)...})};
  }
  /// The element at an index that may count from the end.
  ///   error  index_error naming the axis
  template <std::convertible_to<extent>... I>
    requires(sizeof...(I) == S::rank)
  [[nodiscard]] T at(I... index) const& {
    return element_at(offset(checked(extents{static_cast<extent>(index)...})));
  }
  template <std::convertible_to<extent>... I>
    requires(sizeof...(I) == S::rank)
  [[nodiscard]] element_reference<tensor> at(I... index) & {
    return {*this, offset(checked(extents{static_cast<extent>(index)...}))};
  }
  /// The only element.
  ///   error  shape_error where there are more or none
  [[nodiscard]] T item() const {
    if (size() != 1) raise<shape_error>({"tessera::item: a tensor of shape ", shape_.values(), " has no single element"});
    return element_at(0);
  }
  /// The element at a place in row-major order, unchecked; and writing it. On a GPU: waits for its work.
  [[nodiscard]] T element_at(extent offset) const {
    if (!device().is_gpu()) return data()[offset];
    T value;
    hold_.read(&value, static_cast<std::size_t>(offset) * sizeof(T), sizeof(T));
    return value;
  }
  void set_element(extent offset, T value) {
    T* const to = mutable_data();
    if (!device().is_gpu()) to[offset] = value;
    else hold_.write(&value, sizeof(T), static_cast<std::size_t>(offset) * sizeof(T));
  }

  /// The leaf that stands for this tensor in an expression: it holds the block.
  [[nodiscard]] leaf<T, S> lazy() const { return {captured(), shape_}; }
  /// The block, for those who share it knowingly.
  [[nodiscard]] block captured() const { return hold_.captured(); }

  /// Writes an expression, stretched to a part of this tensor, through the part's index map.
  template <class Part, class E>
  void assign_part(const E& e, const extents& part, const extents& strides, extent offset) {
    const with_device on(device());
    check_devices(e);
    backend::evaluate_into<Part>(e, part, mutable_data() + offset, strides);
  }

 private:
  tensor(block hold, S shape) : hold_(std::move(hold)), shape_(shape) {}

  template <class E>
  static void refuse_gradient(const E& e) {
    if constexpr (E::tracked)
      e.for_each_leaf([](const auto& leaf) {
        if constexpr (std::remove_cvref_t<decltype(leaf)>::tracked) refuse_lost_gradient(leaf.source);
      });
  }
  template <class E>
  static tensor from_expression(const E& e) {
    detail::check_assignment<T, S, E>();
    refuse_gradient(e);
    if constexpr (std::same_as<E, leaf<T, S>>) return tensor(e.hold, e.shape());
    const with_device_of on(e);
    tensor result = uninitialized(shape_of_value(e));
    backend::evaluate(e, static_cast<T*>(result.hold_.data()));
    return result;
  }
  template <class E>
  [[nodiscard]] static S shape_of_value(const E& e) {
    if constexpr (std::same_as<typename E::shape_type, S>) return e.shape();
    else return S::from(e.shape().values());
  }

  [[nodiscard]] extent offset(const extents& index) const {
    const extents all = shape_.values();
    extent at = 0;
    for (int i = 0; i < rank; ++i) at = at * all[i] + index[i];
    return at;
  }
  [[nodiscard]] extents checked(extents index) const {
    const extents all = shape_.values();
    for (int i = 0; i < rank; ++i) {
      if (index[i] < -all[i] || index[i] >= all[i])
        raise<index_error>({"tessera::at: index ", index[i], " is out of range for axis ", i, " of shape ", all});
      if (index[i] < 0) index[i] += all[i];
    }
    return index;
  }

  block hold_;
  S shape_;
};

template <class T, std::same_as<T>... U>
  requires(Element<T>)
explicit tensor(T, U...) -> tensor<T, shape<1 + sizeof...(U)>>;
template <class T, std::size_t... N>
  requires(Element<T> && detail::all_equal<N...>)
tensor(const T (&... rows)[N]) -> tensor<T, shape<sizeof...(N), detail::first_of<N...>>>;
template <class T, std::size_t M, std::size_t... N>
  requires(Element<T> && detail::all_equal<N...>)
tensor(const T (&... rows)[N][M]) -> tensor<T, shape<sizeof...(N), detail::first_of<N...>, M>>;
template <class T, std::size_t L, std::size_t M, std::size_t... N>
  requires(Element<T> && detail::all_equal<N...>)
tensor(const T (&... rows)[N][M][L]) -> tensor<T, shape<sizeof...(N), detail::first_of<N...>, M, L>>;
template <Element T, Shape S>
tensor(S, T) -> tensor<T, S>;
template <Operand X>
tensor(const X&) -> tensor<element_t<X>, shape_t<X>>;
tensor(poison) -> tensor<float, shape<>>;

}  // namespace tessera
