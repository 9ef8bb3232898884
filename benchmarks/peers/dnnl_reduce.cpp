// SPDX-License-Identifier: BSL-1.0
// Sums and softmax by oneDNN, softmax with its gradient too.

#include <peers/dnnl.hpp>

namespace {

using cases::large, cases::middle;
using dnnl::memory, peers::calls, peers::plain, peers::processor;

calls sum(const memory::dims& shape) {
  const memory x = plain({large, large}), y = plain(shape);
  const dnnl::reduction::primitive_desc p(dnnl::reduction::desc(dnnl::algorithm::reduction_sum, x.get_desc(), y.get_desc(), 0, 0), processor);
  return {{{dnnl::reduction(p), {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}}}}, {{y}}};
}

calls softmax(bool trains) {
  const memory x = plain({middle, middle}), y = plain({middle, middle});
  const auto kind = trains ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  const dnnl::softmax_forward::primitive_desc f(dnnl::softmax_forward::desc(kind, x.get_desc(), 1), processor);
  const std::pair<dnnl::primitive, std::unordered_map<int, memory>> forward{dnnl::softmax_forward(f), {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}}};
  if (!trains) return {{forward}, {{y}}};
  const dnnl::softmax_backward::primitive_desc b(dnnl::softmax_backward::desc(x.get_desc(), y.get_desc(), 1), processor, f);
  const memory dy = plain({middle, middle}), dx = plain({middle, middle});
  return {{forward, {dnnl::softmax_backward(b), {{DNNL_ARG_DST, y}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}}}}, {{dx}}};
}

[[maybe_unused]] const int registered = [] {
  measure::add(cases::sum_axis_0, "oneDNN", cases::sum_work, [] { return sum({1, large}); });
  measure::add(cases::sum_axis_1, "oneDNN", cases::sum_work, [] { return sum({large, 1}); });
  measure::add(cases::sum_all, "oneDNN", cases::sum_work, [] { return sum({1, 1}); });
  measure::add(cases::softmax, "oneDNN", cases::softmax_work, [] { return softmax(false); });
  measure::add(cases::softmax_training, "oneDNN", cases::softmax_training_work, [] { return softmax(true); });
  return 0;
}();

}  // namespace
