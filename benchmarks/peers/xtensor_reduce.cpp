// SPDX-License-Identifier: BSL-1.0
// Sums, argmax and softmax on xtensor, evaluated at once as its manual advises.

#include <support/cases.hpp>

#include <algorithm>

#include <xtensor/xmath.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xsort.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

namespace {

using matrix = xt::xtensor<float, 2>;
using cases::large, cases::middle;

matrix numbers(std::size_t rows, std::size_t columns) {
  matrix x({rows, columns});
  std::ranges::copy(measure::numbers(static_cast<std::int64_t>(rows * columns)), x.begin());
  return x;
}

void add(const char* name, measure::work w, std::size_t columns, auto operation) {
  measure::add(name, "xtensor", w, [=] { return [=, x = numbers(large, columns)] { return operation(x); }; });
}

[[maybe_unused]] const int registered = [] {
  add(cases::sum_axis_0, cases::sum_work, large, [](const matrix& x) { return xt::xtensor<float, 1>(xt::sum(x, {0}, xt::evaluation_strategy::immediate)); });
  add(cases::sum_axis_1, cases::sum_work, large, [](const matrix& x) { return xt::xtensor<float, 1>(xt::sum(x, {1}, xt::evaluation_strategy::immediate)); });
  add(cases::sum_all, cases::sum_work, large, [](const matrix& x) { return xt::sum(x, xt::evaluation_strategy::immediate)(); });
  add(cases::argmax, cases::argmax_work, middle, [](const matrix& x) { return xt::xtensor<std::size_t, 1>(xt::argmax(x, 1)); });
  measure::add(cases::softmax, "xtensor", cases::softmax_work, [] {
    return [x = numbers(middle, middle), y = numbers(middle, middle), row = xt::xtensor<float, 1>({middle})]() mutable -> auto& {
      for (std::size_t i = 0; i < middle; ++i) {
        const auto from = xt::row(x, static_cast<std::ptrdiff_t>(i));
        xt::noalias(row) = xt::exp(from - xt::amax(from, xt::evaluation_strategy::immediate)());
        xt::row(y, static_cast<std::ptrdiff_t>(i)) = row * (1 / xt::sum(row, xt::evaluation_strategy::immediate)());
      }
      return y;
    };
  });
  return 0;
}();

}  // namespace
