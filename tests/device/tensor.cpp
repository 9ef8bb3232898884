// SPDX-License-Identifier: BSL-1.0
// Tensors on the emulated GPUs, whose memory ends the program when it is touched by anything but kernels and copies.
#include <support/message.hpp>
#include <tessera/tessera.hpp>

#include <doctest/doctest.h>

#include <sstream>

namespace tessera {
namespace {

const tensor<float, shape<2, 3>> numbers{{1, 2, 3}, {4, 5, 6}};

TEST_CASE("a machine says what GPUs it has") {
  CHECK(gpu::is_available());
  CHECK(gpu::count() == 2);
  CHECK(device::gpu() == device::gpu(0));
  CHECK(device::gpu(0) != device::gpu(1));
  CHECK(device::gpu(1) != device::cpu());
  CHECK(to_string(device::gpu(1)) == "gpu:1");
  CHECK(tests::message_of<device_error>([] { static_cast<void>(device::gpu(2)); }) == "tessera::device::gpu(2): this machine has 2 usable GPUs");
  CHECK_THROWS_AS(static_cast<void>(device::gpu(-1)), device_error);
  std::ostringstream out;
  show_config(out);
  CHECK(out.str().find("devices: cpu, 2 gpu") != std::string::npos);
}

TEST_CASE("to moves a tensor and leaves the original") {
  const tensor there = to(numbers, device::gpu());
  CHECK(there.device() == device::gpu());
  CHECK(numbers.device() == device::cpu());
  CHECK(equal(there, numbers));
  CHECK(equal(to(there, device::gpu(1)), numbers));
  CHECK(to(to(there, device::gpu(1)), device::cpu()).span()[5] == 6);
  CHECK(to(there, device::gpu()).data() == there.data());  // it is there already
  CHECK(to_string(there) == to_string(numbers));
  const tensor<std::int64_t, shape<3>> whole{1, -2, 3};
  CHECK(equal(to(whole, device::gpu()), whole));
  const tensor truth = numbers > 2.F;
  CHECK(equal(to(truth, device::gpu()), truth));
  const auto none = zeros<float>(shape<0, 3>{});
  CHECK(to(none, device::gpu()).size() == 0);
  CHECK(sum(to(none, device::gpu())).item() == 0);
}

TEST_CASE("results are where the operands are, whatever the current device is") {
  const tensor a = to(numbers, device::gpu());
  CHECK(tensor(a + a).device() == device::gpu());
  CHECK(sum(a, axis<1>).device() == device::gpu());
  CHECK(tensor(transpose(a)).device() == device::gpu());
  const with_device on(device::gpu(1));
  CHECK(current_device() == device::gpu(1));
  CHECK(tensor(a * 2.F).device() == device::gpu());
  CHECK(tensor(numbers * 2.F).device() == device::cpu());
  CHECK(sum(numbers).device() == device::cpu());
  CHECK(tensor<float, shape<2>>{1, 2}.device() == device::gpu(1));
}

TEST_CASE("factories make tensors on the device of the scope, with the same numbers") {
  const auto both = [](auto make) {
    manual_seed(3);
    const auto here = make();
    manual_seed(3);
    const with_device on(device::gpu());
    const auto there = make();
    CHECK(there.device() == device::gpu());
    CHECK(equal(here, there));
  };
  both([] { return zeros<float>(shape<3, 4>{}); });
  both([] { return full(shape<5>{}, 2.5); });
  both([] { return randn<double>(shape<33>{}); });
  both([] { return rand<float>(shape<17>{}); });
  both([] { return randint(0, 10, shape<9>{}); });
  both([] { return randperm(12); });
  both([] { return arange<float, 0, 10>(); });
  both([] { return linspace(0, 1, 7); });
  both([] { return eye<float>(3, 5); });
  both([] { return as<double>({{1, 2}, {3, 4}}); });
  CHECK(current_device() == device::cpu());
}

TEST_CASE("operands on different devices are refused by name") {
  const tensor a = to(numbers, device::gpu()), b = to(numbers, device::gpu(1));
  CHECK(tests::message_of<device_error>([&] { static_cast<void>(tensor(a + numbers)); }) == "tessera: operand 1, [2, 3], is on gpu:0 and operand 2, [2, 3], is on cpu; move one with to(x, device)");
  CHECK(tests::message_of<device_error>([&] { static_cast<void>(tensor(2.F * exp(a) + b)); }) == "tessera: operand 2, [2, 3], is on gpu:0 and operand 3, [2, 3], is on gpu:1; move one with to(x, device)");
  CHECK_THROWS_AS(static_cast<void>(sum(a * b)), device_error);
  CHECK_THROWS_AS(static_cast<void>(concat(axis<0>, a, b)), device_error);
  tensor c = to(numbers, device::gpu());
  CHECK(tests::message_of<device_error>([&] { slice(c, 0, full_extent) = numbers(0, 1) * slice(numbers, 1, full_extent); }) ==
        "tessera: what is assigned is on cpu and the tensor is on gpu:0; move one with to(x, device)");
  CHECK(equal(c, numbers));
}

TEST_CASE("the processor reads and writes single elements, and is refused spans") {
  tensor a = to(numbers, device::gpu());
  CHECK(std::as_const(a)(1, 2) == 6);
  CHECK(a.at(-1, 0) == 4);
  const tensor before = a;
  a(0, 1) = 7;
  a.at(1, -1) += 10;
  CHECK(equal(a, tensor<float, shape<2, 3>>{{1, 7, 3}, {4, 5, 16}}));
  CHECK(equal(before, numbers));
  CHECK(sum(a).item() == 36);
  CHECK(tests::message_of<device_error>([&] { static_cast<void>(a.span()); }) == "tessera::tensor: the elements are on gpu:0, which the processor cannot reach; say to(x, device::cpu())");
  CHECK_THROWS_AS(static_cast<void>(a.mutable_span()), device_error);
  CHECK_THROWS_AS(static_cast<void>(a.begin()), device_error);
}

TEST_CASE("writing through a slice, in place, and over a tensor of another device") {
  tensor a = to(numbers, device::gpu());
  slice(a, full_extent, 0) = 5.F;
  CHECK(equal(a, tensor<float, shape<2, 3>>{{5, 2, 3}, {5, 5, 6}}));
  const void* const place = a.data();
  a = a * 2.F;
  CHECK(a.data() == place);
  a = numbers;
  CHECK(a.device() == device::cpu());
  a = transpose(to(tensor(transpose(numbers)), device::gpu(1)));
  CHECK(a.device() == device::gpu(1));
  CHECK(equal(a, numbers));
}

TEST_CASE("memory that is not there is an error that leaves the program whole") {
  const std::size_t held = gpu::memory_allocated(device::gpu());
  const with_device on(device::gpu());
  const std::string text = tests::message_of<device_error>([] { static_cast<void>(zeros<float>(shape<dyn>{extent{1} << 40})); });
  CHECK(text == "tessera: gpu:0 has no room for 4398046511104 bytes; " + std::to_string(held) + " are held");
  CHECK(sum(ones<float>(shape<100>{})).item() == 100);
  CHECK(gpu::memory_allocated(device::gpu()) == held);
}

}  // namespace
}  // namespace tessera
