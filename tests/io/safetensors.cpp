// SPDX-License-Identifier: BSL-1.0
#include "scratch.hpp"

#include <tessera/io/safetensors.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace {

using scratch::bytes;
using scratch::message_of;
using tessera::dtype;
using tessera::io::encode_safetensors;
using tessera::io::entry;
using tessera::io::parse_safetensors;
using tessera::io::record;

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

template <class T>
bytes raw(std::initializer_list<T> values) {
  const auto view = std::as_bytes(std::span(values.begin(), values.size()));
  return {view.begin(), view.end()};
}

// safetensors.numpy.save of the package's version 0.8, with the metadata {"format": "pt"}.
const bytes golden = scratch::from_hex(
    "08020000000000007b225f5f6d657461646174615f5f223a7b22666f726d6174223a227074227d2c227374657073223a7b226474797065223a2249363422"
    "2c227368617065223a5b5d2c22646174615f6f666673657473223a5b302c385d7d2c226663312e62696173223a7b226474797065223a22463634222c2273"
    "68617065223a5b325d2c22646174615f6f666673657473223a5b382c32345d7d2c22656d707479223a7b226474797065223a22463332222c227368617065"
    "223a5b302c345d2c22646174615f6f666673657473223a5b32342c32345d7d2c226663312e776569676874223a7b226474797065223a22463332222c2273"
    "68617065223a5b322c335d2c22646174615f6f666673657473223a5b32342c34385d7d2c22696473223a7b226474797065223a22493332222c2273686170"
    "65223a5b312c335d2c22646174615f6f666673657473223a5b34382c36305d7d2c22706978656c73223a7b226474797065223a225538222c227368617065"
    "223a5b335d2c22646174615f6f666673657473223a5b36302c36335d7d2c22c3a95c225c5c5c6e223a7b226474797065223a225538222c22736861706522"
    "3a5b315d2c22646174615f6f666673657473223a5b36332c36345d7d2c226d61736b223a7b226474797065223a22424f4f4c222c227368617065223a5b33"
    "5d2c22646174615f6f666673657473223a5b36342c36375d7d7d2020202020200700000000000000000000000000f8bf0000000000000040000000000000"
    "803e0000003f0000403f0000803f0000a03f01000000feffffff030000000001ff01010001");

struct sample {
  bytes weight = raw({0.f, 0.25f, 0.5f, 0.75f, 1.f, 1.25f}), bias = raw({-1.5, 2.0}), steps = raw({std::int64_t{7}}), ids = raw({1, -2, 3}),
        pixels = raw<std::uint8_t>({0, 1, 255}), odd = raw<std::uint8_t>({1}), mask = raw({true, false, true});
  std::vector<entry> entries{{"fc1.weight", dtype::float32, {2, 3}, weight}, {"fc1.bias", dtype::float64, {2}, bias},   {"steps", dtype::int64, {}, steps},
                             {"ids", dtype::int32, {1, 3}, ids},             {"pixels", dtype::uint8, {3}, pixels},     {"mask", dtype::boolean, {3}, mask},
                             {"empty", dtype::float32, {0, 4}, {}},          {"\xC3\xA9\"\\\n", dtype::uint8, {1}, odd}};
};

/// A file with this header, which is not padded, and so many bytes of data.
bytes file(std::string_view header, std::size_t data_size, std::uint64_t claimed) {
  bytes out(8);
  std::memcpy(out.data(), &claimed, 8);
  const auto text = scratch::from_text(header);
  out.insert(out.end(), text.begin(), text.end());
  out.resize(out.size() + data_size);
  return out;
}
bytes file(std::string_view header, std::size_t data_size) { return file(header, data_size, header.size()); }

std::string refusal(const bytes& b) {
  return message_of([&] { (void)parse_safetensors(b, "net.safetensors"); });
}

std::string tensor(const std::string& name, const std::string& type, const std::string& shape, int begin, int end) {
  return '"' + name + R"(":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":[)" + std::to_string(begin) + ',' + std::to_string(end) + "]}";
}

}  // namespace

