// SPDX-License-Identifier: BSL-1.0
#pragma once
// variable<T, Shape>: a tensor that knows where it came from.

#include <tessera/autograd/engine.hpp>
#include <tessera/autograd/statement.hpp>

namespace tessera {

// A diagnosis: the compiler names it where backward() is called on something that is not one number.
template <class Shape>
struct backward_without_a_gradient_needs_a_single_element {};

/// Options of backward().
struct retain_graph_t {};
/// Keeps what the graph needs for another backward().
inline constexpr retain_graph_t retain_graph{};

template <Element T, Shape S>
class variable;

namespace autograd {

/// A leaf of the graph: it owns the value that its handles show.
struct leaf_node : node {
  block value;

  leaf_node(block v, const extents& s, std::size_t size) : node(&kind, s, size), value(std::move(v)) { is_leaf = true; }
  static edge* input(node&, int) { return nullptr; }
  static constexpr node_table kind{"leaf", nullptr, nullptr, &destroy_node<leaf_node>, &input};
};
[[nodiscard]] TESSERA_APART_ONCE edge make_leaf(block value, const extents& shape, std::size_t element_size) {
  return make_node<leaf_node>(std::move(value), shape, element_size);
}

/// The block of a variable: a leaf's node owns it.
[[nodiscard]] inline const block& value_of(const block& hold, const edge& source) { return hold || !source ? hold : static_cast<const leaf_node&>(*source).value; }
[[nodiscard]] TESSERA_APART_ONCE block::header* shared_value(const block& hold, const edge& source) noexcept { return value_of(hold, source).shared(); }

/// Attorney of the functions that make variables from nodes.
struct access_to_variable {
  template <Element T, Shape S>
  [[nodiscard]] static variable<T, S> make(block hold, S shape, edge source) {
    return variable<T, S>(std::move(hold), shape, std::move(source));
  }
};

/// Does any leaf of the expression ask for a gradient now?
template <Expression E>
[[nodiscard]] bool reads_live(const E& e) {
  if (!is_grad_enabled()) return false;
  bool live = false;
  e.for_each_leaf([&](const auto& leaf) {
    if constexpr (std::remove_cvref_t<decltype(leaf)>::tracked) live = live || (leaf.source && leaf.source->requires_grad);
  });
  return live;
}

/// Evaluates an expression that a graph tracks and records it as one statement.
template <Expression E>
[[nodiscard]] auto record_statement(const E& e) {
  using T = typename E::element;
  using S = typename E::shape_type;
  using P = program_of<E>;
  const S shape = e.shape();
  const with_device_of on(e);
  block y(static_cast<std::size_t>(shape.size()) * sizeof(T));
  backend::evaluate(e, static_cast<T*>(y.data()));
  edge source;
  if (reads_live(e)) {
    const extents all = shape.values();
    source = make_statement<P, false>(e, all, row_major(all));
    if constexpr (P::keeps_result) static_cast<statement&>(*source).result = y;
  }
  return access_to_variable::make<T>(std::move(y), shape, std::move(source));
}

/// Sums an expression that a graph tracks over the axes of the reduction R, as one statement.
template <class R, Shape S, Expression E>
[[nodiscard]] auto record_sum(const E& e) {
  using P = program_of<E>;
  using T = typename P::lane_type;
  constexpr int inner = tessera::detail::inner_axis(E::shape_type::pattern);
  constexpr bool along = E::shape_type::rank == 0 || (R::mask >> inner & 1U) != 0;
  const extents space = e.shape().values();
  const S shape = S::from(R::apply(space));
  const with_device_of on(e);
  tensor<T, S> y(shape, T(0));
  backend::reduce<backend::plain_sum, R::mask>(e, y.mutable_data());
  edge source;
  if (reads_live(e)) {
    extents seeds = space;
    extent step = 1;
    for (int i = space.rank - 1; i >= 0; --i) {
      const bool summed = (R::mask >> i & 1U) != 0;
      seeds[i] = summed ? 0 : step;
      if (!summed) step *= space[i];
    }
    source = make_statement<P, along>(e, shape.values(), seeds);
  }
  return access_to_variable::make<T>(y.captured(), shape, std::move(source));
}

/// The elements of a leaf in another element type; the gradient is converted back.
template <Element From, Element To>
struct conversion_node : node {
  edge source;

