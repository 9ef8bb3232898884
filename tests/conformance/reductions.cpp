// SPDX-License-Identifier: BSL-1.0
#include <op/op_list.hpp>
#include <support/places.hpp>

namespace tessera::tests {

TEST_CASE("reductions at every place") {
  reductions([](const auto& op) { check_case_at_places(op); });
}

TEST_CASE("indices of extrema at every place, of numbers that are equal and of NaN") {
  const auto search = [](const auto& make) {
    searches([&](const auto& op) {
      std::apply([&](auto... shapes) {
        const auto wanted = numbers_of(op.call(make(shapes)...));
        for_each_place([&](const char* name) { check_numbers(std::string(op.torch) + " on " + name, numbers_of(op.call(placed(make(shapes))...)), wanted, 0); });
      }, op.shapes);
    });
  };
  const auto make = [](auto value) {
    return [value](auto shape) {
      const with_device on(device::cpu());
      auto x = tensor<float, decltype(shape)>::uninitialized(shape);
      for (extent i = 0; i < x.size(); ++i) x.mutable_data()[i] = static_cast<float>(value(i));
      return x;
    };
  };
  search(make([](extent i) { return element_at(i, 0, {}); }));
  search(make([](extent i) { return i % 3; }));
  search(make([](extent i) { return i % 5 == 2 ? nan : static_cast<double>(-i); }));
}

}  // namespace tessera::tests
