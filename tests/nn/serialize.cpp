// SPDX-License-Identifier: BSL-1.0
#include <tessera/nn/nn.hpp>
#include <tessera/nn/serialize.hpp>
#include <tessera/optim/sgd.hpp>

#include <doctest/doctest.h>

#include <filesystem>

using namespace tessera;

namespace {

struct net {
  nn::linear<3, 2> fc1;
  nn::linear<2, 1, nn::of<double>> fc2;
};
struct other {
  nn::linear<3, 4> fc1;
  nn::linear<2, 1> fc2;
  nn::linear<1, 1> fc3;
};
struct part {
  nn::linear<3, 2> fc1;
};

struct temporary {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("tessera_serialize_" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".safetensors");
  ~temporary() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
};

bool equal(const net& a, const net& b) {
  return std::ranges::equal(a.fc1.weight.span(), b.fc1.weight.span()) && std::ranges::equal(a.fc1.bias.span(), b.fc1.bias.span()) &&
         std::ranges::equal(a.fc2.weight.span(), b.fc2.weight.span()) && std::ranges::equal(a.fc2.bias.span(), b.fc2.bias.span());
}

}  // namespace

TEST_CASE("a model that was saved is loaded again, from a file and from memory") {
  const temporary file;
  const net a;
  net b, c;
  CHECK_FALSE(equal(a, b));
  save(a, file.path);
  load(b, file.path);
  CHECK(equal(a, b));
  load(c, save(a));
  CHECK(equal(a, c));
  net d;
  nn::load_state_dict(d, nn::state_dict(a));
  CHECK(equal(a, d));
}

TEST_CASE("loading writes the leaves that an optimiser knows, and leaves values that somebody holds alone") {
  const net a;
  net b;
  optim::sgd optimizer{b, {.lr = 1}};
  const autograd::node* leaf = b.fc1.weight.source().get();
  const tensor held = b.fc1.weight.value();
  const float before = held(0, 0);
  load(b, save(a));
  CHECK(b.fc1.weight.source().get() == leaf);
  CHECK(held(0, 0) == before);
  CHECK(b.fc1.weight(0, 0) == a.fc1.weight(0, 0));
}

TEST_CASE("what does not fit is listed in one error, and the model is as it was") {
  const net a;
  other b;
  const other before = b;
  std::string message;
  try {
    load(b, save(a));
  } catch (const io_error& e) {
    message = e.what();
  }
  CHECK(message ==
        "tessera::load: memory does not fit the model:\n"
        "  misshapen: fc1.weight is float32 [2, 3] there and float32 [4, 3] in the model\n"
        "  misshapen: fc1.bias is float32 [2] there and float32 [4] in the model\n"
        "  misshapen: fc2.weight is float64 [1, 2] there and float32 [1, 2] in the model\n"
        "  misshapen: fc2.bias is float64 [1] there and float32 [1] in the model\n"
        "  missing: fc3.weight, float32 [1, 1]\n"
        "  missing: fc3.bias, float32 [1]");
  CHECK(std::ranges::equal(b.fc1.weight.span(), before.fc1.weight.span()));
  CHECK(std::ranges::equal(b.fc3.weight.span(), before.fc3.weight.span()));
  part p;
  CHECK_THROWS_WITH_AS(load(p, save(a)), doctest::Contains("unexpected: fc2.weight, float64 [1, 2]"), io_error);
  load(p, save(a), {.strict = false});
  CHECK(p.fc1.weight(1, 1) == a.fc1.weight(1, 1));
}

TEST_CASE("broken files and missing files are errors that name them") {
  const temporary file;
  net m;
  CHECK_THROWS_WITH_AS(load(m, file.path), doctest::Contains(file.path.filename().string().c_str()), io_error);
  std::vector<std::byte> bytes = save(m);
  bytes.resize(bytes.size() - 1);
  CHECK_THROWS_AS(load(m, bytes), io_error);
  io::write_file(file.path, bytes);
  CHECK_THROWS_WITH_AS(load(m, file.path), doctest::Contains(file.path.filename().string().c_str()), io_error);
  CHECK_THROWS_AS(save(m, file.path / "below"), io_error);
}
