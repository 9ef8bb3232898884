// SPDX-License-Identifier: BSL-1.0
#pragma once
// cross_entropy: log_softmax and the negative log-likelihood of a label, in one pass over each row.

#include <tessera/backend/loss.hpp>
#include <tessera/nn/loss/reduction.hpp>
#include <tessera/op/normalize/softmax.hpp>

#include <numeric>

#include <tessera/backend/items/loss.hpp>

namespace tessera {

// A diagnosis: the compiler names it where logits [N, C] do not come with labels [N] or probabilities [N, C].
template <class Logits, class Labels>
struct cross_entropy_shapes_do_not_fit {};
// A diagnosis: labels are int32 or int64; only as many as there are logits are they probabilities.
template <class Labels>
struct cross_entropy_labels_are_integers {};

namespace op {

/// What a row's loss is: the sum over classes c of q[c]·(lse - x[c]), with q from label, weights and smoothing.
template <std::floating_point T>
struct cross_entropy_targets {
  any_tensor<std::int64_t> labels;
  any_tensor<T> weight;  // of each class; without elements when all are 1
  std::int64_t ignore_index;
  double smoothing;

  /// The same as numbers.
  [[nodiscard]] backend::class_targets<T> numbers(extent classes) const { return {labels.data(), weight.hold ? weight.data() : nullptr, ignore_index, smoothing, classes}; }
  /// What the mean divides by: the weights of the labels that count.
  [[nodiscard]] double total_weight(extent rows, extent classes) const {
    const backend::class_targets<T> q = numbers(classes);
    double total = 0;
    for (extent i = 0; i < rows; ++i) total += q.is_ignored(i) ? 0.0 : static_cast<double>(q.weight_of(q.labels[i]));
    return total;
  }
  /// q as a matrix.
  [[nodiscard]] any_tensor<T> matrix(const extents& logits) const {
    any_tensor<T> q = any_tensor<T>::filled(logits, T(0));
    const extent classes = logits.back();
    const backend::class_targets<T> own = numbers(classes);
#if TESSERA_RUNS_ITEMS
    if (backend::runs_items()) return backend::launch(q.size(), 4, backend::items::target_matrix<T>{own, q.mutable_data()}), q;
#endif
    for (extent i = 0; i < logits[0]; ++i) {
      T* row = q.mutable_data() + i * classes;
      if (own.is_ignored(i)) continue;
      if (smoothing != 0)
        for (extent c = 0; c < classes; ++c) row[c] = own.share_of_class(c);
      row[own.labels[i]] += own.share_of_label(i);
    }
    return q;
  }
  void check(const any_tensor<T>& x) const {
    const extents& logits = x.shape;
    if (has_gpu && (x.hold.device().is_gpu() || labels.hold.device().is_gpu())) check_devices(x);
    if (labels.size() != logits[0])
      raise<shape_error>({"tessera::cross_entropy: logits of shape ", logits, " and labels of shape ", labels.shape, " differ at axis 0"});
    if (weight.hold && weight.size() != logits[1])
      raise<shape_error>({"tessera::cross_entropy: logits of shape ", logits, " have not the ", weight.size(), " classes of the weight at axis 1"});
    if (x.hold.device().is_gpu()) return;  // the work checks the labels
    for (extent i = 0; i < logits[0]; ++i)
      if (const std::int64_t label = labels.data()[i]; (label < 0 || label >= logits[1]) && label != ignore_index)
        raise<index_error>({"tessera::cross_entropy: label ", label, " at row ", i, " is none of the ", logits[1], " classes"});
  }
  TESSERA_COLD void check_devices(const any_tensor<T>& x) const {
    for (const device there : {labels.hold.device(), weight.hold ? weight.hold.device() : x.hold.device()})
      if (there != x.hold.device())
        raise<device_error>({"tessera::cross_entropy: logits ", x.shape, " are on ", x.hold.device(), " and labels or weights on ", there, "; move one with to(x, device)"});
  }
};

#if TESSERA_RUNS_ITEMS
/// A number in memory of the device, or none; null then.
template <class T>
[[nodiscard]] const T* number_in(const block& b) {
  return static_cast<const T*>(b.data());
}
#endif

/// The gradient with respect to logits [N, C] of the losses of rows [N], or of their sum times a factor.
template <std::floating_point T>
struct cross_entropy_gradient {
  static constexpr const char* name = "cross_entropy_gradient";
  static constexpr bool keeps = true, keeps_result = false;
  cross_entropy_targets<T> targets;
  any_tensor<T> lse;  // of each row: the logarithm of the sum of e to its logits
  T factor;
#if TESSERA_RUNS_ITEMS
  block mean_scale{};  // where work goes item by item: the factor of a mean, which the processor then does not know
#endif

  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& g, const any_tensor<T>& x) const {
    const extent rows = x.shape[0], classes = x.shape[1];
    any_tensor<T> dx = any_tensor<T>::uninitialized(x.shape);
    const any_tensor<T> logits = x.contiguous();
    const extent step = g.shape.rank == 0 ? 0 : g.strides[0];
    const backend::class_targets<T> q = targets.numbers(classes);
#if TESSERA_RUNS_ITEMS
    if (backend::runs_items())
      return backend::launch_rows(rows, 40 * classes, backend::items::loss_gradient_of_row<T>{q, logits.data(), lse.data(), g.data(), step, factor, number_in<T>(mean_scale), dx.mutable_data()}, classes), dx;
#endif
    backend::with_register<T>([&]<class V>() {
      detail::for_each_row_of(rows, classes, [&, all = dx.mutable_data()](extent i) {
        T* to = all + i * classes;
        const T* from = logits.data() + i * classes;
        const bool counts = !q.is_ignored(i);
        const T seed = g.data()[i * step] * factor, scale = counts ? seed * q.total_share(i) : T(0), shift = lse.data()[i];
        if (!counts) return static_cast<void>(std::fill_n(to, classes, T(0)));
        backend::for_lanes<V>(classes, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA {
          backend::store_part(to + j, V(lane::exp(V(backend::load_part<V>(from + j, lanes, T(0)) - V(shift))) * V(scale)), lanes);
        });
        if (targets.smoothing != 0)
          for (extent c = 0; c < classes; ++c) to[c] -= seed * q.share_of_class(c);
        to[q.labels[i]] -= seed * q.share_of_label(i);
      });
    });
    return dx;
  }
  // dx = factor·g·(t·p - q) with p = softmax(x) and t the sum of q.
  template <class V>
  [[nodiscard]] auto vjp(const V& h, const V& g, const V& x, const V&) const {
    return cotangents{[&] {
                        const V q(targets.matrix(x.shape()));
                        const V rows = sum_to(h * (sum_to(q, column(x)) * apply(softmax{1}, x) - q), column(x)) * share<V>();
                        return g.shape().rank == 0 ? sum_to(rows, {}) : apply(change_shape{g.shape()}, rows);
                      },
                      [&] {
                        const V p = apply(softmax{1}, x), t = sum_to(V(targets.matrix(x.shape())), column(x));
                        const V u = (g.shape().rank == 0 ? g : apply(change_shape{column(x)}, g)) * share<V>() * t * p * h;
                        return u - p * sum_to(u, column(x));
                      }};
  }

