// SPDX-License-Identifier: BSL-1.0
#pragma once
// One layer of an LSTM in one direction, as a structured operation.

#include <tessera/backend/lstm.hpp>
#include <tessera/op/linalg/matmul.hpp>
#include <tessera/op/movement/concat.hpp>

#include <array>
#include <vector>

namespace tessera::op {

/// Part number `at` of x, which is cut along its first axis.
template <class V>
[[nodiscard]] V part_of(const V& x, extent at) {
  extents shape, strides, whole = row_major(x.shape());
  for (int i = 1; i < x.shape().rank; ++i) shape.push_back(x.shape()[i]), strides.push_back(whole[i]);
  return apply(read_strided{shape, strides, at * whole[0]}, x);
}
/// The first elements of a row-major x under a shape; the others get no gradient.
struct leading_part {
  static constexpr const char* name = "leading_part";
  static constexpr bool keeps = false, keeps_result = false;
  extents shape;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    const any_tensor<T> dense = x.contiguous();
    return {dense.hold, shape, row_major(shape), dense.offset};
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V&) const;
};
/// x and zeros behind it, as many as make it a tensor of the shape.
struct filled_up {
  static constexpr const char* name = "filled_up";
  static constexpr bool keeps = false, keeps_result = false;
  extents shape;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    any_tensor<T> y = any_tensor<T>::uninitialized(shape);
    x.copy_elements(y.mutable_data());
    backend::fill(y.mutable_data() + x.size(), y.size() - x.size(), T(0));
    return y;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V&) const {
    return cotangents{[&] { return apply(leading_part{x.shape()}, g); }, no_gradient{}};
  }
};
template <class V>
auto leading_part::vjp(const V& g, const V& x, const V&) const {
  return cotangents{[&] { return apply(filled_up{x.shape()}, g); }, no_gradient{}};
}

/// Values one after the other along their first axis, joined in pairs.
template <class V>
[[nodiscard]] V joined(std::vector<V> all) {
  while (all.size() > 1) {
    std::vector<V> half;
    for (std::size_t i = 0; i + 1 < all.size(); i += 2) half.push_back(apply(concat{0}, all[i], all[i + 1]));
    if (all.size() % 2 != 0) half.push_back(all.back());
    all = std::move(half);
  }
  return all[0];
}

/// What backward reads of a layer besides operands and result.
template <std::floating_point T>
struct lstm_trace {
  backend::lstm_extents at{};
  any_tensor<T> gates{}, cells{};  // [steps, batch, 4 hidden]: i, f, g and o; [steps, batch, hidden]
#if TESSERA_USE_CUDNN
  mutable backend::items::cudnn::recurrent_trace by_library{};  // in their place, where cuDNN computed the layer
#endif
};

#if TESSERA_USE_CUDNN
/// The operands of a layer as cuDNN takes them.
template <std::floating_point T>
class library_operands {
 public:
  using any = any_tensor<T>;
  library_operands(const backend::lstm_extents& at, const any& x, const any& h0, const any& c0, const any& w_ih, const any& w_hh, const any& b_ih, const any& b_hh)
      : sizes{at.steps, at.batch, w_ih.shape[1], at.hidden, at.reverse}, all_{x.contiguous(), h0.contiguous(), c0.contiguous(), w_ih.contiguous(), w_hh.contiguous(), b_ih.contiguous(), b_hh.contiguous()} {}

  [[nodiscard]] backend::items::cudnn::recurrent_operands<T> pointers() const { return {at(0), at(1), at(2), at(3), at(4), at(5), at(6)}; }
  backend::items::cudnn::recurrence sizes;

 private:
  [[nodiscard]] const T* at(std::size_t k) const { return all_[k].hold ? all_[k].data() : nullptr; }
  std::array<any, 7> all_;
};
#endif

/// The cotangents of lstm. One sweep over the steps gives those of the gates before their functions; the rest are products.
template <std::floating_point T, class V>
class lstm_cotangents {
 public:
  lstm_cotangents(const lstm_trace<T>& trace, V g, V x, V h0, V c0, V w_ih, V w_hh, V b_ih, V b_hh, V y)
      : trace_(trace), g_(std::move(g)), x_(std::move(x)), h0_(std::move(h0)), c0_(std::move(c0)), w_ih_(std::move(w_ih)), w_hh_(std::move(w_hh)), b_ih_(std::move(b_ih)), b_hh_(std::move(b_hh)), y_(std::move(y)) {}

