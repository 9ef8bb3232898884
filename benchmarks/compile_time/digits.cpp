// SPDX-License-Identifier: BSL-1.0
#include "digits.hpp"

#include <support/digits.hpp>

namespace digits {

std::pair<plain_samples, plain_samples> load_plain(const std::string& folder) {
  auto [training, validation] = load(folder);
  const auto plain = [](samples& s) {
    normalize(s);
    return plain_samples{{s.images.begin(), s.images.end()}, {s.labels.begin(), s.labels.end()}};
  };
  return {plain(training), plain(validation)};
}

}  // namespace digits
