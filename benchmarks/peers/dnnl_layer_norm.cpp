// SPDX-License-Identifier: BSL-1.0
// layer_norm by oneDNN, alone and with its gradients.

#include <peers/dnnl.hpp>

namespace {

using cases::norm_columns, cases::norm_rows;
using dnnl::memory, peers::calls, peers::plain, peers::processor;

calls layer_norm(bool trains) {
  using forward = dnnl::layer_normalization_forward;
  using backward = dnnl::layer_normalization_backward;
  const auto flags = dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;
  const memory x = plain({norm_rows, norm_columns}), y = plain({norm_rows, norm_columns}), w = plain({norm_columns}), b = plain({norm_columns});
  const auto kind = trains ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  const forward::primitive_desc f(forward::desc(kind, x.get_desc(), 1e-5f, flags), processor);
  std::unordered_map<int, memory> operands{{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}, {DNNL_ARG_SCALE, w}, {DNNL_ARG_SHIFT, b}};
  if (!trains) return {{{forward(f), operands}}, {{y}}};
  const memory mean(f.mean_desc(), processor), variance(f.variance_desc(), processor);
  operands.insert({{DNNL_ARG_MEAN, mean}, {DNNL_ARG_VARIANCE, variance}});
  const backward::primitive_desc p(backward::desc(dnnl::prop_kind::backward, x.get_desc(), x.get_desc(), 1e-5f, flags), processor, f);
  const memory dy = plain({norm_rows, norm_columns}), dx = plain({norm_rows, norm_columns}), dw = plain({norm_columns}), db = plain({norm_columns});
  return {{{forward(f), operands},
           {backward(p), {{DNNL_ARG_SRC, x}, {DNNL_ARG_MEAN, mean}, {DNNL_ARG_VARIANCE, variance}, {DNNL_ARG_SCALE, w}, {DNNL_ARG_SHIFT, b}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}, {DNNL_ARG_DIFF_SCALE, dw}, {DNNL_ARG_DIFF_SHIFT, db}}}},
          {{dx, dw, db}}};
}

[[maybe_unused]] const int registered = [] {
  measure::add(cases::layer_norm, "oneDNN", cases::layer_norm_work, [] { return layer_norm(false); });
  measure::add(cases::layer_norm_training, "oneDNN", cases::layer_norm_training_work, [] { return layer_norm(true); });
  return 0;
}();

}  // namespace
