// SPDX-License-Identifier: BSL-1.0
#include "scratch.hpp"

#include <tessera/io/record.hpp>

#include <doctest/doctest.h>

namespace {

using tessera::io::entry;
using tessera::io::record;

record two() {
  const auto hold = std::make_shared<const scratch::bytes>(scratch::from_text("abcd"));
  const std::span<const std::byte> bytes(*hold);
  return {hold,
          {{"second", tessera::dtype::uint8, {3}, bytes.first(3)}, {"first", tessera::dtype::uint8, {}, bytes.last(1)}},
          {{"format", "pt"}},
          {{"half", "half has the dtype F16"}}};
}

}  // namespace

TEST_SUITE("io/record") {
  TEST_CASE("record: keeps the order, finds by name, tells why a tensor cannot be had") {
    const record r = two();
    REQUIRE(r.size() == 2);
    CHECK(r.begin()->name == "second");
    CHECK(r.entries()[1].name == "first");
    REQUIRE(r.find("first") != nullptr);
    CHECK(r.find("first")->bytes[0] == std::byte{'d'});
    CHECK(r.find("second")->shape == tessera::extents{3});
    CHECK(r.find("third") == nullptr);
    CHECK(r.find("") == nullptr);
    CHECK(r.metadata().at("format") == "pt");
    CHECK(scratch::message_of([&] { (void)r.find("half"); }).find("F16") != std::string::npos);
    CHECK(record().find("first") == nullptr);
  }

  TEST_CASE("record: a copy keeps the memory") {
    record copy;
    {
      const record original = two();
      copy = original;
      CHECK(copy.find("second")->bytes.data() == original.find("second")->bytes.data());
    }
    CHECK(copy.find("second")->bytes[2] == std::byte{'c'});
  }

  TEST_CASE("record: one name for two tensors is an error") {
    const auto hold = std::make_shared<const scratch::bytes>();
    const entry e{"w", tessera::dtype::uint8, {0}, {}}, other{"v", tessera::dtype::uint8, {0}, {}};
    CHECK(scratch::message_of([&] { (void)record(hold, {e, other, e}); }).find("named w") != std::string::npos);
  }
}
