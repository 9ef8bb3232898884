// SPDX-License-Identifier: BSL-1.0
#pragma once
// lstm: layers of long short-term memory.

#include <tessera/nn/layer/linear.hpp>
#include <tessera/nn/layer/lstm_projected.hpp>
#include <tessera/nn/layer/lstm_run.hpp>
#include <tessera/nn/module.hpp>

#include <array>

namespace tessera {

// A diagnosis: the compiler names it where an input has not the layer's features, or has neither two nor three axes.
template <class Input, extent Features>
struct lstm_input_does_not_fit {};
// A diagnosis: the compiler names it where a state has not the shape [layers·directions, batch, hidden], or of h with proj_size the projected one.
template <class State, class Wanted>
struct lstm_state_does_not_fit {};

namespace nn {

/// Option of a recurrent layer: so many layers, each of which reads what the one below gives.
template <int Count>
struct layers {};
/// Option of a recurrent layer: inputs and outputs are [batch, steps, ...] instead of [steps, batch, ...].
struct batch_first {};
/// Option of a recurrent layer: every layer also runs from the last step to the first.
struct bidirectional {};

/// Option of lstm: its outputs are products of the hidden values with a matrix, so many and fewer than these. proj_size<>: how many, the
/// options say when the program runs.
template <extent Count = dyn>
struct proj_size {};

/// Options of an lstm that only run time knows.
struct lstm_options {
  double dropout = 0;     // the probability with which what goes from one layer to the next is set to 0 in training
  extent proj_size = 0;   // of an lstm with the option proj_size<>
};

/// What an lstm remembers: the last hidden values and the last cells of every layer and direction.
template <class H, class C>
struct lstm_state {
  H h;
  C c;

  /// The same numbers without their history: what the next part of a long sequence starts from.
  [[nodiscard]] auto detach() const {
    auto values = tessera::detach(h);
    auto cells = tessera::detach(c);
    return lstm_state<decltype(values), decltype(cells)>{std::move(values), std::move(cells)};
  }
};
template <class H, class C>
lstm_state(H, C) -> lstm_state<H, C>;

/// What an lstm gives: auto [output, state] = model(x).
template <class Y, class S>
struct lstm_result {
  Y output;
  S state;
};

namespace detail {

template <class... Options>
inline constexpr int layers_option = 1;
template <int Count, class... Rest>
inline constexpr int layers_option<layers<Count>, Rest...> = Count;
template <class First, class... Rest>
inline constexpr int layers_option<First, Rest...> = layers_option<Rest...>;

template <class... Options>
inline constexpr extent proj_option = 0;
template <extent Count, class... Rest>
inline constexpr extent proj_option<proj_size<Count>, Rest...> = Count;
template <class First, class... Rest>
inline constexpr extent proj_option<First, Rest...> = proj_option<Rest...>;

template <class X, extent In, extent Out>
struct lstm_output {
  static constexpr bool fits = (X::rank == 2 || X::rank == 3) && rule::may_equal(X::pattern[X::rank == 0 ? 0 : X::rank - 1], In);
  static constexpr extents pattern = [] {
    extents out = X::pattern;
    if (out.rank > 0) out[out.rank - 1] = Out;
    return out;
  }();
};
template <class X, extent Count, extent Hidden, bool BatchFirst>
struct lstm_state_shape {
  static constexpr extents pattern = X::rank == 3 ? extents{Count, X::pattern[BatchFirst ? 0 : 1], Hidden} : extents{Count, Hidden};
};
template <class S, class Wanted>
inline constexpr bool is_lstm_state = [] {
  bool all = S::rank == Wanted::rank;
  for (int i = 0; all && i < S::rank; ++i) all = rule::may_equal(S::pattern[i], Wanted::pattern[i]);
  return all;
}();

/// Are these the shapes of h and c, if any? And of the first that is not: it, and what it should be.
template <class WantedH, class WantedC, class... State>
struct lstm_states {
  static constexpr bool fit = true;
};
template <class WantedH, class WantedC, class H, class C>
struct lstm_states<WantedH, WantedC, H, C> {
  static constexpr bool h_fits = is_lstm_state<H, WantedH>, fit = h_fits && is_lstm_state<C, WantedC>;
  using misfit = lstm_state_does_not_fit<std::conditional_t<h_fits, C, H>, std::conditional_t<h_fits, WantedC, WantedH>>;
};

/// The parameters of one layer in one direction, which gives Out values a step.
template <class T, extent Gates, extent In, extent Out, bool HasBias>
struct lstm_cell {
  using bias_shape = std::conditional_t<HasBias, shape<Gates>, shape<0>>;
  parameter<T, shape<Gates, In>> weight_ih;
  parameter<T, shape<Gates, Out>> weight_hh;
  parameter<T, bias_shape> bias_ih, bias_hh;

