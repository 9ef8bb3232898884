// SPDX-License-Identifier: BSL-1.0
// The three passes of a convolution by oneDNN. It chooses the layouts of all operands, as a network of its own would: nothing is
// converted within what is timed.

#include <peers/dnnl.hpp>

namespace {

using dnnl::memory, peers::calls, peers::in_layout, peers::plain, peers::processor;

struct shapes {
  memory::dims x, w, y, one{1, 1};
  explicit shapes(const cases::convolution& c) : x{c.batch, c.in, c.side, c.side}, w{c.out, c.in, 3, 3}, y{c.batch, c.out, c.side, c.side} {}
  [[nodiscard]] static memory::desc any(const memory::dims& shape) { return {shape, memory::data_type::f32, memory::format_tag::any}; }
  [[nodiscard]] auto forward() const {
    using op = dnnl::convolution_forward;
    return op::primitive_desc(op::desc(dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, any(x), any(w), any(y), one, one, one), processor);
  }
};

calls forward(const cases::convolution& c) {
  const shapes s(c);
  const auto p = s.forward();
  const memory y(p.dst_desc(), processor);
  return {{{dnnl::convolution_forward(p), {{DNNL_ARG_SRC, in_layout(p.src_desc(), plain(s.x))}, {DNNL_ARG_WEIGHTS, in_layout(p.weights_desc(), plain(s.w))}, {DNNL_ARG_DST, y}}}}, {{y}}};
}
calls data_gradient(const cases::convolution& c) {
  using op = dnnl::convolution_backward_data;
  const shapes s(c);
  const op::primitive_desc p(op::desc(dnnl::algorithm::convolution_direct, s.any(s.x), s.any(s.w), s.any(s.y), s.one, s.one, s.one), processor, s.forward());
  const memory dx(p.diff_src_desc(), processor);
  return {{{op(p), {{DNNL_ARG_DIFF_DST, in_layout(p.diff_dst_desc(), plain(s.y))}, {DNNL_ARG_WEIGHTS, in_layout(p.weights_desc(), plain(s.w))}, {DNNL_ARG_DIFF_SRC, dx}}}}, {{dx}}};
}
calls weight_gradient(const cases::convolution& c) {
  using op = dnnl::convolution_backward_weights;
  const shapes s(c);
  const op::primitive_desc p(op::desc(dnnl::algorithm::convolution_direct, s.any(s.x), s.any(s.w), s.any(s.y), s.one, s.one, s.one), processor, s.forward());
  const memory dw(p.diff_weights_desc(), processor);
  return {{{op(p), {{DNNL_ARG_DIFF_DST, in_layout(p.diff_dst_desc(), plain(s.y))}, {DNNL_ARG_SRC, in_layout(p.src_desc(), plain(s.x))}, {DNNL_ARG_DIFF_WEIGHTS, dw}}}}, {{dw}}};
}

[[maybe_unused]] const int registered = [] {
  for (const cases::convolution& c : cases::convolutions) {
    measure::add(c.name(cases::forward), "oneDNN", c.amount(), [c] { return forward(c); });
    measure::add(c.name(cases::data_gradient), "oneDNN", c.amount(), [c] { return data_gradient(c); });
    measure::add(c.name(cases::weight_gradient), "oneDNN", c.amount(), [c] { return weight_gradient(c); });
  }
  return 0;
}();

}  // namespace
