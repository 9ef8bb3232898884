// SPDX-License-Identifier: BSL-1.0
#pragma once
// The command line of examples/04_training_loop.cpp, for the programs that do the same on another library.

#include <support/options.hpp>

#include <cstdint>

struct settings {
  std::string data, save;
  int epochs = 3, batch = 64, losses = 0;
  double lr = 1e-3, dropout = 0.2;
  std::uint64_t seed = 0;
};

inline settings read(int argc, char** argv) {
  settings s;
  options::parse(argc, argv, [&](std::string_view name, std::string_view value) {
    if (name == "--data") s.data = value;
    else if (name == "--save") s.save = value;
    else if (name == "--epochs") s.epochs = options::number(name, value, 1, 10000);
    else if (name == "--batch") s.batch = options::number(name, value, 1, 100000);
    else if (name == "--losses") s.losses = options::number(name, value, 1, 1000000);
    else if (name == "--lr") s.lr = options::number(name, value, 0.0, 1000.0);
    else if (name == "--dropout") s.dropout = options::number(name, value, 0.0, 1.0);
    else if (name == "--seed") s.seed = options::number(name, value, std::uint64_t{0}, ~std::uint64_t{0});
    else return false;
    return true;
  });
  return s;
}