  lstm_cell(extent in, extent hidden, extent out)
      : weight_ih(shape<Gates, In>::from({4 * hidden, in})), weight_hh(shape<Gates, Out>::from({4 * hidden, out})), bias_ih(biases(hidden)), bias_hh(biases(hidden)) {}

  void fill(double bound) {
    init::uniform(weight_ih, -bound, bound);
    init::uniform(weight_hh, -bound, bound);
    if constexpr (HasBias) {
      init::uniform(bias_ih, -bound, bound);
      init::uniform(bias_hh, -bound, bound);
    }
  }
  void visit(auto&& f, const std::string& suffix) {
    f("weight_ih" + suffix, weight_ih);
    f("weight_hh" + suffix, weight_hh);
    if constexpr (HasBias) {
      f("bias_ih" + suffix, bias_ih);
      f("bias_hh" + suffix, bias_hh);
    }
  }
  [[nodiscard]] lstm_weights<T> values() const {
    const auto value = [](const auto& p) { return p.size() == 0 ? autograd::any_variable<T>() : autograd::traced<T>(p.lazy()); };
    return {autograd::traced<T>(weight_ih.lazy()), autograd::traced<T>(weight_hh.lazy()), value(bias_ih), value(bias_hh)};
  }

 private:
  [[nodiscard]] static bias_shape biases(extent hidden) { return bias_shape::from(HasBias ? extents{4 * hidden} : extents{0}); }
};

/// The same with a projection of Hidden values to Out.
template <class T, extent Gates, extent In, extent Hidden, extent Out, bool HasBias>
struct projected_cell : lstm_cell<T, Gates, In, Out, HasBias> {
  using base = lstm_cell<T, Gates, In, Out, HasBias>;
  parameter<T, shape<Out, Hidden>> weight_hr;

  projected_cell(extent in, extent hidden, extent out) : base(in, hidden, out), weight_hr(shape<Out, Hidden>::from({out, hidden})) {}

  void fill(double bound) {
    base::fill(bound);
    init::uniform(weight_hr, -bound, bound);
  }
  void visit(auto&& f, const std::string& suffix) {
    base::visit(f, suffix);
    f("weight_hr" + suffix, weight_hr);
  }
  [[nodiscard]] lstm_weights<T> values() const {
    lstm_weights<T> all = base::values();
    all.w_hr = autograd::traced<T>(weight_hr.lazy());
    return all;
  }
};

template <class Cell, std::size_t... I>
[[nodiscard]] std::array<Cell, sizeof...(I)> make_cells([[maybe_unused]] extent in, [[maybe_unused]] extent hidden, [[maybe_unused]] extent out, std::index_sequence<I...>) {
  return {(static_cast<void>(I), Cell(in, hidden, out))...};
}

}  // namespace detail

/// Long short-term memory: lstm<100, 50>, lstm<dyn, dyn>{in, hidden}, lstm<100, 50, layers<2>, batch_first, bidirectional, no_bias,
/// of<double>, proj_size<20>>{{.dropout = 0.1}}. auto [output, state] = model(x) starts from zeros, model(x, state) from a state.
///   shape  x [steps, batch, In], or [batch, steps, In] with batch_first, or [steps, In] -> output [..., Hidden], twice as wide where
///          bidirectional; state.h and state.c [layers·directions, batch, Hidden], or without the batch. With proj_size<P> the outputs and
///          state.h have P in the place of Hidden
///   error  compile time: lstm_input_does_not_fit, lstm_state_does_not_fit; run time: shape_error naming the axis
///   grad   a sweep back over the steps, then one product for each weight; a second derivative repeats the steps in operations
///   cost   one product for the inputs of all steps, then a product and a pass over the gates for each step; with proj_size some twenty
///          operations for each step, which are no sweep of their own
///   like   torch.nn.LSTM, with its initialisation and its names weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0,
///          weight_hr_l0, weight_ih_l0_reverse, ...   source Hochreiter and Schmidhuber 1997, Gers et al. 2000
template <extent In, extent Hidden, class... Options>
class lstm {
  static constexpr extent gates = is_known(Hidden) ? 4 * Hidden : dyn;

