// SPDX-License-Identifier: BSL-1.0
// The three passes of a convolution by oneDNN, directly and where it can by Winograd's transforms. It chooses the layouts of all operands, as
// a network of its own would: nothing is converted within what is timed.

#include <peers/dnnl.hpp>

namespace {

using dnnl::memory, peers::calls, peers::in_layout, peers::plain, peers::processor;

// A convolution by one algorithm; a primitive that oneDNN does not have is empty.
struct pass {
  cases::convolution c;
  dnnl::algorithm by;
  memory::dims x{c.batch, c.in, c.side, c.side}, w{c.out, c.in, 3, 3}, y{c.batch, c.out, c.side, c.side}, one{1, 1};

  [[nodiscard]] static memory::desc any(const memory::dims& shape) { return {shape, memory::data_type::f32, memory::format_tag::any}; }
  [[nodiscard]] auto forward() const {
    using op = dnnl::convolution_forward;
    return op::primitive_desc(op::desc(dnnl::prop_kind::forward_training, by, any(x), any(w), any(y), one, one, one), processor, true);
  }
  template <class Op>
  [[nodiscard]] auto backward() const {
    const auto hint = forward();
    return hint ? typename Op::primitive_desc(typename Op::desc(by, any(x), any(w), any(y), one, one, one), processor, hint, true) : typename Op::primitive_desc();
  }
};

calls forward(const pass& s) {
  const auto p = s.forward();
  const memory y(p.dst_desc(), processor);
  return {{{dnnl::convolution_forward(p), {{DNNL_ARG_SRC, in_layout(p.src_desc(), plain(s.x))}, {DNNL_ARG_WEIGHTS, in_layout(p.weights_desc(), plain(s.w))}, {DNNL_ARG_DST, y}}}}, {{y}}};
}
calls data_gradient(const pass& s) {
  using op = dnnl::convolution_backward_data;
  const auto p = s.backward<op>();
  const memory dx(p.diff_src_desc(), processor);
  return {{{op(p), {{DNNL_ARG_DIFF_DST, in_layout(p.diff_dst_desc(), plain(s.y))}, {DNNL_ARG_WEIGHTS, in_layout(p.weights_desc(), plain(s.w))}, {DNNL_ARG_DIFF_SRC, dx}}}}, {{dx}}};
}
calls weight_gradient(const pass& s) {
  using op = dnnl::convolution_backward_weights;
  const auto p = s.backward<op>();
  const memory dw(p.diff_weights_desc(), processor);
  return {{{op(p), {{DNNL_ARG_DIFF_DST, in_layout(p.diff_dst_desc(), plain(s.y))}, {DNNL_ARG_SRC, in_layout(p.src_desc(), plain(s.x))}, {DNNL_ARG_DIFF_WEIGHTS, dw}}}}, {{dw}}};
}

[[maybe_unused]] const int registered = [] {
  for (const cases::convolution& c : cases::convolutions)
    for (const auto& [name, by] : {std::pair("oneDNN", dnnl::algorithm::convolution_direct), std::pair("oneDNN, Winograd", dnnl::algorithm::convolution_winograd)}) {
      const pass s{c, by};
      if (s.forward()) measure::add(c.name(cases::forward), name, c.amount(), [s] { return forward(s); });
      if (s.backward<dnnl::convolution_backward_data>()) measure::add(c.name(cases::data_gradient), name, c.amount(), [s] { return data_gradient(s); });
      if (s.backward<dnnl::convolution_backward_weights>()) measure::add(c.name(cases::weight_gradient), name, c.amount(), [s] { return weight_gradient(s); });
    }
  return 0;
}();

}  // namespace