  conversion_node(const extents& s, edge e) : node(&kind, s, sizeof(To)), source(std::move(e)) {}
  static void backward(node& n, bool recorded) {
    auto& self = static_cast<conversion_node&>(n);
    if (!wants_adjoint(self.source)) return;
    any_tensor<From> part = detail::converted<From, To>(n.adjoint.data(), n.shape, row_major(n.shape));
    if (recorded && n.adjoint_source) add_adjoint(self.source, any_variable<From>(std::move(part), make_node<conversion_node<To, From>>(n.shape, n.adjoint_source)));
    else add_adjoint(self.source, any_value<From>(std::move(part)));
  }
  static void release(node&) {}
  static edge* input(node& n, int i) { return i == 0 ? &static_cast<conversion_node&>(n).source : nullptr; }
  static constexpr node_table kind{"cast", &backward, &release, &destroy_node<conversion_node>, &input};
};

/// Lets x, what a leaf's index map reads, come from the leaf's node: by a recorded movement where it is not the whole.
template <Element T>
[[gnu::noinline]] void trace_leaf(any_variable<T>& x, const edge& source, bool is_view) {
  const extents& own = source->shape;
  if (!is_view && own == x.shape()) {
    x.source = source;
    return;
  }
  const any_variable<T> base({x.value.hold, own, row_major(own)}, source);
  x = is_view ? apply(op::read_strided{x.shape(), x.value.strides, x.value.offset}, base) : apply(op::change_shape{x.shape()}, base);
}

/// A leaf as something a structured operation reads and records. (Once for all shapes: a network has one for each layer.)
template <Element T>
[[nodiscard, gnu::noinline]] any_variable<T> traced_leaf(const block& hold, const edge& source, const extents& shape) {
  any_variable<T> x;
  x.value.hold = hold;
  x.value.set_shape(shape);
  if (is_live(source)) trace_leaf(x, source, false);
  return x;
}
/// The value of an expression that came from a graph, likewise.
template <Element T, Expression E>
[[nodiscard]] any_variable<T> traced(const E& e) {
  if constexpr (is_map<E> && E::tracked) {
    return traced<T>(record_statement(e).lazy());
  } else if constexpr (!E::tracked) {
    return tessera::detail::erase_as<T>(e);
  } else if constexpr (!std::same_as<T, typename E::element>) {
    return traced<T>(record_conversion<T>(e).lazy());
  } else if constexpr (requires { e.offset; }) {
    any_variable<T> x;
    tessera::erase_leaf(e, x.value);
    if (is_live(e.source)) trace_leaf(x, e.source, true);
    return x;
  } else if constexpr (E::shape_type::is_static) {
    return traced_leaf<T>(e.hold, e.source, E::shape_type::pattern);
  } else {
    return traced_leaf<T>(e.hold, e.source, e.shape().values());
  }
}

/// A tracked expression converted to T.
template <Element T, Expression E>
[[nodiscard]] auto record_conversion(const E& e) {
  using From = typename E::element;
  using S = typename E::shape_type;
  const any_variable<From> x = traced<From>(e);
  const with_device on(x.value.hold.device());
  const any_tensor<T> y = detail::converted<T, From>(x.value.data(), x.value.shape, x.value.strides);
  edge source;
  if (is_live(x.source)) source = make_node<conversion_node<From, T>>(y.shape, x.source);
  return access_to_variable::make<T>(y.hold, S::from(y.shape), std::move(source));
}

/// Runs and records a structured operation on operands of static shape.
template <Shape S, Element T, class Op, class... E>
[[nodiscard, gnu::noinline]] variable<T, S> record_structured(Op op, const E&... e) {
  any_variable<T> y = apply_and_take(op, traced<T>(e)...);
  return access_to_variable::make<T>(y.value.packed_block(), S::from(y.value.shape), std::move(y.source));
}

}  // namespace autograd

/// A handle of a value in the dynamic graph. Made from a tensor or from braces it is a leaf whose gradient is wanted; made
/// from an expression it is what that statement computed. Copies are handles of the same node; assigning rebinds the handle.
///   like  torch.Tensor with requires_grad
template <Element T, Shape S>
class variable {
 public:
  using element = T;
  using shape_type = S;
  static constexpr int rank = S::rank;

  /// A leaf with this value.
  variable(tensor<T, S> value) : shape_(value.shape()) {
    static_assert(std::is_floating_point_v<T>, "tessera::variable: only floating-point tensors have gradients");
    source_ = autograd::make_leaf(value.captured(), shape_.values(), sizeof(T));
  }
  /// A leaf of one number.
  variable(T value)
    requires(S::rank == 0)
      : variable(tensor<T, S>(S{}, value)) {}
  /// A leaf of the numbers in braces: variable w{1.0, 2.0}.
  template <std::same_as<T>... U>
    requires(S::rank == 1 && sizeof...(U) > 0 && S::static_size == 1 + static_cast<extent>(sizeof...(U)))
  variable(T first, U... rest) : variable(tensor<T, S>{first, rest...}) {}
  /// The value of an expression: a statement where a graph tracks it, otherwise a leaf.
  template <Operand X>
    requires(!std::same_as<std::remove_cvref_t<X>, variable> && !std::same_as<std::remove_cvref_t<X>, tensor<T, S>>)
  variable(const X& x) : variable(from(tessera::detail::expression_of(x))) {}
  /// What an operation whose error has been reported returns.
  variable(poison) : variable(tensor<T, S>(poison{})) {}