TEST_SUITE("io/safetensors") {
  TEST_CASE("encode_safetensors: the bytes of the Python package, in whatever order the tensors come") {
    sample s;
    for (std::size_t i = 0; i < s.entries.size(); ++i) {
      std::ranges::rotate(s.entries, s.entries.begin() + 1);
      CHECK(encode_safetensors(s.entries, {{"format", "pt"}}) == golden);
    }
    std::ranges::reverse(s.entries);
    CHECK(encode_safetensors(s.entries, {{"format", "pt"}}) == golden);
  }

  TEST_CASE("parse_safetensors: the tensors of a file of the Python package") {
    const sample s;
    const record r = parse_safetensors(golden, "golden");
    REQUIRE(r.size() == s.entries.size());
    for (const entry& e : s.entries) {
      CAPTURE(e.name);
      const entry* got = r.find(e.name);
      REQUIRE(got != nullptr);
      CHECK(got->type == e.type);
      CHECK(got->shape == e.shape);
      CHECK(std::ranges::equal(got->bytes, e.bytes));
    }
    CHECK(r.begin()->name == "steps");
    CHECK(r.metadata() == tessera::io::metadata{{"format", "pt"}});
    CHECK(r.find("fc2.weight") == nullptr);
  }

  TEST_CASE("encode_safetensors: what is parsed is encoded as it was; no tensors and no metadata are a file too") {
    const record r = parse_safetensors(golden, "golden");
    CHECK(encode_safetensors(r.entries(), r.metadata()) == golden);
    const bytes empty = encode_safetensors({});
    CHECK(empty == file("{}      ", 0));
    CHECK(parse_safetensors(empty, "empty").size() == 0);
    CHECK(encode_safetensors({}, {{"b", "2"}, {"a", "1\n"}}) == file(R"({"__metadata__":{"a":"1\n","b":"2"}})"
                                                                     "    ",
                                                                     0));
  }

  TEST_CASE("write_safetensors: read_safetensors gives it back, from a record that outlives nothing else") {
    const scratch::folder folder;
    record r;
    {
      const sample s;
      tessera::io::write_safetensors(folder / "net.safetensors", s.entries, {{"format", "pt"}});
      r = tessera::io::read_safetensors(folder / "net.safetensors");
      CHECK(folder.files() == 1);
    }
    CHECK(tessera::io::read_file(folder / "net.safetensors") == golden);
    CHECK(encode_safetensors(r.entries(), r.metadata()) == golden);
    CHECK(has(message_of([&] { (void)tessera::io::read_safetensors(folder / "none.safetensors"); }), "none.safetensors"));
  }

  TEST_CASE("encode_safetensors: refuses what could not be read") {
    const bytes four(4), two{std::byte{2}};
    const auto refused = [](std::vector<entry> entries, const tessera::io::metadata& text = {}) {
      return message_of<tessera::value_error>([&] { (void)encode_safetensors(entries, text); });
    };
    CHECK(has(refused({{"w", dtype::float32, {1}, four}, {"w", dtype::int32, {1}, four}}), "two tensors are named \"w\""));
    CHECK(has(refused({{"w", dtype::float32, {2, 3}, four}}), "\"w\" of shape [2, 3] and dtype float32 has 4 bytes"));
    CHECK(has(refused({{"w", dtype::float32, {-1}, four}}), "\"w\""));
    CHECK(has(refused({{"w", dtype::uint8, {0, tessera::extent{1} << 62, 4}, {}}}), "\"w\""));
    CHECK(has(refused({{"__metadata__", dtype::float32, {1}, four}}), "__metadata__"));
    CHECK(has(refused({{"\xFF", dtype::float32, {1}, four}}), "UTF-8"));
    CHECK(has(refused({{"b", dtype::boolean, {1}, two}}), "neither 0 nor 1"));
    CHECK(has(refused({}, {{"a", "\xFF"}}), "UTF-8"));
    CHECK(has(refused({}, {{"\xFF", "a"}}), "UTF-8"));
    CHECK(has(refused({}, {{"a", std::string(100'000'000, 'a')}}), "too large"));
  }

  TEST_CASE("parse_safetensors: what the format allows beyond what the package writes") {
    CHECK(parse_safetensors(file(R"({"__metadata__":{}})", 0), "x").metadata().empty());
    const record r = parse_safetensors(file("{\n " + tensor("b", "U8", "[ 2 ,1]", 1, 3) + " , " + tensor("a", "U8", "[1]", 0, 1) + " } ", 3), "x");
    CHECK(r.begin()->name == "a");
    CHECK(r.find("b")->bytes.size() == 2);
    CHECK(parse_safetensors(file(R"({"a":{"dtype":"U8","later":[{"x":null},-1.5e3],"shape":[1],"data_offsets":[0,1]}})", 1), "x").size() == 1);
    CHECK(parse_safetensors(file("{" + tensor("\\u0061", "U8", "[]", 0, 1) + "}", 1), "x").find("a") != nullptr);
    // Empty tensors may lie anywhere between the others.
    const std::string around = tensor("a", "U8", "[0]", 1, 1) + "," + tensor("b", "U8", "[1]", 1, 2) + "," + tensor("c", "I64", "[0]", 1, 1);
    CHECK(parse_safetensors(file("{" + around + "," + tensor("d", "U8", "[]", 0, 1) + "}", 2), "x").size() == 4);
  }

  TEST_CASE("parse_safetensors: a dtype or a rank that tessera lacks is an error for that tensor alone") {
    const std::string half_and_w = tensor("half", "F16", "[2]", 0, 4) + "," + tensor("w", "F32", "[1]", 4, 8);
    const std::string others = tensor("deep", "U8", "[1,1,1,1,1,1,1,1,1]", 8, 9) + "," + tensor("four", "F4", "[2]", 9, 10);
    const record r = parse_safetensors(file("{" + half_and_w + "," + others + "}", 10), "net.safetensors");
    CHECK(r.size() == 1);
    CHECK(r.find("w") != nullptr);
    CHECK(has(message_of([&] { (void)r.find("half"); }), "net.safetensors: tensor \"half\" has the dtype F16"));
    CHECK(has(message_of([&] { (void)r.find("deep"); }), "9 axes"));
    CHECK(has(message_of([&] { (void)r.find("four"); }), "F4"));
  }

  TEST_CASE("parse_safetensors: each kind of broken file gets its own message") {
    const std::string w = tensor("w", "F32", "[2]", 0, 8);
    struct broken {
      bytes content;
      std::string_view message;
    };
    const broken all[] = {
        {{}, "too short"},
        {bytes(7), "too short"},
        {bytes(8), "expected {"},
        {file("{}", 0, 100'000'001), "a header of 100000001 bytes"},
        {file("{}", 0, ~std::uint64_t{0}), "a header of 18446744073709551615 bytes"},
        {file("{}", 0, 3), "truncated: a header of 3 bytes, of which 2 are there"},
        {file("{" + w + "}", 8, 20), "header: byte 20: "},
        {file(" {}", 0), "expected {"},
        {file("[]", 0), "expected {"},
        {file("\xEF\xBB\xBF{}", 0), "expected {"},
        {file("{}\n", 0), "nothing but spaces"},
        {file("{}{}", 0), "nothing but spaces"},
        {file(std::string_view("{}\0", 3), 0), "nothing but spaces"},
        {file("{\"a\xFF\":1}", 0), "not valid UTF-8"},
        {file("{" + w + ",}", 8), "expected \""},
        {file("{" + w + "}", 9), "1 bytes follow the last tensor"},
        {file("{}", 1), "1 bytes follow the last tensor"},
        {file("{" + w + "}", 7), "tensor \"w\" lies at bytes [0, 8) of 7"},
        {file("{" + w + "," + w + "}", 8), "two tensors are named \"w\""},
        {file("{" + w + "," + tensor("\\u0077", "F32", "[2]", 8, 16) + "}", 16), "two tensors are named \"w\""},
        {file("{" + w + "," + tensor("v", "F32", "[2]", 0, 8) + "}", 8), "overlaps"},
        {file("{" + w + "," + tensor("v", "F32", "[2]", 4, 12) + "}", 12), "tensor \"v\" at bytes [4, 12) overlaps"},
        {file("{" + w + "," + tensor("v", "F32", "[0]", 4, 4) + "}", 8), "overlaps"},
        {file("{" + w + "," + tensor("v", "F32", "[2]", 12, 20) + "}", 20), "tensor \"v\" at bytes [12, 20) leaves a hole behind byte 8"},
        {file("{" + tensor("w", "F32", "[2]", 8, 16) + "}", 16), "leaves a hole behind byte 0"},
        {file("{" + tensor("w", "F32", "[2]", 8, 0) + "}", 8), "ends before it begins"},
        {file("{" + tensor("w", "F32", "[3]", 0, 8) + "}", 8), "tensor \"w\" has 8 bytes, its shape and dtype need 12"},
        {file("{" + tensor("w", "F64", "[2]", 0, 8) + "}", 8), "need 16"},
        {file("{" + tensor("w", "F16", "[2]", 0, 8) + "}", 8), "need 4"},
        {file("{" + tensor("w", "F4", "[3]", 0, 2) + "}", 2), "no number of bytes"},
        {file("{" + tensor("w", "F32", "[4611686018427387904,4]", 0, 0) + "}", 0), "no number of bytes"},
        {file("{" + tensor("w", "F32", "[4294967296,4294967296]", 0, 0) + "}", 0), "no number of bytes"},
        {file("{" + tensor("w", "F32", "[0,4294967296,4294967296]", 0, 0) + "}", 0), "no number of bytes"},
        {file("{" + tensor("w", "F32", "[9223372036854775808]", 0, 8) + "}", 8), "too large"},
        {file("{" + tensor("w", "F32", "[99999999999999999999]", 0, 8) + "}", 8), "too large"},
        {file("{" + tensor("w", "F32", "[-2]", 0, 8) + "}", 8), "not negative"},
        {file("{" + tensor("w", "F32", "[2.0]", 0, 8) + "}", 8), "whole number"},
        {file("{" + tensor("w", "F32", "[2e0]", 0, 8) + "}", 8), "whole number"},
        {file("{" + tensor("w", "F32", "[02]", 0, 8) + "}", 8), "starts with 0"},
        {file("{" + tensor("w", "F32", "[\\\"2\\\"]", 0, 8) + "}", 8), "whole number"},
        {file("{" + tensor("w", "F32", "2", 0, 8) + "}", 8), "expected ["},
        {file("{" + tensor("w", "F32", "null", 0, 8) + "}", 8), "expected ["},
        {file("{" + tensor("w", "f32", "[2]", 0, 8) + "}", 8), "unknown dtype \"f32\""},
        {file("{" + tensor("w", "", "[2]", 0, 8) + "}", 8), "unknown dtype \"\""},
        {file(R"({"w":{"dtype":"F32","shape":[2]}})", 8), "lacks dtype, shape or data_offsets"},
        {file(R"({"w":{"dtype":"F32","data_offsets":[0,8]}})", 8), "lacks"},
        {file(R"({"w":{"shape":[2],"data_offsets":[0,8]}})", 8), "lacks"},
        {file(R"({"w":{}})", 0), "lacks"},
        {file(R"({"w":[]})", 0), "expected {"},
        {file(R"({"w":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}})", 8), "a field twice"},
        {file(R"({"w":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8), "a field twice"},
        {file(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"data_offsets":[0,8]}})", 8), "a field twice"},
        {file(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", 8), "two data_offsets"},
        {file(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}})", 8), "two data_offsets"},
        {file(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[-0,8]}})", 8), "not negative"},
        {file(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551616]}})", 8), "too large"},
        {file(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[18446744073709551608,0]}})", 8), "ends before it begins"},
        {file(R"({"__metadata__":{"a":1}})", 0), "expected \""},
        {file(R"({"__metadata__":{"a":{}}})", 0), "expected \""},
        {file(R"({"__metadata__":null})", 0), "expected {"},
        {file(R"({"__metadata__":{"a":"","a":""}})", 0), "the key \"a\" twice"},
        {file(R"({"__metadata__":{},"__metadata__":{}})", 0), "__metadata__ occurs twice"},
        {file(R"({"w":{"x":)" + std::string(100'000, '['), 0), "nested too deeply"},
        {file("{" + tensor("deep", "U8", "[" + [] {
           std::string ones = "1";
           for (int i = 0; i < 64; ++i) ones += ",1";
           return ones;
         }() + "]", 0, 1) + "}", 1), "too many axes"},
        {file("{" + tensor(std::string(5000, 'n'), "U8", "[2]", 0, 1) + "}", 1), "nnn\"... has 1 bytes"},
    };
    for (const broken& b : all) {
      CAPTURE(b.message);
      const std::string message = refusal(b.content);
      CHECK(message.starts_with("tessera::io::read_safetensors: net.safetensors: "));
      CHECK_MESSAGE(has(message, b.message), message);
    }
    CHECK(refusal(file("{" + w + "}", 8)) == "nothing was thrown");
  }

  TEST_CASE("parse_safetensors: a BOOL that is neither 0 nor 1 is an error") {
    bytes b = golden;
    b.back() = std::byte{2};
    CHECK(has(refusal(b), "tensor \"mask\" has a BOOL"));
  }

  TEST_CASE("parse_safetensors: a file cut short or made longer anywhere is an error") {
    for (std::size_t size = 0; size < golden.size(); ++size) {
      CAPTURE(size);
      CHECK(refusal({golden.begin(), golden.begin() + static_cast<std::ptrdiff_t>(size)}).starts_with("tessera::io::"));
    }
    for (std::size_t at = 0; at <= golden.size(); ++at)
      for (const char c : {'\0', ' ', '0', '1', '"', '}', ']', ',', '\\', '\xFF'}) {
        CAPTURE(at);
        bytes longer = golden;
        longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::byte>(c));
        CHECK(refusal(longer).starts_with("tessera::io::"));
      }
  }

  TEST_CASE("parse_safetensors: a changed byte gives an io_error or a file that reads as it is written") {
    int refused = 0, accepted = 0;
    for (std::size_t at = 0; at < golden.size(); ++at)
      for (int value = 0; value < 256; value += at < 8 ? 1 : 5) {
        bytes changed = golden;
        changed[at] = static_cast<std::byte>(value);
        try {
          const record r = parse_safetensors(changed, "changed");
          const bytes again = encode_safetensors(r.entries(), r.metadata());
          REQUIRE(encode_safetensors(parse_safetensors(again, "again").entries(), r.metadata()) == again);
          ++accepted;
        } catch (const tessera::io_error&) {
          ++refused;
        }
      }
    CHECK(refused > 20'000);
    CHECK(accepted > 500);
  }
}
