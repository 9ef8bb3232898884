// SPDX-License-Identifier: BSL-1.0
#pragma once
// The exceptions. Every message names the operation, what it was given and what must hold.

#include <tessera/core/config.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tessera {

/// The base of everything this library throws.
struct error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Extents that do not fit an operation.
struct shape_error : error {
  using error::error;
};

/// An index or an axis outside its range.
struct index_error : error {
  using error::error;
};

/// A value that an operation cannot accept: a probability of 2, a negative learning rate.
struct value_error : error {
  using error::error;
};

/// A use of the graph that has no meaning: a second backward(), a gradient that nothing recorded.
struct autograd_error : error {
  using error::error;
};

/// A file that is missing, truncated, malformed or not what was asked for. The message names the file.
struct io_error : error {
  using error::error;
};

/// A device that does not exist, is exhausted, or differs between operands.
struct device_error : error {
  using error::error;
};

/// A part of a message: text, a number, or anything with a function describe(std::string&, const X&) that appends it. It
/// refers to what it was made of, so that the place that may throw holds two stores and no text operations: they are all in message().
class message_part {
 public:
  message_part(const char* text) : append_(&append_characters) { of_.text = text; }
  message_part(const std::string_view& text) : append_(&append_view) { of_.anything = &text; }
  message_part(const std::string& text) : append_(&append_string) { of_.anything = &text; }
  message_part(char c) : append_(&append_character) { of_.whole = static_cast<unsigned char>(c); }
  template <std::integral I>
  message_part(I number) : append_(std::signed_integral<I> ? &append_signed : &append_unsigned) {
    of_.whole = static_cast<std::uint64_t>(number);
  }
  message_part(double number) : append_(&append_real) { of_.real = number; }
  template <class X>
    requires requires(std::string& out, const X& x) { describe(out, x); }
  message_part(const X& x) : append_(&append_described<X>) {
    of_.anything = &x;
  }

  void append_to(std::string& out) const { append_(out, of_); }

 private:
  union source {
    std::uint64_t whole;
    double real;
    const char* text;
    const void* anything;
  };

  TESSERA_COLD_ONCE static void append_characters(std::string& out, source p) { out += p.text; }
  TESSERA_COLD_ONCE static void append_view(std::string& out, source p) { out += *static_cast<const std::string_view*>(p.anything); }
  TESSERA_COLD_ONCE static void append_string(std::string& out, source p) { out += *static_cast<const std::string*>(p.anything); }
  TESSERA_COLD_ONCE static void append_character(std::string& out, source p) { out += static_cast<char>(p.whole); }
  TESSERA_COLD_ONCE static void append_signed(std::string& out, source p) { out += std::to_string(static_cast<std::int64_t>(p.whole)); }
  TESSERA_COLD_ONCE static void append_unsigned(std::string& out, source p) { out += std::to_string(p.whole); }
  TESSERA_COLD_ONCE static void append_real(std::string& out, source p) {
    char text[32];
    out.append(text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%g", p.real)));
  }
  template <class X>
  TESSERA_COLD static void append_described(std::string& out, source p) {
    describe(out, *static_cast<const X*>(p.anything));
  }

  source of_;
  void (*append_)(std::string&, source);
};

/// The parts of a message as one text.
[[nodiscard]] TESSERA_COLD_ONCE std::string message(std::initializer_list<message_part> parts) {
  std::string text;
  for (const message_part& part : parts) part.append_to(text);
  return text;
}

/// Throws an E that says what the parts say: raise<shape_error>({"tessera::stack: shapes ", a, " and ", b, " differ"}).
template <std::derived_from<error> E>
[[noreturn]] TESSERA_COLD void raise(std::initializer_list<message_part> parts) {
  throw E(message(parts));
}

}  // namespace tessera
