// SPDX-License-Identifier: BSL-1.0
#pragma once
// embedding: a table of trained rows.

#include <tessera/nn/layer/linear.hpp>
#include <tessera/op/movement/embedding.hpp>

namespace tessera::nn {

/// A vector for each of a number of things: embedding<10000, 64>, embedding<dyn, dyn>{rows, columns}, embedding<100, 8>{{.padding_idx = 0}}.
/// The padding's row starts as zeros and stays what it is.
///   shape  indices [...] of int32 or int64 -> [..., Columns]; weight [Rows, Columns]
///   error  index_error for an index, or a padding_idx, that is no row
///   like   torch.nn.Embedding, with its initialisation: normal numbers
template <extent Rows, extent Columns, class... Options>
class embedding {
 public:
  using element = typename detail::element_option<Options...>::type;

  embedding(embedding_options options = {})
    requires(is_known(Rows) && is_known(Columns))
      : embedding(Rows, Columns, options) {}
  embedding(extent rows, extent columns, embedding_options options = {})
      : padding_idx(options.padding_idx), weight(shape<Rows, Columns>::from({rows, columns})) {
    const extent padding = tessera::detail::padding_row(options, rows);
    init::normal(weight);
    if (padding >= 0) detail::with_elements(weight, [&](std::span<element> w) { std::fill_n(w.begin() + padding * columns, columns, element(0)); });
  }

  template <class I>
  [[nodiscard]] auto operator()(const I& indices) const {
    return tessera::embedding(indices, weight, {.padding_idx = padding_idx});
  }

  void fields(auto&& visit) { visit("weight", weight); }

  std::optional<extent> padding_idx;
  parameter<element, shape<Rows, Columns>> weight;
};

}  // namespace tessera::nn
