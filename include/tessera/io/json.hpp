// SPDX-License-Identifier: BSL-1.0
#pragma once
// A strict reader of JSON for headers whose layout is known: it pulls values one after the other and builds no tree.

#include <tessera/core/config.hpp>
#include <tessera/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace tessera::io::json {

/// Is this UTF-8? Overlong forms, surrogates and code points beyond U+10FFFF are not.
[[nodiscard]] constexpr bool is_utf8(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = byte(i++);
    if (first < 0x80) continue;
    const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || text.size() - i < more) return false;
    // The second byte alone tells overlong forms, surrogates and what lies beyond the last code point.
    const unsigned least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte(i) < least || byte(i) > most) return false;
    for (std::size_t k = 1; k < more; ++k)
      if ((byte(i + k) & 0xC0) != 0x80) return false;
    i += more;
  }
  return true;
}

/// The text as a JSON string: escapes only what must be, in the short form where there is one.
[[nodiscard]] TESSERA_COLD_ONCE std::string quote(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef", plain = "\"\\\b\f\n\r\t", escaped = "\"\\bfnrt";
  std::string out = "\"";
  for (const char c : text) {
    if (const std::size_t k = plain.find(c); k != plain.npos) (out += '\\') += escaped[k];
    else if (static_cast<unsigned char>(c) < 0x20) ((out += "\\u00") += digits[static_cast<unsigned char>(c) >> 4]) += digits[c & 15];
    else out += c;
  }
  return out += '"';
}

/// A text that a message shows as a JSON string.
struct quoted {
  std::string_view text;
};
TESSERA_COLD_ONCE void describe(std::string& out, const quoted& q) { out += quote(q.text); }

/// A cursor in a JSON text. Every function reads one value and leaves the cursor behind it.
///   error  io_error with the place and what was expected there
class reader {
 public:
  /// `where` begins every message.
  reader(std::string_view text, std::string where) : text_(text), where_(std::move(where)) {
    if (!is_utf8(text)) raise<io_error>({where_, "not valid UTF-8"});
  }

  /// What an object or an array consists of: for (auto all = json.object(); json.more(all);) reads name and value of a member.
  struct sequence {
    char close;
    bool begun = false;
  };
  [[nodiscard]] sequence object() { return open('{', '}'); }
  [[nodiscard]] sequence array() { return open('[', ']'); }
  /// Goes to the next member or element, or behind the end.
  [[nodiscard]] TESSERA_COLD_ONCE bool more(sequence& all) {
    skip_spaces();
    if (peek() == (all.begun ? ',' : all.close)) {
      ++at_;
      if (all.begun) return true;
      --depth_;
      return false;
    }
    if (!all.begun) return all.begun = true;
    expect(all.close);
    --depth_;
    return false;
  }
  /// The name of a member.
  [[nodiscard]] TESSERA_COLD_ONCE std::string name() {
    std::string text = string();
    expect(':');
    return text;
  }