  /// Of x, h0, c0, w_ih, w_hh, b_ih and b_hh.
  template <int I>
  [[nodiscard]] auto get() const {
    return [this] {
      if (!done_) {
        if constexpr (V::records()) compose();
        else sweep();
      }
      done_ = true;
#if TESSERA_USE_CUDNN
      if (!V::records() && trace_.by_library.reserve) return of_library<I>();
#endif
      if constexpr (I == 0) return apply(change_shape{x_.shape()}, apply(matmul{}, gates_, w_ih_));
      else if constexpr (I == 1) return dh_;
      else if constexpr (I == 2) return dc_;
      else if constexpr (I == 3) return apply(matmul{}, transposed(gates_), rows_of(x_));
      else if constexpr (I == 4) return apply(matmul{}, transposed(gates_), states_);
      else if constexpr (I == 5) return bias();
      else return V::records() ? bias() : V(bias().value.copy());  // a captured step writes no gradient that another parameter holds
    };
  }

 private:
  [[nodiscard]] V bias() const {  // both have the same
    if (bias_.shape().rank != 0) return bias_;
    const extents shape{gates_.shape()[1]};
    if (V::records()) return bias_ = sum_to(gates_, shape);
    if (TESSERA_RUNS_ITEMS && backend::runs_items()) return bias_ = V(sum_over_stretched{shape}.value(gates_.value));
    any_tensor<T> sums = any_tensor<T>::uninitialized(shape);
    backend::with_register<T>([&]<class R>() { backend::sum_rows<R>(gates_.shape()[0], shape[0], gates_.value.data(), sums.mutable_data()); });
    return bias_ = V(std::move(sums));
  }

#if TESSERA_USE_CUDNN
  [[nodiscard]] library_operands<T> operands() const { return {trace_.at, x_.value, h0_.value, c0_.value, w_ih_.value, w_hh_.value, b_ih_.value, b_hh_.value}; }

  void sweep_by_library() const {
    const auto& [steps, batch, n, reverse] = trace_.at;
    const library_operands<T> own = operands();
    any_tensor<T> dx = any_tensor<T>::uninitialized(x_.shape()), dh, dc;
    if (h0_.shape().rank != 0) dh = any_tensor<T>::uninitialized({batch, n});
    if (c0_.shape().rank != 0) dc = any_tensor<T>::uninitialized({batch, n});
    const any_tensor<T> g = g_.value.contiguous();
    backend::items::cudnn::run_layer_backward<T>(own.sizes, own.pointers(), y_.value.data(), g.data(), trace_.by_library, dx.mutable_data(), dh.hold ? dh.mutable_data() : nullptr, dc.hold ? dc.mutable_data() : nullptr);
    dx_ = V(std::move(dx));
    dc_ = V(std::move(dc));
    dh_ = V(std::move(dh));
  }
  template <int I>
  [[nodiscard]] V of_library() const {
    if constexpr (I == 0) return dx_;
    else if constexpr (I == 1) return dh_;
    else if constexpr (I == 2) return dc_;
    else {
      if (!weights_) {
        const library_operands<T> own = operands();
        weights_ = backend::items::cudnn::run_layer_weights<T>(own.sizes, own.pointers(), y_.value.data(), trace_.by_library, first_);
      }
      const extents& shape = I == 3 ? w_ih_.shape() : I == 4 ? w_hh_.shape() : b_ih_.shape();
      return V(any_tensor<T>{weights_, shape, row_major(shape), first_[I - 3]});
    }
  }
#endif

