// SPDX-License-Identifier: BSL-1.0
#pragma once
// Sizes and offsets of what is handed to kernels, as the compiler that reads this file sees them.
#include <tessera/tessera.hpp>

#include <cstddef>

namespace layout {
namespace ts = tessera;
namespace items = tessera::backend::items;

template <class... Op>
using unary = ts::program<float, ts::type_list<ts::source<float, ts::access::unit, true>>, ts::type_list<ts::step<Op, 0>...>>;
using masked = ts::program<double, ts::type_list<ts::source<double, ts::access::strided, true>, ts::source<ts::op::random_mask<double>, ts::access::unit, false>, ts::source<float, ts::access::splat, true>>,
                           ts::type_list<ts::step<ts::op::multiply, 0, 1>, ts::step<ts::op::add, 3, 2>>>;
using partial = items::reduce_part<ts::backend::plain_sum, items::value_at<masked>, double>;
using sweep = items::reverse_part<masked>;
using product = items::factors<float>;

}  // namespace layout
