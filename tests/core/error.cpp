// SPDX-License-Identifier: BSL-1.0
#include <tessera/core/error.hpp>
#include <tessera/core/expect.hpp>
#include <tessera/core/version.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <type_traits>

namespace tessera::tests {
namespace {

TEST_CASE_TEMPLATE("error: every exception of the library is an error, which is a std::runtime_error", E, error, shape_error, index_error, value_error, autograd_error, io_error, device_error) {
  static_assert(std::is_base_of_v<error, E> && std::is_base_of_v<std::runtime_error, E> && std::is_nothrow_copy_constructible_v<E>);
  CHECK_THROWS_WITH_AS(throw E("tessera::f: text"), "tessera::f: text", error);
  CHECK_THROWS_WITH_AS(throw E(std::string("tessera::g: ") + "more"), "tessera::g: more", std::runtime_error);
  CHECK_THROWS_AS(throw E("x"), E);
}

TEST_CASE("error: one kind is not caught as another") {
  const auto kind = [](auto raise) {
    try {
      raise();
    } catch (const shape_error&) {
      return std::string("shape");
    } catch (const index_error&) {
      return std::string("index");
    } catch (const error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(kind([] { throw shape_error("s"); }) == "shape");
  CHECK(kind([] { throw index_error("i"); }) == "index");
  CHECK(kind([] { throw value_error("v"); }) == "v");
}

struct never_defined;

TEST_CASE("expect: a law that holds names nothing; poison is recognised") {
  expect<true, never_defined>();
  static_assert((expect<true, never_defined>(), true));
  static_assert(is_poison<poison> && !is_poison<int> && !is_poison<poison*> && std::is_empty_v<poison>);
  CHECK(true);
}

TEST_CASE("version: three numbers") {
  CHECK(std::string(version) == std::to_string(TESSERA_VERSION_MAJOR) + "." + std::to_string(TESSERA_VERSION_MINOR) + "." + std::to_string(TESSERA_VERSION_PATCH));
}

}  // namespace
}  // namespace tessera::tests