 public:
  using element = typename detail::element_option<Options...>::type;
  static constexpr int layer_count = detail::layers_option<Options...>, directions = detail::has_option<bidirectional, Options...> ? 2 : 1;
  static constexpr bool has_bias = !detail::has_option<no_bias, Options...>, is_batch_first = detail::has_option<batch_first, Options...>;
  static constexpr extent proj = detail::proj_option<Options...>;
  static constexpr bool is_projected = proj != 0;
  static constexpr extent out = is_projected ? proj : Hidden;                  // values that a step gives, in one direction
  static constexpr extent features = is_known(out) ? directions * out : dyn;  // of the output
  static_assert(!is_known(proj) || !is_known(Hidden) || proj < Hidden, "tessera::nn::lstm: proj_size is smaller than the number of hidden values");
  static_assert(layer_count > 0, "tessera::nn::lstm: at least one layer is needed");
  static_assert(Hidden != 0, "tessera::nn::lstm: at least one hidden value is needed");

  lstm(lstm_options options = {})
    requires(is_known(In) && is_known(Hidden))
      : lstm(In, Hidden, options) {}
  lstm(extent in, extent hidden, lstm_options options = {})
      : dropout(options.dropout),
        first_(detail::make_cells<first_cell>(in, checked(hidden), values_of_step(hidden, options), std::make_index_sequence<static_cast<std::size_t>(directions)>{})),
        upper_(detail::make_cells<upper_cell>(directions * values_of_step(hidden, options), hidden, values_of_step(hidden, options), std::make_index_sequence<static_cast<std::size_t>(directions * (layer_count - 1))>{})) {
    if (!(dropout >= 0 && dropout <= 1)) raise<value_error>({"tessera::nn::lstm: the probability ", dropout, " must be in [0, 1]"});
    const double bound = 1 / std::sqrt(static_cast<double>(hidden));
    for (first_cell& c : first_) c.fill(bound);
    for (upper_cell& c : upper_) c.fill(bound);
  }

  template <class X>
  [[nodiscard]] auto operator()(const X& x) const {
    return run(x);
  }
  template <class X, class H, class C>
  [[nodiscard]] auto operator()(const X& x, const lstm_state<H, C>& state) const {
    return run(x, state.h, state.c);
  }
  template <class X, Operand H, Operand C>
  [[nodiscard]] auto operator()(const X& x, const H& h, const C& c) const {
    return run(x, h, c);
  }

  /// The parameters of a layer in one direction: weight_ih, weight_hh, bias_ih, bias_hh, and weight_hr with proj_size.
  template <int Layer = 0, bool Reverse = false>
  [[nodiscard]] auto& cell() {
    static_assert(Layer >= 0 && Layer < layer_count && (!Reverse || directions == 2), "tessera::nn::lstm::cell: there is no such layer");
    if constexpr (Layer == 0) return first_[Reverse];
    else return upper_[static_cast<std::size_t>((Layer - 1) * directions + Reverse)];
  }

  void fields(auto&& visit) {
    int number = 0;
    const auto all = [&](auto& cell) {
      cell.visit(visit, "_l" + std::to_string(number / directions) + (number % directions == 1 ? "_reverse" : ""));
      ++number;
    };
    for (first_cell& c : first_) all(c);
    for (upper_cell& c : upper_) all(c);
    visit("training", training);
  }

  double dropout;
  training_flag training;

 private:
  template <extent Features>
  using cell_of = std::conditional_t<is_projected, detail::projected_cell<element, gates, Features, Hidden, out, has_bias>, detail::lstm_cell<element, gates, Features, out, has_bias>>;
  using first_cell = cell_of<In>;
  using upper_cell = cell_of<features>;