  void sweep() const {
#if TESSERA_USE_CUDNN
    if (trace_.by_library.reserve) return sweep_by_library();
#endif
    const auto& [steps, batch, n, reverse] = trace_.at;
    any_tensor<T> dgates = any_tensor<T>::uninitialized({steps * batch, 4 * n}), dc = any_tensor<T>::uninitialized({batch, n}), dh;
    const bool has_h0 = h0_.shape().rank != 0;
    if (has_h0) dh = any_tensor<T>::uninitialized({batch, n});
    const any_tensor<T> weight = w_hh_.value.contiguous(), c0 = c0_.value.contiguous(), g = g_.value.contiguous();
    backend::run_lstm(backend::lstm_backward<T>{trace_.at, weight.data(), c0.hold ? c0.data() : nullptr, trace_.gates.data(), trace_.cells.data(), g.data(), dgates.mutable_data(), dc.mutable_data(),
                              has_h0 ? dh.mutable_data() : nullptr});
    gates_ = V(std::move(dgates));
    dc_ = V(std::move(dc));
    dh_ = V(std::move(dh));
    // The state before each step: the outputs, moved by one.
    any_tensor<T> states = any_tensor<T>::uninitialized({steps * batch, n});
    const extent rest = (steps - 1) * batch * n;
    T *first = states.mutable_data() + trace_.at.row(trace_.at.place(0), 0, n), *others = states.mutable_data() + (reverse ? 0 : batch * n);
    backend::copy(y_.value.data() + (reverse ? batch * n : 0), rest, others);
    if (has_h0) h0_.value.copy_elements(first);
    else backend::fill(first, batch * n, T(0));
    states_ = V(std::move(states));
  }

  /// The same in operations that can be differentiated again: the steps once more, and then backwards.
  void compose() const {
    const extent steps = trace_.at.steps, batch = trace_.at.batch, n = trace_.at.hidden;
    const V one = V::constant(1), half = V::constant(0.5), zero(any_tensor<T>::filled({batch, n}, T(0)));
    const auto squash = [&](const V& v) { return half * (one + lane::tanh(V(half * v))); };  // σ, finite in its derivatives too
    V inputs = apply(matmul{}, rows_of(x_), transposed(w_ih_));
    if (b_ih_.shape().rank != 0) inputs = inputs + b_ih_ + b_hh_;
    inputs = apply(change_shape{{steps, batch, 4 * n}}, inputs);
    struct step {
      V i, f, g, o, c, t, h;  // t: tanh(c)
    };
    std::vector<step> all;
    const V h0 = h0_.shape().rank != 0 ? h0_ : zero, c0 = c0_.shape().rank != 0 ? c0_ : zero;
    for (extent s = 0; s < steps; ++s) {
      const V h = s == 0 ? h0 : all.back().h, c = s == 0 ? c0 : all.back().c;
      const V z = part_of(inputs, trace_.at.place(s)) + apply(matmul{}, h, transposed(w_hh_));
      const auto gate = [&](extent k) { return apply(read_strided{{batch, n}, {4 * n, 1}, k * n}, z); };
      step now{squash(gate(0)), squash(gate(1)), lane::tanh(gate(2)), squash(gate(3)), {}, {}, {}};
      now.c = now.f * c + now.i * now.g;
      now.t = lane::tanh(now.c);
      now.h = now.o * now.t;
      all.push_back(std::move(now));
    }
    std::vector<V> dgates(static_cast<std::size_t>(steps)), states(static_cast<std::size_t>(steps));  // by their place in the sequence
    V dh = zero;
    dc_ = part_of(g_, steps);
    for (extent s = steps - 1; s >= 0; --s) {
      const auto place = static_cast<std::size_t>(trace_.at.place(s));
      const step& now = all[static_cast<std::size_t>(s)];
      const V c = s == 0 ? c0 : all[static_cast<std::size_t>(s - 1)].c;
      dh = dh + part_of(g_, trace_.at.place(s));
      const V d = dc_ + dh * now.o * (one - now.t * now.t);
      dgates[place] = apply(concat{1}, V(d * now.g * now.i * (one - now.i)), V(d * c * now.f * (one - now.f)), V(d * now.i * (one - now.g * now.g)), V(dh * now.t * now.o * (one - now.o)));
      states[place] = s == 0 ? h0 : all[static_cast<std::size_t>(s - 1)].h;
      dh = apply(matmul{}, dgates[place], w_hh_);
      dc_ = d * now.f;
    }
    dh_ = dh;
    gates_ = joined(std::move(dgates));
    states_ = joined(std::move(states));
  }

  const lstm_trace<T>& trace_;
  V g_, x_, h0_, c0_, w_ih_, w_hh_, b_ih_, b_hh_, y_;
  mutable bool done_ = false;
  mutable V gates_, states_, dh_, dc_, bias_;  // gates [steps·batch, 4 hidden], states [steps·batch, hidden] before each step
#if TESSERA_USE_CUDNN
  mutable V dx_;
  mutable block weights_;  // the adjoints of the parameters, which begin at these elements
  mutable extent first_[4] = {};
#endif
};

