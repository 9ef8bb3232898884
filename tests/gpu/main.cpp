// SPDX-License-Identifier: BSL-1.0
// The file of the program that is not compiled for GPUs: it evaluates on one what another file has compiled, and is refused
// by name what none has. Ends with 77 where there is no GPU.
#include "shared.hpp"

#include <cmath>
#include <cstdio>
#include <string>

int main() {
  using namespace tessera;
  if (!gpu::is_available()) {
    std::puts("no GPU: skipped");
    try {
      static_cast<void>(device::gpu());
    } catch (const device_error& e) {
      return std::string(e.what()).find("0 usable GPUs") != std::string::npos ? 77 : 1;
    }
    return 2;
  }
  const float expected = shared::value_and_gradient(device::cpu());
  const auto is_right = [expected](float x) { return std::abs(x - expected) < 1e-4F * std::abs(expected); };
  if (!is_right(shared::value_and_gradient(device::gpu())) || !is_right(shared::value_and_gradient_there(device::gpu())) ||
      !is_right(shared::value_and_gradient_there(device::cpu())))
    return 3;
  const tensor x = to(ones<float>(shape<4>{}), device::gpu());
  try {
    static_cast<void>(tensor(tessera::cos(x) / 3.F - x));
  } catch (const device_error& e) {
    std::puts(e.what());
    const std::string text = e.what();
    return text.find("never compiled for the GPU") != std::string::npos && text.find("op::cos") != std::string::npos ? 0 : 4;
  }
  return 5;
}
