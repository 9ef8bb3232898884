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
/// refers to what it was made of, so that the place that may throw holds no text operations: they are all in message().
class message_part {
 public:
  message_part(const char* text) : message_part(std::string_view(text)) {}
  message_part(std::string_view text) : data_(text.data()), size_(text.size()), append_(&append_text) {}
  message_part(const std::string& text) : message_part(std::string_view(text)) {}
  message_part(char c) : append_(&append_character) { number_.whole = static_cast<unsigned char>(c); }
  template <std::integral I>
  message_part(I number) : append_(std::signed_integral<I> ? &append_signed : &append_unsigned) {
    number_.whole = static_cast<std::uint64_t>(number);
  }
  message_part(double number) : append_(&append_real) { number_.real = number; }
  template <class X>
    requires requires(std::string& out, const X& x) { describe(out, x); }
  message_part(const X& x) : data_(&x), append_(&append_described<X>) {}

  void append_to(std::string& out) const { append_(out, *this); }

 private:
  using appender = void (*)(std::string&, const message_part&);

  TESSERA_COLD_ONCE static void append_text(std::string& out, const message_part& p) { out.append(static_cast<const char*>(p.data_), p.size_); }
  TESSERA_COLD_ONCE static void append_character(std::string& out, const message_part& p) { out += static_cast<char>(p.number_.whole); }
  TESSERA_COLD_ONCE static void append_signed(std::string& out, const message_part& p) { out += std::to_string(static_cast<std::int64_t>(p.number_.whole)); }
  TESSERA_COLD_ONCE static void append_unsigned(std::string& out, const message_part& p) { out += std::to_string(p.number_.whole); }
  TESSERA_COLD_ONCE static void append_real(std::string& out, const message_part& p) {
    char text[32];
    out.append(text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%g", p.number_.real)));
  }
  template <class X>
  TESSERA_COLD static void append_described(std::string& out, const message_part& p) {
    describe(out, *static_cast<const X*>(p.data_));
  }

  union {
    std::uint64_t whole;
    double real;
  } number_ = {0};
  const void* data_ = nullptr;
  std::size_t size_ = 0;
  appender append_;
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
