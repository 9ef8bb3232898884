// SPDX-License-Identifier: BSL-1.0
#pragma once
// embedding: a table of trained rows.

#include <tessera/backend/norm.hpp>
#include <tessera/nn/layer/linear.hpp>
#include <tessera/op/movement/embedding.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

namespace tessera::nn {

namespace detail {

TESSERA_COLD_ONCE void check_norm(double most, double p) {
  if (!(most >= 0)) raise<value_error>({"tessera::nn::embedding: max_norm is ", most, " and must not be negative"});
  if (!(p > 0)) raise<value_error>({"tessera::nn::embedding: norm_type is ", p, " and must be above 0"});
}

/// Puts n numbers in ascending order, each once; how many there are then.
[[nodiscard]] TESSERA_COLD_ONCE extent order_once(std::int64_t* numbers, extent n) {
  std::sort(numbers, numbers + n);
  return std::unique(numbers, numbers + n) - numbers;
}

/// renormalize_rows for every shape of indices and table.
template <std::floating_point T>
TESSERA_COLD void shorten_rows(const any_tensor<std::int64_t>& indices, const autograd::edge& leaf, double most, double p) {
  check_norm(most, p);
  if (!leaf || !leaf->is_leaf) raise<autograd_error>({"tessera::nn::renormalize_rows: only a leaf can be written; this value was computed"});
  block& value = static_cast<autograd::leaf_node&>(*leaf).value;
  if (value.device() != indices.hold.device())
    raise<device_error>({"tessera::nn::renormalize_rows: indices ", indices.shape, " are on ", indices.hold.device(), " and weight ", leaf->shape, " is on ", value.device(), "; move one with to(x, device)"});
  const extent count = indices.size(), rows = leaf->shape[0], columns = leaf->shape[1];
  if (count == 0) return;
  if (value.references() > 1) {
    gpu::detail::note_not_captured("renormalizing rows of a table that others hold", "gives the table new memory");
    value.make_unique();
  }
  T* const table = static_cast<T*>(value.data());
  const backend::shortening by{most, p, p == std::numeric_limits<double>::infinity()};
  const with_device on(value.device());
#if TESSERA_RUNS_ITEMS
  if (backend::runs_items()) {
    const backend::ordered_numbers ordered(count, indices.data());
    return backend::launch_rows(count, 16 * columns, backend::items::shorten_row<T>{ordered.number(), rows, columns, by, table}, columns);
  }
#endif
  any_tensor<std::int64_t> ordered = indices.copy();
  std::int64_t* const row_of = ordered.mutable_data();
  parallel_for(order_once(row_of, count), std::max<extent>(1, 16384 / std::max<extent>(1, columns)), [&](extent begin, extent end) {
    for (extent i = begin; i < end; ++i) {
      if (row_of[i] < 0 || row_of[i] >= rows) continue;
      T* const row = table + row_of[i] * columns;
      double total = 0;
      for (extent j = 0; j < columns; ++j) total = by.join(total, by.part(static_cast<double>(row[j])));
      const double norm = by.norm(total);
      if (!(norm > most)) continue;
      const T scale = static_cast<T>(by.scale(norm));
      for (extent j = 0; j < columns; ++j) row[j] *= scale;
    }
  });
}
TESSERA_INSTANTIATE(float, void shorten_rows<float>(const any_tensor<std::int64_t>&, const autograd::edge&, double, double))
TESSERA_INSTANTIATE(double, void shorten_rows<double>(const any_tensor<std::int64_t>&, const autograd::edge&, double, double))

}  // namespace detail

/// Options of the layer.
struct embedding_options {
  std::optional<extent> padding_idx{};  // a row that gets no gradient; negative ones count from the end
  std::optional<double> max_norm{};     // rows that are read and are longer are made this long first
  double norm_type = 2;                 // the p of the p-norm that max_norm is about; may be infinite
  bool scale_grad_by_freq = false;      // divide the gradient of a row by how often it was read
};

/// Makes the rows that the indices name, and whose p-norm is above max_norm, that long: each once, where they are. No graph knows of it.
/// An index that is no row is left out.
///   weight  a parameter or a variable, a leaf [rows, columns]
///   error   value_error for a negative max_norm and for a norm_type that is not above 0; autograd_error for what is no leaf; device_error
///   cost    a sort of the indices and two passes over the rows that are read; a copy of the table where others hold it
///   like    torch.embedding_renorm_
struct renormalize_rows_fn {
  template <class I, class W>
  void operator()(const I& indices, W& weight, double max_norm, double norm_type = 2) const {
    static_assert(shape_t<W>::rank == 2, "tessera::nn::renormalize_rows: the table has rows and columns");
    detail::shorten_rows<element_t<W>>(tessera::detail::erase_as<std::int64_t>(tessera::detail::expression_of(indices)).contiguous(), weight.source(), max_norm, norm_type);
  }
};
inline constexpr renormalize_rows_fn renormalize_rows{};

/// A vector for each of a number of things: embedding<10000, 64>, embedding<dyn, dyn>{rows, columns}, embedding<100, 8>{{.padding_idx = 0}}.
/// The padding's row starts as zeros and stays what it is. With max_norm, reading writes: renormalize_rows comes first.
///   shape  indices [...] of int32 or int64 -> [..., Columns]; weight [Rows, Columns]
///   error  index_error for an index, or a padding_idx, that is no row; value_error for a max_norm or norm_type that cannot be
///   like   torch.nn.Embedding, with its initialisation: normal numbers
template <extent Rows, extent Columns, class... Options>
class embedding {
 public:
  using element = typename detail::element_option<Options...>::type;

  embedding(embedding_options options = {})
    requires(is_known(Rows) && is_known(Columns))
      : embedding(Rows, Columns, options) {}
  embedding(extent rows, extent columns, embedding_options options = {})
      : padding_idx(options.padding_idx),
        max_norm(options.max_norm),
        norm_type(options.norm_type),
        scale_grad_by_freq(options.scale_grad_by_freq),
        weight(shape<Rows, Columns>::from({rows, columns})) {
    if (max_norm) detail::check_norm(*max_norm, norm_type);
    const extent padding = tessera::detail::padding_row({.padding_idx = padding_idx}, rows);
    init::normal(weight);
    if (padding >= 0) detail::with_elements(weight, [&](std::span<element> w) { std::fill_n(w.begin() + padding * columns, columns, element(0)); });
  }

  template <class I>
  [[nodiscard]] auto operator()(const I& indices) const {
    if (max_norm) renormalize_rows(indices, weight, *max_norm, norm_type);
    return tessera::embedding(indices, weight, {.padding_idx = padding_idx, .scale_grad_by_freq = scale_grad_by_freq});
  }

  void fields(auto&& visit) { visit("weight", weight); }

  std::optional<extent> padding_idx;
  std::optional<double> max_norm;
  double norm_type;
  bool scale_grad_by_freq;
  parameter<element, shape<Rows, Columns>> weight;
};

}  // namespace tessera::nn