  [[nodiscard]] TESSERA_COLD_ONCE std::string string() {
    expect('"');
    std::string out;
    for (;;) {
      const char c = next("a string does not end");
      if (c == '"') return out;
      if (static_cast<unsigned char>(c) < 0x20) fail("a control character in a string");
      if (c == '\\') escape(out);
      else out += c;
    }
  }
  /// A number from 0 to 2^64 - 1, without fraction and exponent.
  [[nodiscard]] TESSERA_COLD_ONCE std::uint64_t integer() {
    skip_spaces();
    const std::size_t start = at_;
    std::uint64_t value = 0;
    for (; is_digit(peek()); ++at_) {
      const auto digit = static_cast<std::uint64_t>(peek() - '0');
      if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) fail("a number is too large");
      value = 10 * value + digit;
    }
    if (at_ == start || peek() == '.' || peek() == 'e' || peek() == 'E') fail("expected a whole number that is not negative");
    if (text_[start] == '0' && at_ > start + 1) fail("a number starts with 0");
    return value;
  }
  /// Reads a value of any kind and forgets it.
  TESSERA_COLD_ONCE void skip() {
    skip_spaces();
    switch (peek()) {
      case '{':
        for (sequence all = object(); more(all); skip()) static_cast<void>(name());
        return;
      case '[':
        for (sequence all = array(); more(all);) skip();
        return;
      case '"': return static_cast<void>(string());
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }
  /// Only spaces may follow.
  void end() {
    while (peek() == ' ') ++at_;
    if (at_ != text_.size()) fail("expected nothing but spaces");
  }

  [[noreturn]] TESSERA_COLD_ONCE void fail(std::initializer_list<message_part> what) const { raise<io_error>({where_, "byte ", at_, ": ", message(what)}); }
  [[noreturn]] TESSERA_COLD_ONCE void fail(const char* what) const { raise<io_error>({where_, "byte ", at_, ": ", what}); }

 private:
  static constexpr int max_depth = 32;

  [[nodiscard]] static constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  // At the end there is a NUL, which is nowhere allowed.
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] char next(const char* otherwise) {
    if (at_ == text_.size()) fail(otherwise);
    return text_[at_++];
  }
  void skip_spaces() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') ++at_;
  }
  TESSERA_COLD_ONCE void expect(char c) {
    skip_spaces();
    if (peek() != c) fail({"expected ", c});
    ++at_;
  }
  TESSERA_COLD_ONCE sequence open(char first, char close) {
    expect(first);
    if (++depth_ > max_depth) fail("nested too deeply");
    return {close};
  }
  void word(std::string_view w) {
    if (text_.substr(at_, w.size()) != w) fail("expected a value");
    at_ += w.size();
  }
  void digits() {
    if (!is_digit(peek())) fail("expected a value");
    while (is_digit(peek())) ++at_;
  }
  TESSERA_COLD_ONCE void number() {
    if (peek() == '-') ++at_;
    if (peek() == '0') ++at_;
    else digits();
    if (peek() == '.') ++at_, digits();
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      digits();
    }
  }
  [[nodiscard]] unsigned hex4() {
    unsigned value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = next("an escape does not end");
      const unsigned digit = is_digit(c)              ? static_cast<unsigned>(c - '0')
                             : (c >= 'a' && c <= 'f') ? static_cast<unsigned>(c - 'a') + 10
                             : (c >= 'A' && c <= 'F') ? static_cast<unsigned>(c - 'A') + 10
                                                      : 16;
      if (digit == 16) fail("expected four hexadecimal digits");
      value = 16 * value + digit;
    }
    return value;
  }
  TESSERA_COLD_ONCE void escape(std::string& out) {
    constexpr std::string_view escaped = "\"\\/bfnrt", plain = "\"\\/\b\f\n\r\t";
    const char c = next("an escape does not end");
    if (const std::size_t k = escaped.find(c); k != escaped.npos) return static_cast<void>(out += plain[k]);
    if (c != 'u') fail("no such escape");
    unsigned code = hex4();
    if (code >= 0xD800 && code < 0xDC00) {
      const bool paired = next("half a surrogate pair") == '\\' && next("half a surrogate pair") == 'u';
      const unsigned low = paired ? hex4() : 0;
      if (low < 0xDC00 || low > 0xDFFF) fail("half a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code < 0xE000) {
      fail("half a surrogate pair");
    }
    append_utf8(out, code);
  }
  static void append_utf8(std::string& out, unsigned code) {
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
    if (code < 0x80) return static_cast<void>(out += static_cast<char>(code));
    if (code < 0x800) return out += static_cast<char>(0xC0 | (code >> 6)), tail(0);
    if (code < 0x10000) return out += static_cast<char>(0xE0 | (code >> 12)), tail(6), tail(0);
    out += static_cast<char>(0xF0 | (code >> 18)), tail(12), tail(6), tail(0);
  }

  std::string_view text_;
  std::string where_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace tessera::io::json