/// One layer in one direction over x [steps, batch, in]: operands x, h0, c0 [batch, hidden], w_ih [4 hidden, in], w_hh [4 hidden, hidden],
/// b_ih and b_hh [4 hidden]. States and biases may be absent: tensors without axes. The result is [steps + 1, batch, hidden]: the
/// outputs, and after them the last cells.
template <std::floating_point T>
struct lstm {
  static constexpr const char* name = "lstm";
  static constexpr bool keeps = true, keeps_result = true;
  lstm_trace<T> trace{};
  bool is_read;  // will a gradient follow? If not, a library that asks need not leave what it reads

  explicit lstm(bool reverse, bool will_be_read = true) : is_read(will_be_read) { trace.at.reverse = reverse; }

  using any = any_tensor<T>;
  [[nodiscard]] any value(const any& x, const any& h0, const any& c0, const any& w_ih, const any& w_hh, const any& b_ih, const any& b_hh) {
    const extent n = w_hh.shape[1], rows = x.shape[0] * x.shape[1];
    trace.at.steps = x.shape[0];
    trace.at.batch = x.shape[1];
    trace.at.hidden = n;
    any y = any::uninitialized({x.shape[0] + 1, x.shape[1], n});
#if TESSERA_USE_CUDNN
    trace.by_library = {};
    const library_operands<T> own(trace.at, x, h0, c0, w_ih, w_hh, b_ih, b_hh);
    if (backend::items::cudnn::run_layer<T>(own.sizes, own.pointers(), y.mutable_data(), is_read ? &trace.by_library : nullptr)) return y;
#endif
    trace.gates = any::uninitialized({x.shape[0], x.shape[1], 4 * n});
    trace.cells = any::uninitialized({x.shape[0], x.shape[1], n});
    const any from = x.contiguous(), weight = w_hh.contiguous(), h = h0.contiguous(), c = c0.contiguous();
    const bias_sum bias(b_ih, b_hh, 4 * n);
    backend::gemm<T>(rows, 4 * n, w_ih.shape[1], {from.data(), w_ih.shape[1], 1}, {w_ih.data(), w_ih.strides[1], w_ih.strides[0]}, trace.gates.mutable_data(), 4 * n, false, bias.data());
    backend::run_lstm(backend::lstm_forward<T>{trace.at, weight.data(), h.hold ? h.data() : nullptr, c.hold ? c.data() : nullptr, trace.gates.mutable_data(), trace.cells.mutable_data(), y.mutable_data()});
    backend::copy(trace.cells.data() + trace.at.row(trace.at.place(trace.at.steps - 1), 0, n), x.shape[1] * n, y.mutable_data() + trace.at.row(trace.at.steps, 0, n));
    return y;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V& h0, const V& c0, const V& w_ih, const V& w_hh, const V& b_ih, const V& b_hh, const V& y) const {
    return lstm_cotangents<T, V>(trace, g, x, h0, c0, w_ih, w_hh, b_ih, b_hh, y);
  }
  void release() {
    trace.gates = trace.cells = {};
#if TESSERA_USE_CUDNN
    trace.by_library = {};
#endif
  }

 private:
  /// The sum of both biases, null where there are none.
  class bias_sum {
   public:
    bias_sum(const any& a, const any& b, extent n) {
      if (!a.hold) return;
      const any x = a.contiguous(), y = b.contiguous();
      sum_ = block(static_cast<std::size_t>(n) * sizeof(T));
      T* const to = static_cast<T*>(sum_.data());
      const T *first = x.data(), *second = y.data();
#if TESSERA_RUNS_ITEMS
      if (backend::runs_items()) {
        backend::launch(n, 1, backend::items::sum_of_two<T>{first, second, to});
        return;
      }
#endif
      for (extent j = 0; j < n; ++j) to[j] = first[j] + second[j];
    }
    [[nodiscard]] const T* data() const { return static_cast<const T*>(sum_ ? sum_.data() : nullptr); }

   private:
    block sum_;
  };
};

}  // namespace tessera::op
