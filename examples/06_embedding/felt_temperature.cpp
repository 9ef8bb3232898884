// SPDX-License-Identifier: BSL-1.0
#include "felt_temperature.hpp"

#include <tessera/nn/serialize.hpp>

#include <algorithm>

#include "network.hpp"

namespace ts = tessera;

namespace {

// A safetensors file as a list of numbers. 06_embedding --train writes it.
constexpr unsigned char weights[] = {
#include "weights.inc"
};

std::unique_ptr<const network> read(std::span<const std::byte> bytes) {
  const ts::nn::skip_init guard;  // the library draws no random numbers for weights that are replaced at once
  auto model = std::make_unique<network>();
  ts::load(*model, bytes);
  return model;
}

}  // namespace

felt_temperature::felt_temperature(std::span<const std::byte> model) : network_(read(model)) {}
felt_temperature::~felt_temperature() = default;
felt_temperature::felt_temperature(felt_temperature&&) noexcept = default;
felt_temperature& felt_temperature::operator=(felt_temperature&&) noexcept = default;

void felt_temperature::predict(std::span<const float> measured, std::span<float> felt) const {
  const ts::no_grad guard;  // for this thread and this call: nothing is recorded, so nothing of the model changes
  // The number of rows is what the caller has room for; a tensor refuses values that do not fill its shape.
  const ts::shape<ts::dyn, 3> rows(felt.size());
  const auto result = (*network_)(ts::tensor<float, ts::shape<ts::dyn, 3>>(rows, measured));
  std::ranges::copy(ts::detach(result).span(), felt.begin());
}

std::span<const std::byte> felt_temperature::built_in() { return std::as_bytes(std::span(weights)); }