  [[nodiscard]] S shape() const { return shape_; }
  /// The size of one axis, which may count from the end.
  [[nodiscard]] extent size(int axis) const { return shape_[axis]; }
  /// The number of elements.
  [[nodiscard]] extent size() const { return shape_.size(); }
  /// The elements, for reading.
  [[nodiscard]] const T* data() const { return static_cast<const T*>(held().data()); }
  [[nodiscard]] std::span<const T> span() const {
    tessera::detail::check_reachable(held());
    return {data(), static_cast<std::size_t>(size())};
  }
  [[nodiscard]] tessera::device device() const { return held().device(); }
  /// The element at an index, unchecked; with at, checked, and counting from the end where negative.
  template <std::convertible_to<extent>... I>
  [[nodiscard]] T operator()(I... index) const { return value_for_reading()(index...); }
  template <std::convertible_to<extent>... I>
  [[nodiscard]] T at(I... index) const { return value_for_reading().at(index...); }
  /// The only element.
  [[nodiscard]] T item() const { return value().item(); }
  /// The value as a tensor that no graph knows. like torch.Tensor.detach, but with a value of its own
  [[nodiscard]] tensor<T, S> value() const { return tensor<T, S>::adopt(held(), shape_); }
  [[nodiscard]] tensor<T, S> detach() const { return value(); }

  /// Is a gradient propagated to or through this value?
  [[nodiscard]] bool requires_grad() const { return source_ && source_->requires_grad; }
  /// Says whether the gradient of a leaf is wanted.
  ///   error  autograd_error on anything but a leaf
  variable& requires_grad(bool wanted) {
    if (!is_leaf()) raise<autograd_error>({"tessera::requires_grad: only a leaf can change it; this value was computed"});
    if (source_) source_->requires_grad = wanted;
    return *this;
  }
  [[nodiscard]] bool is_leaf() const { return !source_ || source_->is_leaf; }
  /// Keeps the gradient of a computed value after backward(). like torch.Tensor.retain_grad
  void retain_grad() {
    if (!source_) return;
    source_->retain = [](autograd::node& n, const block& earlier) {
      const with_device on(earlier.device());
      n.references.fetch_add(1, std::memory_order_relaxed);  // of the edge
      autograd::add_adjoint(autograd::edge(&n), autograd::any_value<T>(any_tensor<T>{earlier, n.shape, row_major(n.shape)}));
    };
  }

  [[nodiscard]] bool has_grad() const { return source_ && source_->adjoint; }
  /// The gradient that backward() accumulated here.
  ///   error  autograd_error where there is none
  [[nodiscard]] tensor<T, S> grad() const {
    if (!has_grad())
      raise<autograd_error>({"tessera::grad: this value has no gradient; call backward() on something computed from it",
                            is_leaf() ? "" : ", and retain_grad() on it first, because it is no leaf"});
    return tensor<T, S>::adopt(source_->adjoint, shape_);
  }
  /// The gradient as a value that can be differentiated again, after backward(create_graph).
  [[nodiscard]] variable grad_variable() const {
    return variable(grad().captured(), shape_, source_->adjoint_source);
  }
  void zero_grad() {
    if (source_) autograd::drop_adjoint(*source_);
  }

  /// Computes the gradients of this single element with respect to every leaf it was computed from, and adds them there.
  ///   error  autograd_error where nothing was recorded, or where the graph was used before without retain_graph
  ///   cost   about twice the forward computation
  ///   like   torch.Tensor.backward
  template <class... Options>
    requires((std::same_as<Options, retain_graph_t> || std::same_as<Options, create_graph_t>) && ...)
  void backward(Options...) const {
    constexpr bool single = S::static_size == 1 || S::static_size == dyn;
    expect<single, backward_without_a_gradient_needs_a_single_element<S>>();
    if constexpr (single) {
      if (size() != 1)
        raise<shape_error>({"tessera::backward: a value of shape ", shape_.values(), " needs a gradient of its own: backward(gradient)"});
      const with_device on(held().device());
      backward(tensor<T, S>(shape_, T(1)), Options{}...);
    }
  }
  /// The same from a given gradient of this value.
  template <class... Options>
  void backward(const tensor<T, S>& gradient, Options...) const {
    if (!requires_grad()) raise<autograd_error>({"tessera::backward: nothing that this value was computed from requires a gradient"});
    constexpr bool recorded = (false || ... || std::same_as<Options, create_graph_t>);
    autograd::detail::earlier_gradients earlier;
    const with_device on(gradient.device());
    earlier.put_aside(*source_);
    autograd::add_adjoint(source_, autograd::any_value<T>(erase(gradient.lazy())));
    autograd::run_backward(source_, recorded || sizeof...(Options) > 0, recorded);
  }

