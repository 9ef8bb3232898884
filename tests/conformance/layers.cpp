// SPDX-License-Identifier: BSL-1.0
#include <support/places.hpp>
#include <tessera/data/loader.hpp>
#include <tessera/nn/nn.hpp>
#include <tessera/op/op.hpp>
#include <tessera/tensor/create.hpp>

namespace tessera::tests {
namespace {

template <Element T, class S>
[[nodiscard]] tensor<T, S> input(S shape, int k) {
  return placed([&] {
    const with_device on(device::cpu());
    return operand_of<T>(shape, k);
  }());
}

/// What make() gives at every place is what it gives on the widest registers.
template <class Make>
void check_made(const char* title, const Make& make) {
  const std::vector<double> wanted = make();
  for_each_place([&](const char* name) { check_numbers(std::string(title) + " on " + name, make(), wanted, 1e-9); });
}

}  // namespace

TEST_CASE("parameters made at a place have the same numbers as everywhere") {
  check_made("linear", [] { manual_seed(1); return numbers_of(nn::linear<7, 3>().weight.value()); });
  check_made("conv2d", [] { manual_seed(2); return numbers_of(nn::conv2d<2, 3, 3>().bias.value()); });
  check_made("embedding", [] { manual_seed(3); return numbers_of(nn::embedding<5, 4>({.padding_idx = 2}).weight.value()); });
  check_made("layer_norm", [] { return numbers_of(nn::layer_norm<shape<6>>().weight.value()); });
  check_made("skip_init", [] {
    const nn::skip_init guard;
    return numbers_of(nn::linear<7, 3>().weight.value());
  });
}

TEST_CASE("parts of tensors are written at every place") {
  check_made("a number", [] { auto x = input<double>(shape<3, 4>{}, 0); slice(x, 1) = 5; return numbers_of(x); });
  check_made("an expression", [] { auto x = input<double>(shape<3, 4>{}, 0); slice(x, full_extent, range<0, 4, 2>) = exp(slice(x, full_extent, range<1, 4, 2>)); return numbers_of(x); });
  check_made("more of it", [] { auto x = input<double>(shape<3, 4>{}, 0); slice(x, range<1, 3>) += input<double>(shape<4>{}, 1); return numbers_of(x); });
  check_made("an element", [] { auto x = input<double>(shape<3, 4>{}, 0); x(1, 2) = 7; x(2, 3) *= 2; return numbers_of(x); });
}

TEST_CASE("rows of a table are shortened, and their gradients shared, at every place") {
  for (const double p : {1.0, 2.0, 3.5, std::numeric_limits<double>::infinity()})
    check_made("max_norm", [&] {
      variable w(input<double>(shape<7, 50>{}, 0));
      nn::renormalize_rows(placed(tensor{2, 0, 5, 2, 6}), w, 1.5, p);
      return numbers_of(w);
    });
  check_places<double>("scale_grad_by_freq", [](const auto& w) { return embedding(tensor{{1, 0, 2}, {2, 2, 1}}, w, {.padding_idx = 0, .scale_grad_by_freq = true}); }, operand_of<double>(shape<4, 3>{}, 0));
  check_made("all options", [] {
    manual_seed(5);
    const nn::embedding<6, 4> table{{.padding_idx = 2, .max_norm = 1.1, .scale_grad_by_freq = true}};
    sum(square(table(tensor{1, 1, 2, 5}))).backward();
    return numbers_of(table.weight.grad());
  });
}

TEST_CASE("losses of elements and dropout layers at every place") {
  check_places<double>("pos_weight", [](const auto& a, const auto& b, const auto& c) { return nn::bce_with_logits(a, b, nn::pos_weight{c}); }, operand_of<double>(shape<3, 4>{}, 0), operand_of<double>(shape<3, 4>{}, 1),
                       operand_of<double>(shape<4>{}, 2));
  const auto loss = [](const auto& f) { return [f](const auto& a, const auto& b) { return f(a, b); }; };
  check_places<float>("mse", loss([](const auto& a, const auto& b) { return nn::mse_loss(a, b); }), operand_of<float>(shape<3, 4>{}, 0), operand_of<float>(shape<3, 4>{}, 1));
  check_places<double>("bce_with_logits", loss([](const auto& a, const auto& b) { return nn::bce_with_logits(a, b); }), operand_of<double>(shape<3, 4>{}, 0), operand_of<double>(shape<3, 4>{}, 1));
  check_made("dropout", [] {
    manual_seed(4);
    const nn::dropout drop{0.4};
    return numbers_of(tensor(drop(input<double>(shape<5, 7>{}, 0))));
  });
}

TEST_CASE("integers are multiplied, compared and searched at every place") {
  check_made("matmul", [] { return numbers_of(matmul(tensor{{1, 2, 3}, {4, 5, 6}}, tensor{{1, 2}, {3, 4}, {5, 6}})); });
  check_made("matmul wraps around", [] { return numbers_of(matmul(as<std::uint8_t>({{200, 100}, {9, 9}}), as<std::uint8_t>({{3, 1}, {2, 1}}))); });
  check_made("argmin", [] { return numbers_of(argmin(tensor{10, 2, 100, 2})); });
  check_made("max", [] { return numbers_of(max(tensor{{1, 200, 100}, {7, 8, 9}}, axis<1>).values); });
  check_made("max_pool2d", [] { return numbers_of(max_pool2d(reshape(tensor{1, 5, 2, 4, 9, 3, 8, 7}, shape<1, 2, 4>{}), window<2>{})); });
}

TEST_CASE("an element of each long row, and of many rows, at every place") {
  const auto find = [](auto s) { return [s] { return numbers_of(argmax(input<double>(s, 3), axis<1>)); }; };
  check_made("long rows", find(shape<3, 999>{}));
  check_made("many rows", find(shape<999, 3>{}));
  check_made("the largest of all", [] { return numbers_of(max(input<double>(shape<999, 70>{}, 3))); });
  check_made("the smallest of integers", [] { return numbers_of(min(tensor{5, 3, 8})); });
  check_made("columns", [] { return numbers_of(argmin(input<double>(shape<999, 7>{}, 3), axis<0>)); });
}

TEST_CASE("batches are in the memory of the processor at every place") {
  check_made("loader", [] {
    const auto images = [] {
      const with_device on(device::cpu());
      return operand_of<float>(shape<dyn, 3>{5}, 0);
    }();
    std::vector<double> all;
    for (const int workers : {0, 1}) {
      data::loader batches{data::tensor_dataset{images}, {.batch_size = 2, .workers = workers}};
      for (auto&& [x] : batches) {
        CHECK(!x.device().is_gpu());
        for (const float value : x) all.push_back(static_cast<double>(value));
      }
    }
    return all;
  });
}

}  // namespace tessera::tests
