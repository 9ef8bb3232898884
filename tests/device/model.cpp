// SPDX-License-Identifier: BSL-1.0
// Models on the emulated GPUs: moved, trained, saved, loaded.
#include <tessera/tessera.hpp>

#include <doctest/doctest.h>

namespace tessera {
namespace {

struct network {
  nn::linear<6, 5> first;
  nn::linear<5, 3> second;
  auto operator()(const auto& x) const { return second(relu(first(x))); }
};

template <class Optimizer>
std::vector<float> losses(device where, bool moved_later) {
  manual_seed(2);
  network model;
  const tensor images = randn<float>(shape<16, 6>{});
  const tensor labels = randint(0, 3, shape<16>{});
  if (!moved_later) to(model, where);
  Optimizer optimizer{model, {.lr = 0.1}};
  std::vector<float> all;
  for (int step = 0; step < 8; ++step) {
    if (moved_later && step == 4) to(model, where);  // the optimiser's state follows
    const device here = model.first.weight.value().device();
    optimizer.zero_grad();
    variable loss = nn::cross_entropy(model(to(images, here)), to(labels, here));
    CHECK(loss.device() == here);
    loss.backward();
    CHECK(model.first.weight.grad().device() == here);
    optimizer.step();
    all.push_back(loss.item());
  }
  CHECK(model.second.bias.value().device() == where);
  return all;
}

void check_close(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-4));
}

TEST_CASE("training on a GPU gives the losses of the processor") {
  check_close(losses<optim::adam>(device::gpu(), false), losses<optim::adam>(device::cpu(), false));
  check_close(losses<optim::sgd>(device::gpu(1), false), losses<optim::sgd>(device::cpu(), false));
}

TEST_CASE("a model moves in the middle of its training") { check_close(losses<optim::adam>(device::gpu(), true), losses<optim::adam>(device::cpu(), false)); }

TEST_CASE("a model with gradients moves whole, and back") {
  manual_seed(4);
  network model;
  sum(model(ones<float>(shape<2, 6>{}))).backward();
  const tensor weight = model.first.weight.value(), gradient = model.first.weight.grad();
  const autograd::node* const leaf = model.first.weight.source().get();
  to(model, device::gpu(1));
  CHECK(model.first.weight.source().get() == leaf);
  CHECK(model.first.weight.value().device() == device::gpu(1));
  CHECK(model.first.weight.grad().device() == device::gpu(1));
  CHECK(equal(model.first.weight.grad(), gradient));
  network copy = model;
  CHECK(copy.first.weight.value().device() == device::gpu(1));
  to(model, device::cpu());
  CHECK(equal(model.first.weight.value(), weight));
  CHECK(equal(copy.first.weight.value(), weight));
}

TEST_CASE("saving reads a GPU's weights, loading writes them where the model is") {
  manual_seed(6);
  network model, other;
  const std::vector<std::byte> here = save(model);
  to(model, device::gpu());
  CHECK(save(model) == here);
  to(other, device::gpu(1));
  load(other, here);
  CHECK(other.first.weight.value().device() == device::gpu(1));
  CHECK(equal(other.first.weight.value(), model.first.weight.value()));
}

TEST_CASE("a model is made on the device of the scope") {
  manual_seed(7);
  const network here;
  manual_seed(7);
  const with_device on(device::gpu());
  const network there;
  CHECK(there.second.bias.value().device() == device::gpu());
  CHECK(equal(there.first.weight.value(), here.first.weight.value()));
}

TEST_CASE("a step waits for the GPU where numbers are read, and nowhere else") {
  network model;
  to(model, device::gpu());
  optim::adam optimizer{model, {.lr = 1e-3}};
  const tensor images = to(randn<float>(shape<4, 6>{}), device::gpu());
  const tensor labels = to(tensor{0, 2, 1, 0}, device::gpu());
  const gpu::no_waiting guard;
  for (int step = 0; step < 3; ++step) {
    optimizer.zero_grad();
    variable loss = nn::cross_entropy(dropout(model(images), 0.5), labels);
    loss.backward();
    optimizer.step();
    CHECK_THROWS_WITH_AS(static_cast<void>(loss.item()), "tessera::gpu::no_waiting: reading a tensor waits for the GPU", device_error);
  }
}

TEST_CASE("memory is steady over training steps, and all of it comes back") {
  const std::size_t before = gpu::memory_allocated(device::gpu());
  {
    network model;
    to(model, device::gpu());
    optim::sgd optimizer{model, {.lr = 1e-3, .momentum = 0.9}};
    std::size_t held = 0;
    for (int step = 0; step < 5; ++step) {
      optimizer.zero_grad();
      variable loss = nn::cross_entropy(model(to(ones<float>(shape<4, 6>{}), device::gpu())), to(zeros<std::int64_t>(shape<4>{}), device::gpu()));
      loss.backward();
      optimizer.step();
      if (step > 1) CHECK(gpu::memory_allocated(device::gpu()) == held);
      held = gpu::memory_allocated(device::gpu());
    }
  }
  CHECK(gpu::memory_allocated(device::gpu()) == before);
}

}  // namespace
}  // namespace tessera
