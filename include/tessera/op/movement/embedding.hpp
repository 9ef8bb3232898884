// SPDX-License-Identifier: BSL-1.0
#pragma once
// embedding: rows of a table, chosen by their numbers.

#include <tessera/backend/items/embedding.hpp>
#include <tessera/backend/items/places.hpp>
#include <tessera/backend/matrix.hpp>
#include <tessera/backend/rows.hpp>
#include <tessera/op/structured.hpp>

#include <algorithm>
#include <cstring>
#include <optional>

namespace tessera {

// A diagnosis: the compiler names it where the table has not two axes, or the result would have more than a shape can.
template <class Indices, class Weight>
struct embedding_shapes_do_not_fit {};
// A diagnosis: indices are int32 or int64.
template <class Indices>
struct embedding_indices_are_integers {};

/// Options of embedding.
struct embedding_options {
  std::optional<extent> padding_idx{};  // a row that gets no gradient; negative ones count from the end
  bool scale_grad_by_freq = false;      // divide the gradient of a row by how often it was read
};

namespace op {

namespace detail {
inline constexpr extent embedding_task = 16384;  // elements that are worth a thread

[[noreturn]] TESSERA_COLD_ONCE void refuse_index(std::int64_t index, extent at, const extents& indices, const extents& weight) {
  extents place = indices;
  for (int i = indices.rank - 1; i >= 0; --i) {
    place[i] = at % indices[i];
    at /= indices[i];
  }
  raise<index_error>({"tessera::embedding: index ", index, " at ", place, " is none of the ", weight[0], " rows of weight ", weight});
}
}  // namespace detail

/// Where rows of a table are named for the first time: such a sum begins with a store. Only worth it where many rows are named, for then
/// the others are no large piece of memory that could be written past the caches.
class named_rows {
 public:
  named_rows(const std::int64_t* number, extent count, extent rows, extent padding) : is_first_(4 * count < rows ? 0 : count), is_named_(is_first_.data() == nullptr ? 0 : rows) {
    if (!pays()) return;
    std::memset(is_named_.data(), 0, static_cast<std::size_t>(rows));
    for (extent i = 0; i < count; ++i) {
      is_first_.data()[i] = number[i] != padding && !is_named_.data()[number[i]];
      if (is_first_.data()[i]) is_named_.data()[number[i]] = true;
    }
  }
  [[nodiscard]] bool pays() const { return is_named_.data() != nullptr; }
  [[nodiscard]] bool is_first(extent i) const { return pays() && is_first_.data()[i]; }
  [[nodiscard]] bool is_named(extent row) const { return is_named_.data()[row]; }