  /// Writes a new value into a leaf, which stays the same leaf: what an optimiser does. The gradient is left alone.
  ///   error  autograd_error on a computed value
  void set_value(const tensor<T, S>& value) { write(value, 0); }
  /// The elements of a leaf, for writing; copied first where someone else shares them.
  [[nodiscard]] std::span<T> mutable_span() {
    autograd::leaf_node& n = own_leaf();
    tessera::detail::check_reachable(n.value);
    n.value.make_unique();
    return {static_cast<T*>(n.value.data()), static_cast<std::size_t>(size())};
  }

  /// What x += y does with x + y: binds x to it. Under no_grad, a leaf is written, as in PyTorch's update by hand.
  template <class E>
  variable& update(const E& e) {
    if (is_grad_enabled() || !is_leaf()) return *this = variable(e);
    int shared = 0;
    if constexpr (Expression<E>)
      e.for_each_leaf([&](const auto& leaf) {
        if constexpr (requires { leaf.hold; }) shared += leaf.hold == held();
      });
    write(tensor<T, S>(e), shared);
    return *this;
  }

  /// The leaf that stands for this value in an expression.
  [[nodiscard]] leaf<T, S, autograd::edge> lazy() const { return {block(autograd::shared_value(hold_, source_)), shape_, source_}; }
  /// The node, for optimisers and modules.
  [[nodiscard]] const autograd::edge& source() const { return source_; }

 private:
  friend struct autograd::access_to_variable;
  variable(block hold, S shape, autograd::edge source) : hold_(std::move(hold)), shape_(shape), source_(std::move(source)) {}

  [[nodiscard]] const tensor<T, S> value_for_reading() const { return value(); }  // const: an element, not a reference to one
  [[nodiscard]] const block& held() const { return autograd::value_of(hold_, source_); }
  // In place where nobody else looks, but `shared` handles that are about to go: who holds the address of a weight keeps it.
  void write(const tensor<T, S>& value, int shared) {
    autograd::leaf_node& n = own_leaf();
    if (value.shape() != shape_)
      raise<shape_error>({"tessera::variable: a value of shape ", value.shape().values(), " does not fit a leaf of shape ", shape_.values()});
    const block from = value.captured();
    if (n.value.references() == 1 + shared && value.size() != 0) n.value.assign(from);
    else n.value = from.device() == n.value.device() ? from : from.copy(n.value.device());
  }
  [[nodiscard]] autograd::leaf_node& own_leaf() {
    if (hold_ || !source_) raise<autograd_error>({"tessera::variable: only a leaf can be written; this value was computed"});
    return static_cast<autograd::leaf_node&>(*source_);
  }

  template <class E>
  [[nodiscard]] static variable from(const E& e) {
    tessera::detail::check_assignment<T, S, E>();
    if constexpr (!E::tracked) {
      return variable(tensor<T, S>(e));
    } else if constexpr (is_map<E>) {
      auto y = autograd::record_statement(e);
      if constexpr (std::same_as<decltype(y), variable>) return y;
      else return from(y.lazy());
    } else {
      const extents shape = e.shape().values();
      if constexpr (!requires { e.offset; })
        if (!e.source || e.source->shape == shape) return variable(e.source && e.source->is_leaf ? block() : e.hold, S::from(shape), e.source);
      autograd::any_variable<T> y = autograd::traced<T>(e);
      return variable(y.value.packed_block(), S::from(shape), std::move(y.source));
    }
  }
  block hold_;  // empty in a leaf, whose node owns the value
  S shape_;
  autograd::edge source_;
};

template <class T, std::same_as<T>... U>
  requires(Element<T> && sizeof...(U) > 0)
variable(T, U...) -> variable<T, shape<1 + sizeof...(U)>>;
template <Element T>
variable(T) -> variable<T, shape<>>;
template <Element T, Shape S>
variable(tensor<T, S>) -> variable<T, S>;
template <Operand X>
variable(const X&) -> variable<element_t<X>, shape_t<X>>;
variable(poison) -> variable<float, shape<>>;

/// The value without its history. like torch.Tensor.detach
template <Operand X>
[[nodiscard]] auto detach(const X& x) {
  const no_grad guard;
  return tensor<element_t<X>, shape_t<X>>(x);
}

}  // namespace tessera

#include <tessera/autograd/instantiated.hpp>
