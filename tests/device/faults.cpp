// SPDX-License-Identifier: BSL-1.0
// Labels and indices that the emulated GPU finds out of range: said by whatever waits next, once, and nothing is read out of bounds.
#include <support/message.hpp>
#include <tessera/tessera.hpp>

#include <doctest/doctest.h>

namespace tessera {
namespace {

TEST_CASE("a label that is no class is said when somebody waits, and its row counts for nothing") {
  const device where = device::gpu();
  const tensor<float, shape<4, 3>> logits{{1, 2, 3}, {3, 1, 0}, {0, 1, 0}, {2, 2, 1}};
  const tensor weight{0.5F, 2.F, 1.F};
  const auto loss_and_gradient = [&](device there, const auto& labels, bool weighted) {
    variable x = to(logits, there);
    const nn::cross_entropy_options options{.label_smoothing = 0.1};
    variable loss = weighted ? nn::cross_entropy(x, to(labels, there), to(weight, there), options) : nn::cross_entropy(x, to(labels, there), options);
    loss.backward();
    return std::pair{loss.value(), x.grad()};
  };
  for (const bool weighted : {false, true})
    for (const int bad : {3, -1, 1 << 30}) {
      std::optional<std::pair<tensor<float, shape<>>, tensor<float, shape<4, 3>>>> there;
      {
        const gpu::no_waiting guard;
        there.emplace(loss_and_gradient(where, tensor{0, 2, bad, 1}, weighted));
      }
      const std::string wanted = "tessera::cross_entropy: label " + std::to_string(bad) + " at row 2 is none of the 3 classes";
      CHECK(tests::message_of<index_error>([&] { static_cast<void>(there->first.item()); }) == wanted);
      CHECK(tests::message_of<index_error>([&] { static_cast<void>(there->first.item()); }) == "nothing was thrown");
      const auto here = loss_and_gradient(device::cpu(), tensor{0, 2, -100, 1}, weighted);
      CHECK(there->first.item() == doctest::Approx(here.first.item()));
      CHECK(allclose(there->second, here.second, {.atol = 1e-6}));
      CHECK(tests::message_of<index_error>([&] { static_cast<void>(loss_and_gradient(device::cpu(), tensor{0, 2, bad, 1}, weighted)); }) == wanted);
    }
}

TEST_CASE("an index that is no row of a table") {
  const tensor<float, shape<3, 2>> table{{1, 2}, {3, 4}, {5, 6}};
  variable w = to(table, device::gpu());
  variable y = sum(embedding(to(tensor{{0, 2}, {7, 1}}, device::gpu()), w));
  y.backward();
  CHECK(tests::message_of<index_error>([] { gpu::synchronize(device::gpu()); }) == "tessera::embedding: index 7, number 2 of the indices, is none of the 3 rows of the weight");
  CHECK(tests::message_of<index_error>([] { gpu::synchronize(device::gpu()); }) == "nothing was thrown");
  CHECK(y.item() == 21);
  CHECK(equal(w.grad(), ones<float>(shape<3, 2>{})));
}

TEST_CASE("the mean has its second derivative without a wait") {
  const auto second = [](device where) {
    variable x = to(tensor{{1.F, 2.F}, {0.F, -1.F}, {2.F, 0.5F}}, where);
    nn::cross_entropy(x, to(tensor{0, 1, 1}, where)).backward(create_graph);
    variable z = sum(square(x.grad_variable()));
    x.zero_grad();
    z.backward();
    return x.grad();
  };
  const tensor wanted = second(device::cpu());
  CHECK(sum(abs(wanted)).item() > 0);
  const tensor there = [&] {
    const gpu::no_waiting guard;
    return second(device::gpu());
  }();
  CHECK(allclose(there, wanted, {.atol = 1e-6}));
}

TEST_CASE("the gradient of a table is that of the processor, whatever the number of indices") {
  manual_seed(1);
  for (const extent n : {extent{1}, extent{2}, extent{1000}, extent{16385}, extent{20000}}) {
    const auto indices = randint(0, 40, shape<dyn>{n});
    const auto factors = randn<float>(shape<dyn, 3>{n});
    const auto table = randn<float>(shape<40, 3>{});
    const auto gradient = [&](device where) {
      variable w = to(table, where);
      const tensor i = to(indices, where);
      const tensor f = to(factors, where);
      const gpu::no_waiting guard;
      sum(embedding(i, w, {.padding_idx = 3}) * f).backward();
      return w.grad();
    };
    CHECK(equal(gradient(device::gpu()), gradient(device::cpu())));
  }
}

}  // namespace
}  // namespace tessera