 private:
  backend::scratch<bool> is_first_, is_named_;
};

/// Rows of a table [rows, columns] divided by how often the indices name them. Its own adjoint.
struct divide_by_frequency {
  static constexpr const char* name = "embedding_frequencies";
  static constexpr bool keeps = false, keeps_result = false;
  any_tensor<std::int64_t> indices;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& x) const {
    any_tensor<T> y = x.copy();
    const extent rows = x.shape[0], columns = x.shape[1], count = indices.size();
    if (y.size() == 0 || count == 0) return y;
#if TESSERA_RUNS_ITEMS
    if (backend::runs_items()) {
      const backend::ordered_numbers ordered(count, indices.data());
      return backend::launch(count * columns, 4, backend::items::divide_table_row<T>{ordered.number(), count, rows, columns, y.mutable_data()}), y;
    }
#endif
    const any_tensor<std::int64_t> times = any_tensor<std::int64_t>::filled({rows}, 0);
    std::int64_t* const often = static_cast<std::int64_t*>(times.hold.data());
    for (extent i = 0; i < count; ++i) ++often[indices.data()[i]];
    for (extent r = 0; r < rows; ++r)
      for (extent j = 0; often[r] > 1 && j < columns; ++j) y.mutable_data()[r * columns + j] /= static_cast<T>(often[r]);
    return y;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V&, const V&) const {
    return cotangents{[&] { return apply(*this, g); }, no_gradient{}};
  }
};

/// g [indices..., columns] added to zeros [rows, columns], each row where its index says. Columns are shared between threads and
/// rows are not: every sum is formed in the order of the indices.
struct embedding_gradient {
  static constexpr const char* name = "embedding_gradient";
  static constexpr bool keeps = false, keeps_result = false;
  any_tensor<std::int64_t> indices;
  extent rows, padding;

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& g) const {
    const extent columns = g.shape.back(), count = indices.size();
    const any_tensor<T> from = g.contiguous();
#if TESSERA_RUNS_ITEMS
    if (backend::runs_items()) {
      any_tensor<T> dw = any_tensor<T>::filled({rows, columns}, T(0));
      if (from.size() == 0) return dw;
      const backend::ordered_numbers ordered(count, indices.data());
      backend::launch(count * columns, 4, backend::items::gradient_of_table_row<T>{from.data(), ordered.number(), ordered.place(), count, rows, columns, padding, dw.mutable_data()});
      return dw;
    }
#endif
    const extent part = std::max<extent>(64, detail::embedding_task / std::max<extent>(1, count));
    const named_rows named(indices.data(), count, rows, padding);
    any_tensor<T> dw = named.pays() ? any_tensor<T>::uninitialized({rows, columns}) : any_tensor<T>::filled({rows, columns}, T(0));
    backend::with_register<T>([&]<class V>() {
      parallel_for(columns, part, [&, to = dw.mutable_data(), number = indices.data()](extent begin, extent end) {
        for (extent r = 0; named.pays() && r < rows; ++r)
          if (!named.is_named(r)) std::fill(to + r * columns + begin, to + r * columns + end, T(0));
        for (extent i = 0; i < count; ++i) {
          for (extent j = begin; i + 2 < count && j < end; j += 64 / static_cast<extent>(sizeof(T))) __builtin_prefetch(to + number[i + 2] * columns + j, 1);
          if (number[i] == padding) continue;
          T* row = to + number[i] * columns + begin;
          const T* add = from.data() + i * columns + begin;
          const bool stores = named.is_first(i);
          backend::for_lanes<V>(end - begin, [&](extent j, int lanes) TESSERA_INLINE_LAMBDA {
            const V before = stores ? V(T(0)) : backend::load_part<V>(row + j, lanes, T(0));
            backend::store_part(row + j, V(before + backend::load_part<V>(add + j, lanes, T(0))), lanes);
          });
        }
      });
    });
    return dw;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& h, const V&, const V&) const;
};

/// Rows of a table [rows, columns]; padding is a number whose row gets no gradient, or -1.
struct embedding {
  static constexpr const char* name = "embedding";
  static constexpr bool keeps = false, keeps_result = false;
  any_tensor<std::int64_t> indices;  // row-major
  extent padding = -1;
  bool blanks = false;  // does the padding give zeros instead of its row?
  bool by_frequency = false;  // is the gradient of a row divided by how often it was read?

  template <class T>
  [[nodiscard]] any_tensor<T> value(const any_tensor<T>& w) const {
    const extent columns = w.shape[1], count = indices.size();
    const std::int64_t* number = indices.data();
    if (has_gpu && (w.hold.device().is_gpu() || indices.hold.device().is_gpu())) check_devices(w);
    else check(indices, w.shape);
    extents shape = indices.shape;
    shape.push_back(columns);
    any_tensor<T> y = any_tensor<T>::uninitialized(shape);
    if (y.size() == 0) return y;
    const any_tensor<T> from = w.contiguous();
#if TESSERA_RUNS_ITEMS
    if (backend::runs_items()) return backend::launch(y.size(), 4, backend::items::element_of_table<T>{from.data(), number, w.shape[0], columns, blanks ? padding : -1, backend::faults_of_work(), y.mutable_data()}), y;
#endif
    parallel_for(count, std::max<extent>(1, detail::embedding_task / columns), [&, to = y.mutable_data()](extent begin, extent end) {
      for (extent i = begin; i < end; ++i) {
        if (blanks && number[i] == padding) std::fill_n(to + i * columns, columns, T(0));
        else std::memcpy(to + i * columns, from.data() + number[i] * columns, static_cast<std::size_t>(columns) * sizeof(T));
      }
    });
    return y;
  }
  template <class V>
  [[nodiscard]] auto vjp(const V& g, const V& w, const V&) const {
    return cotangents{[&] {
                        V sum = apply(embedding_gradient{indices, w.shape()[0], padding}, g);
                        if (by_frequency) sum = apply(divide_by_frequency{indices}, sum);
                        return sum;
                      },
                      no_gradient{}};
  }

