// SPDX-License-Identifier: BSL-1.0
#pragma once
// The products of a library that has the one function of BLAS for them, into matrices that are there.

#include <support/cases.hpp>

namespace peers {

using measure::numbers;

/// multiply(p, a, b, c) computes c = a b for row-major matrices; a is [k, m] where p.transposed_a says so, b [n, k] where
/// p.transposed_b does. For double too, where it takes that.
template <class Multiply>
void add_products(const char* library, Multiply multiply) {
  const auto add = [=]<class T>(T, const cases::product& p, const std::string& name) {
    if constexpr (std::is_invocable_v<Multiply, cases::product, const T*, const T*, T*>)
      measure::add(name, library, p.amount<T>(), [=] {
        return [=, a = numbers<T>(p.m * p.k), b = numbers<T>(p.k * p.n), c = numbers<T>(p.m * p.n)]() mutable -> auto& {
          multiply(p, a.data(), b.data(), c.data());
          return c;
        };
      });
  };
  cases::for_each_product(add);
  cases::for_each_fixed_product([&]<int>(const cases::product& p, const std::string& name) { add(float(), p, name); });
  cases::for_each_trained_product([=](const cases::product& p, const std::string& name, measure::work w) {
    measure::add(name, library, w, [=] {
      return [=, a = numbers(p.m * p.k), b = numbers(p.k * p.n), c = numbers(p.m * p.n), da = numbers(p.m * p.k), db = numbers(p.k * p.n), dc = numbers(p.m * p.n)]() mutable {
        multiply(p, a.data(), b.data(), c.data());
        multiply({p.m, p.n, p.k, false, true}, dc.data(), b.data(), da.data());
        multiply({p.k, p.m, p.n, true, false}, a.data(), dc.data(), db.data());
        return std::tie(da, db);
      };
    });
  });
}

}  // namespace peers