 private:
  template <class V>
  [[nodiscard]] V share() const {
#if TESSERA_RUNS_ITEMS
    if (mean_scale) return V(any_tensor<T>{mean_scale, {}, {}});
#endif
    return V::constant(static_cast<double>(factor));
  }
  template <class V>
  [[nodiscard]] static extents column(const V& x) {
    return {x.shape()[0], 1};
  }
};

/// What becomes of the losses of rows.
enum class reduction : unsigned char { none, sum, mean };

/// The losses of the rows of logits [N, C], or their sum or weighted mean.
template <std::floating_point T>
struct cross_entropy {
  static constexpr const char* name = "cross_entropy";
  static constexpr bool keeps = true, keeps_result = false;
  cross_entropy_targets<T> targets;
  reduction how;
  any_tensor<T> lse{};
  T factor = 1;
#if TESSERA_RUNS_ITEMS
  block mean_scale{};
#endif

  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) {
    const extent rows = x.shape[0], classes = x.shape[1];
    targets.check(x);
    any_tensor<T> y = any_tensor<T>::uninitialized({rows});
    lse = any_tensor<T>::uninitialized({rows});
    const any_tensor<T> logits = x.contiguous();
    const backend::class_targets<T> q = targets.numbers(classes);
#if TESSERA_RUNS_ITEMS
    if (backend::runs_items()) {
      backend::launch_rows(rows, 40 * classes, backend::items::loss_of_row<T>{q, logits.data(), lse.mutable_data(), y.mutable_data(), backend::faults_of_work()}, classes);
      if (how == reduction::none) return y;
      if (how == reduction::mean) {
        mean_scale = block(sizeof(T));
        backend::launch_rows(1, rows, backend::items::mean_factor<T>{q, rows, static_cast<T*>(mean_scale.data())}, rows);
      }
      any_tensor<T> all = any_tensor<T>::uninitialized({});
      backend::launch_rows(1, rows, backend::items::scaled_sum<T>{y.data(), rows, number_in<T>(mean_scale), all.mutable_data()}, rows);
      return all;
    }
#endif
    backend::with_register<T>([&, to = y.mutable_data(), to_lse = lse.mutable_data()]<class V>() {
      detail::for_each_row_of(rows, classes, [&](extent i) {
        const T* row = logits.data() + i * classes;
        const T top = backend::row_maximum<V>(row, classes);
        const T log_sum = top + std::log(backend::row_sum_of_exp<V>(row, classes, top));
        to_lse[i] = log_sum;
        T loss = 0;
        if (!q.is_ignored(i)) {
          loss = q.share_of_label(i) * (log_sum - row[q.labels[i]]);
          if (targets.smoothing != 0)
            for (extent c = 0; c < classes; ++c) loss += q.share_of_class(c) * (log_sum - row[c]);
        }
        to[i] = loss;
      });
    });
    if (how == reduction::none) return y;
    if (how == reduction::mean) factor = static_cast<T>(1 / targets.total_weight(rows, classes));
    return any_tensor<T>::filled({}, static_cast<T>(std::accumulate(y.data(), y.data() + rows, 0.0)) * factor);
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& x, const V&) const {
#if TESSERA_RUNS_ITEMS
    return cotangents{[&] { return apply(cross_entropy_gradient<T>{targets, lse, factor, mean_scale}, g, x); }, no_gradient{}};
#else
    return cotangents{[&] { return apply(cross_entropy_gradient<T>{targets, lse, factor}, g, x); }, no_gradient{}};
#endif
  }
  void release() {
    lse = {};
#if TESSERA_RUNS_ITEMS
    mean_scale = {};
#endif
  }
};

}  // namespace op