  [[nodiscard]] static extent checked(extent hidden) {
    if (hidden < 1) raise<value_error>({"tessera::nn::lstm: ", hidden, " hidden values; at least one is needed"});
    return hidden;
  }
  [[nodiscard]] static extent values_of_step(extent hidden, const lstm_options& options) {
    const extent own = is_known(proj) ? proj : options.proj_size;
    if (is_known(proj) ? options.proj_size != 0 && options.proj_size != own : own < 1)
      raise<value_error>({"tessera::nn::lstm: proj_size is ", options.proj_size, ", but the type says ", is_known(proj) ? "that it is " : "that it is given: at least ", is_known(proj) ? own : extent{1}});
    if (is_projected && own >= hidden) raise<value_error>({"tessera::nn::lstm: proj_size is ", own, " and has to be smaller than the ", hidden, " hidden values"});
    return is_projected ? own : hidden;
  }

  template <class X, class... State>
  [[nodiscard]] auto run(const X& x, const State&... state) const {
    if constexpr ((is_poison<X> || ... || is_poison<State>)) {
      return lstm_result<poison, lstm_state<poison, poison>>{};
    } else {
      using S = shape_t<X>;
      using Out = detail::lstm_output<S, In, features>;
      using WantedH = shape_of<detail::lstm_state_shape<S, layer_count * directions, out, is_batch_first>>;
      using WantedC = shape_of<detail::lstm_state_shape<S, layer_count * directions, Hidden, is_batch_first>>;
      using States = detail::lstm_states<WantedH, WantedC, shape_t<State>...>;
      if constexpr (!Out::fits) {
        static_cast<typename lstm_input_does_not_fit<S, In>::error*>(nullptr);
        return lstm_result<poison, lstm_state<poison, poison>>{};
      } else if constexpr (!States::fit) {
        static_cast<typename States::misfit::error*>(nullptr);
        return lstm_result<poison, lstm_state<poison, poison>>{};
      } else {
        using V = autograd::any_variable<element>;
        const V states[] = {autograd::traced<element>(tessera::detail::expression_of(state))..., V(), V()};
        detail::lstm_values<element> y = run_layers(autograd::traced<element>(tessera::detail::expression_of(x)), states[0], states[1]);
        return result<shape_of<Out>, WantedH, WantedC>(std::move(y));
      }
    }
  }
  [[nodiscard]] detail::lstm_values<element> run_layers(const autograd::any_variable<element>& x, const autograd::any_variable<element>& h, const autograd::any_variable<element>& c) const {
    std::array<detail::lstm_weights<element>, static_cast<std::size_t>(layer_count * directions)> weights;
    auto* to = weights.data();
    for (const first_cell& cell : first_) *to++ = cell.values();
    for (const upper_cell& cell : upper_) *to++ = cell.values();
    const detail::lstm_plan plan{layer_count, directions, first_[0].weight_ih.size(1), first_[0].weight_ih.size(0) / 4, first_[0].weight_hh.size(1), is_batch_first, training.on ? dropout : 0};
    if constexpr (is_projected) return detail::run_lstm<element>(plan, x, h, c, weights, &detail::run_projected<element>);
    else return detail::run_lstm<element>(plan, x, h, c, weights);
  }
  template <class Y, class H, class C>
  [[nodiscard]] static auto result(detail::lstm_values<element> y) {
    const auto make = []<Shape S>(S*, autograd::any_variable<element>& v) {
      return autograd::access_to_variable::make<element>(v.value.packed_block(), S::from(v.value.shape), std::move(v.source));
    };
    using state = lstm_state<variable<element, H>, variable<element, C>>;
    return lstm_result<variable<element, Y>, state>{make(static_cast<Y*>(nullptr), y.output), {make(static_cast<H*>(nullptr), y.h), make(static_cast<C*>(nullptr), y.c)}};
  }

  std::array<first_cell, static_cast<std::size_t>(directions)> first_;
  std::array<upper_cell, static_cast<std::size_t>(directions*(layer_count - 1))> upper_;
};

}  // namespace nn
}  // namespace tessera
