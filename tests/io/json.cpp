// SPDX-License-Identifier: BSL-1.0
#include "scratch.hpp"

#include <tessera/io/json.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace {

namespace json = tessera::io::json;
using scratch::message_of;

std::string string_of(std::string_view text) {
  json::reader r(text, "x: ");
  std::string s = r.string();
  r.end();
  return s;
}
std::uint64_t integer_of(std::string_view text) {
  json::reader r(text, "x: ");
  const auto i = r.integer();
  r.end();
  return i;
}
void skip(std::string_view text) {
  json::reader r(text, "x: ");
  r.skip();
  r.end();
}

bool refused(std::string_view text) { return message_of([&] { skip(text); }).starts_with("x: "); }

}  // namespace

TEST_SUITE("io/json") {
  TEST_CASE("is_utf8: every form that RFC 3629 allows, and no other") {
    for (const std::string_view good : {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
         "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "a\xC3\xA9z"})
      CHECK(json::is_utf8(good));
    for (const std::string_view bad : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF",
         "\xE0\xA0", "\xED\xA0\x80", "\xE2\x82\x41", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
         "\xF0\x90\x80", "\xFF"})
      CHECK_FALSE(json::is_utf8(bad));
  }

  TEST_CASE("quote: reading it gives the text back") {
    CHECK(json::quote("a\"b\\c/\n\t\x01\x1f\x7f\xC3\xA9") == "\"a\\\"b\\\\c/\\n\\t\\u0001\\u001f\x7f\xC3\xA9\"");
    std::string all;
    for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
    CHECK(string_of(json::quote(all)) == all);
  }

  TEST_CASE("string: escapes") {
    CHECK(string_of(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
    CHECK(string_of(R"("\u0041\u00e9\u20AC\ud83d\ude00")") == "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    CHECK(string_of(R"("\u0000")") == std::string(1, '\0'));
    for (const char* bad : {"\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", R"("\ud83d")", R"("\ud83dx")",
         R"("\ud83d\n")", R"("\ud83d\u0041")", R"("\ude00")", "\"\n\"", "'a'", "\"\xFF\"", "\"\\ud83d"})
      CHECK(refused(bad));
  }

  TEST_CASE("integer: whole numbers up to 2^64 - 1") {
    CHECK(integer_of("0") == 0);
    CHECK(integer_of(" 42") == 42);
    CHECK(integer_of("18446744073709551615") == 18446744073709551615u);
    for (const char* bad : {"", "-1", "-0", "2.0", "2e1", "2E1", "01", "00", "18446744073709551616",
         "99999999999999999999999", "+1", "\"1\"", "null", "1 1", "0x1"})
      CHECK(message_of([&] { (void)integer_of(bad); }).starts_with("x: byte "));
  }

  TEST_CASE("skip: accepts JSON and nothing else") {
    for (const char* good : {"{}", "[]", " [1, 2.5, -0, 1e9, -1.25E-3, true, false, null, \"a\", {\"a\": [], \"b\": {}}] ", "0", "\t\r\n1"}) {
      CAPTURE(good);
      CHECK_NOTHROW(skip(good));
    }
    for (const char* bad : {"", "{", "}", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}",
         "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "tru", "nul", "truefalse", "-", "1.", ".5", "1e", "1e+", "01",
         "[1]\n", "[1]]", "//", "NaN", "[\x01]"}) {
      CAPTURE(bad);
      CHECK(refused(bad));
    }
    CHECK(refused(std::string_view("[1]\0", 4)));
    CHECK(refused(std::string_view("\0", 1)));
  }

  TEST_CASE("skip: depth is limited") {
    const auto nested = [](int depth) { return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']'); };
    CHECK_NOTHROW(skip(nested(32)));
    CHECK(message_of([&] { skip(nested(33)); }) == "x: byte 33: nested too deeply");
    CHECK(refused(std::string(1'000'000, '[')));
    CHECK_NOTHROW(skip("[" + nested(31) + "," + nested(31) + "]"));
  }

  TEST_CASE("object, array: members in order") {
    json::reader r(R"({"a" : [1, 2], "b":[ ] })", "x: ");
    std::string seen;
    for (auto members = r.object(); r.more(members);) {
      seen += r.name();
      for (auto elements = r.array(); r.more(elements);) seen += std::to_string(r.integer());
    }
    r.end();
    CHECK(seen == "a12b");
  }
}