namespace nn {

/// Options of cross_entropy.
struct cross_entropy_options {
  std::int64_t ignore_index = -100;  // rows with this label count for nothing
  double label_smoothing = 0;        // the share of the target that is spread over all classes
};

namespace detail {
[[nodiscard]] TESSERA_COLD_ONCE extent rows_of_probabilities(const cross_entropy_options& o, const extents& logits, const extents& target, const extents& weight) {
  for (int i = 0; i < 2; ++i)
    if (logits[i] != target[i])
      raise<shape_error>({"tessera::cross_entropy: logits of shape ", logits, " and probabilities of shape ", target, " differ at axis ", i});
  if (weight.rank == 1 && weight[0] != 0 && weight[0] != logits[1])
    raise<shape_error>({"tessera::cross_entropy: logits of shape ", logits, " have not the ", weight[0], " classes of the weight at axis 1"});
  if (o.ignore_index >= 0) raise<value_error>({"tessera::cross_entropy: ignore_index is ", o.ignore_index, ", but rows with probabilities have no label to ignore"});
  return logits[0];
}
}  // namespace detail

/// The negative log-likelihood of labels under softmax(logits): cross_entropy(logits, labels), with a weight for each class
/// cross_entropy(logits, labels, weight), with options and a reduction behind. Floats in the place of labels are the probability of
/// each class: the loss of a row is the sum of -q·log p, and the mean is over rows, whatever they weigh.
///   shape  logits [N, C], labels [N] of int32 or int64 or probabilities [N, C], weight [C] -> one number, or [N] with no_reduction
///   error  compile time: cross_entropy_shapes_do_not_fit; run time: shape_error, index_error for a label that is no class. On a GPU the
///          work finds that label and leaves its row out; what next waits for the GPU throws (gpu::synchronize)
///   grad   softmax(logits) less the target, weighted; none for labels and weight. Probabilities, and a weight that comes with them, have one
///   cost   two passes over each row, one more in backward; log_softmax and a sum of products with probabilities
///   like   torch.nn.functional.cross_entropy
struct cross_entropy_fn {
  template <class X, class Y, Reduction R = mean_reduction_t>
  [[nodiscard]] auto operator()(const X& logits, const Y& labels, cross_entropy_options options = {}, R how = {}) const {
    return compute(logits, labels, tensor<float, shape<0>>(), options, how);
  }
  template <class X, class Y, Reduction R>
  [[nodiscard]] auto operator()(const X& logits, const Y& labels, R how) const {
    return compute(logits, labels, tensor<float, shape<0>>(), {}, how);
  }
  template <class X, class Y, Operand W, Reduction R = mean_reduction_t>
  [[nodiscard]] auto operator()(const X& logits, const Y& labels, const W& weight, cross_entropy_options options = {}, R how = {}) const {
    return compute(logits, labels, weight, options, how);
  }