 private:
  static void check(const any_tensor<std::int64_t>& all, const extents& w) {
    const std::int64_t* const number = all.data();
    const extent n = all.size();
    for (extent i = 0; i < n; ++i)
      if (number[i] < 0 || number[i] >= w[0]) detail::refuse_index(number[i], i, all.shape, w);
  }
  /// On a GPU it is the work that checks the numbers.
  template <class T>
  TESSERA_COLD void check_devices(const any_tensor<T>& w) const {
    if (const device there = indices.hold.device(); there != w.hold.device())
      raise<device_error>({"tessera::embedding: indices ", indices.shape, " are on ", there, " and weight ", w.shape, " is on ", w.hold.device(), "; move one with to(x, device)"});
  }
};

template <class V>
auto embedding_gradient::vjp(const V& h, const V&, const V&) const {
  return cotangents{[&] { return apply(embedding{indices, padding, true}, h); }, no_gradient{}};
}

}  // namespace op

namespace detail {

template <class I, class W>
struct embedding_rule {
  static constexpr bool fits = W::rank == 2 && I::rank < max_rank;
  static constexpr extents pattern = [] {
    extents out = I::pattern;
    if (fits) out.push_back(W::pattern[1]);
    return out;
  }();
};

/// The number of the row that gets no gradient; -1 where there is none.
[[nodiscard]] inline extent padding_row(const embedding_options& options, extent rows) {
  if (!options.padding_idx) return -1;
  const extent row = *options.padding_idx < 0 ? *options.padding_idx + rows : *options.padding_idx;
  if (row < 0 || row >= rows) raise<index_error>({"tessera::embedding: padding_idx ", *options.padding_idx, " is none of the ", rows, " rows"});
  return row;
}

}  // namespace detail

/// Rows of a table by their numbers: embedding(indices, weight), embedding(indices, weight, {.padding_idx = 0, .scale_grad_by_freq = true}).
///   shape  indices [...] of int32 or int64, weight [rows, columns] -> [..., columns]
///   error  compile time: embedding_shapes_do_not_fit, embedding_indices_are_integers; run time: index_error naming the index, its
///          place and the number of rows. On a GPU the work finds it and gives a row of zeros; what next waits for the GPU throws (gpu::synchronize)
///   grad   dy added to the rows that were read, in the order of the indices on any number of threads; none for the padding's row. With
///          scale_grad_by_freq divided by how often the row was read
///   cost   a copy; backward writes all of the table's gradient, and on a GPU sorts the indices
///   like   torch.nn.functional.embedding
struct embedding_fn {
  template <class I, class W>
  [[nodiscard]] auto operator()(const I& indices, const W& weight, embedding_options options = {}) const {
    if constexpr (is_poison<I> || is_poison<W>) {
      return poison{};
    } else {
      using R = detail::embedding_rule<shape_t<I>, shape_t<W>>;
      using N = element_t<I>;
      constexpr bool integers = std::same_as<N, std::int32_t> || std::same_as<N, std::int64_t>;
      if constexpr (!integers) {
        static_cast<typename embedding_indices_are_integers<N>::error*>(nullptr);
        return poison{};
      } else if constexpr (!R::fits) {
        static_cast<typename embedding_shapes_do_not_fit<shape_t<I>, shape_t<W>>::error*>(nullptr);
        return poison{};
      } else {
        const extent rows = detail::expression_of(weight).shape().values()[0];
        return structured<shape_of<R>, element_t<W>>(
            op::embedding{detail::erase_as<std::int64_t>(detail::expression_of(indices)).contiguous(), detail::padding_row(options, rows), false, options.scale_grad_by_freq}, weight);
      }
    }
  }
};
inline constexpr embedding_fn embedding{};

}  // namespace tessera