 private:
  template <class X, class Y, class W, class R>
  [[nodiscard]] static auto compute(const X& logits, const Y& labels, const W& weight, cross_entropy_options options, R) {
    if constexpr (is_poison<X> || is_poison<Y>) {
      return poison{};
    } else {
      using L = shape_t<X>;
      using N = shape_t<Y>;
      using I = element_t<Y>;
      constexpr bool fits = L::rank == 2 && N::rank == 1 && rule::may_equal(L::pattern[0], N::pattern[0]) &&
                            (shape_t<W>::pattern[0] == 0 || rule::may_equal(L::pattern[1], shape_t<W>::pattern[0]));
      constexpr bool integers = std::same_as<I, std::int32_t> || std::same_as<I, std::int64_t>;
      if constexpr (L::rank == 2 && std::floating_point<I> && detail::same_shape<L, N>) {
        return compute_probabilities<R>(logits, labels, weight, options);
      } else if constexpr (!fits) {
        static_cast<typename cross_entropy_shapes_do_not_fit<L, N>::error*>(nullptr);
        return poison{};
      } else if constexpr (!integers) {
        static_cast<typename cross_entropy_labels_are_integers<I>::error*>(nullptr);
        return poison{};
      } else {
        using T = floating_t<element_t<X>>;
        check_options(options);
        op::cross_entropy_targets<T> targets{tessera::detail::erase_as<std::int64_t>(tessera::detail::expression_of(labels)).contiguous(), {}, options.ignore_index, options.label_smoothing};
        if constexpr (shape_t<W>::pattern[0] != 0) targets.weight = tessera::detail::erase_as<T>(tessera::detail::expression_of(weight)).contiguous();
        constexpr auto how = std::same_as<R, mean_reduction_t> ? op::reduction::mean : std::same_as<R, sum_reduction_t> ? op::reduction::sum : op::reduction::none;
        return structured<std::conditional_t<how == op::reduction::none, N, shape<>>, T>(op::cross_entropy<T>{std::move(targets), how}, logits);
      }
    }
  }
  /// Of what each class's share of a row is.
  template <class R, class X, class Y, class W>
  [[nodiscard]] static auto compute_probabilities(const X& logits, const Y& target, const W& weight, cross_entropy_options options) {
    using L = shape_t<X>;
    using T = floating_t<element_t<X>>;
    constexpr bool weighted = shape_t<W>::pattern[0] != 0;
    if constexpr (weighted && !(shape_t<W>::rank == 1 && rule::may_equal(L::pattern[1], shape_t<W>::pattern[0]))) {
      static_cast<typename cross_entropy_shapes_do_not_fit<L, shape_t<W>>::error*>(nullptr);
      return poison{};
    } else {
      check_options(options);
      const extents shape = tessera::detail::expression_of(logits).shape().values();
      const extent rows = detail::rows_of_probabilities(options, shape, tessera::detail::expression_of(target).shape().values(), tessera::detail::expression_of(weight).shape().values());
      const auto logs = tessera::log_softmax(logits, axis<1>);
      const T smoothing = static_cast<T>(options.label_smoothing), share = smoothing / static_cast<T>(shape[1]);
      const auto reduce = [&](const auto& products) {
        if constexpr (std::same_as<R, no_reduction_t>) return tessera::detail::kept(-sum(products, axis<1>));
        else return tessera::detail::kept(sum(products) * (std::same_as<R, sum_reduction_t> ? T(-1) : T(-1) / static_cast<T>(rows)));
      };
      if constexpr (weighted) return reduce(logs * (target * (T(1) - smoothing) + share) * weight);
      else return reduce(logs * (target * (T(1) - smoothing) + share));
    }
  }
  static void check_options(const cross_entropy_options& o) {
    if (!(o.label_smoothing >= 0 && o.label_smoothing <= 1))
      raise<value_error>({"tessera::cross_entropy: label_smoothing is ", o.label_smoothing, " and must be in [0, 1]"});
  }
};
inline constexpr cross_entropy_fn cross_entropy{};

}  // namespace nn
}  // namespace tessera
