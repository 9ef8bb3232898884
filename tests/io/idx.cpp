// SPDX-License-Identifier: BSL-1.0
#include "scratch.hpp"

#include <tessera/io/idx.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace {

using scratch::bytes;
using scratch::from_hex;
using scratch::message_of;
using tessera::dyn;
using tessera::shape;
using tessera::tensor;
using tessera::io::parse_idx;
using tessera::io::read_idx;
using tessera::io::write_file;
using tessera::io::write_idx;

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

// Two images of 2x3.
const bytes images = from_hex("00000803000000020000000200000003000102030405fffefdfcfbfa");

template <class T, class S>
std::string refusal(const bytes& b) {
  return message_of([&] { (void)parse_idx<T, S>(b, "train.idx"); });
}

}  // namespace

TEST_SUITE("io/idx") {
  TEST_CASE("parse_idx: extents known and unknown, big endian") {
    const auto t = parse_idx<std::uint8_t, shape<dyn, 2, 3>>(images, "x");
    CHECK(t.size(0) == 2);
    CHECK(t(0, 1, 2) == 5);
    CHECK(t(1, 0, 0) == 255);
    CHECK(parse_idx<std::uint8_t, shape<2, 2, 3>>(images, "x").span()[11] == 250);
    const auto square = parse_idx<std::uint8_t, shape<tessera::dim<'N'>, tessera::dim<'N'>, dyn>>(images, "x");
    CHECK(square.size() == 12);
    CHECK(parse_idx<std::int32_t, shape<2>>(from_hex("00000c010000000200000102fffffffe"), "x").span()[0] == 258);
    CHECK(parse_idx<std::int32_t, shape<2>>(from_hex("00000c010000000200000102fffffffe"), "x").span()[1] == -2);
    CHECK(parse_idx<float, shape<dyn>>(from_hex("00000d01000000013fc00000"), "x").item() == 1.5f);
    CHECK(parse_idx<double, shape<>>(from_hex("00000e00c004000000000000"), "x").item() == -2.5);
    CHECK(parse_idx<std::uint8_t, shape<dyn, 3>>(from_hex("000008020000000000000003"), "x").size() == 0);
  }

  TEST_CASE("write_idx: read_idx gives the tensor back") {
    const scratch::folder folder;
    const auto t = parse_idx<std::uint8_t, shape<2, 2, 3>>(images, "x");
    write_idx(folder / "a.idx", t);
    CHECK(tessera::io::read_file(folder / "a.idx") == images);
    const auto back = read_idx<std::uint8_t, shape<dyn, 2, 3>>(folder / "a.idx");
    CHECK(std::ranges::equal(back.span(), t.span()));
    const tensor<double, shape<2, 1>> d(shape<2, 1>{}, std::vector{1e300, -0.1});
    write_idx(folder / "d.idx", d);
    CHECK(std::ranges::equal(read_idx<double, shape<2, dyn>>(folder / "d.idx").span(), d.span()));
    const tensor<std::int32_t, shape<>> scalar{std::numeric_limits<std::int32_t>::min()};
    write_idx(folder / "s.idx", scalar);
    CHECK(read_idx<std::int32_t, shape<>>(folder / "s.idx").item() == scalar.item());
    const tensor<float, shape<dyn, dyn>> none(shape<dyn, dyn>(0, 5), 0.f);
    write_idx(folder / "n.idx", none);
    CHECK(read_idx<float, shape<dyn, dyn>>(folder / "n.idx").size(1) == 5);
    CHECK_THROWS_AS(write_idx(folder / "l.idx", tensor<float, shape<dyn, dyn>>(shape<dyn, dyn>(0, std::int64_t{1} << 32), 0.f)), tessera::shape_error);
    CHECK(folder.files() == 4);
  }

  TEST_CASE("parse_idx: each kind of broken or unexpected file gets its own message") {
    using u8 = std::uint8_t;
    using three = shape<dyn, dyn, dyn>;
    CHECK(refusal<u8, three>({}) == "tessera::io::read_idx: train.idx: truncated: no IDX header");
    CHECK(has(refusal<u8, three>(bytes(3)), "no IDX header"));
    CHECK(has(refusal<u8, three>(from_hex("01000803")), "starts with two zeros"));
    CHECK(has(refusal<u8, three>(from_hex("00010803")), "starts with two zeros"));
    CHECK(has(refusal<u8, three>(from_hex("1f8b0800")), "must end in .gz"));
    CHECK(has(refusal<u8, three>(from_hex("00000a03")), "unknown type code 10"));
    CHECK(has(refusal<u8, three>(from_hex("00000903")), "holds int8, not uint8"));
    CHECK(has(refusal<float, three>(images), "holds uint8, not float32"));
    CHECK(has(refusal<u8, shape<dyn, dyn>>(images), "has 3 axes, not 2"));
    CHECK(has(refusal<u8, three>(from_hex("000008ff")), "has 255 axes, not 3"));
    CHECK(has(refusal<u8, three>(from_hex("0000080300000002000000020000")), "the IDX header ends early"));
    CHECK(has(refusal<u8, shape<dyn, 28, 28>>(images), "train.idx: "));
    CHECK(has(refusal<u8, shape<dyn, 28, 28>>(images), "[2, 2, 3] does not fit [?, 28, 28]"));
    CHECK(has(refusal<u8, shape<dyn, tessera::dim<'N'>, tessera::dim<'N'>>>(images), "train.idx: "));
    CHECK(has(refusal<u8, three>({images.begin(), images.end() - 1}), "truncated: shape [2, 2, 3] needs 12 bytes"));
    bytes longer = images;
    longer.push_back({});
    CHECK(has(refusal<u8, three>(longer), "bytes follow the elements of shape [2, 2, 3]"));
    CHECK(has(refusal<u8, three>(from_hex("00000803ffffffffffffffffffffffff")), "is too large"));
    CHECK(has(refusal<u8, three>(from_hex("00000803ffffffffffffffff00000000")), "is too large"));
    CHECK(has(refusal<u8, three>(from_hex("00000803000fffff000fffff00000001")), "needs 1099509530625 bytes"));
    for (std::size_t size = 0; size < images.size(); ++size) {
      CAPTURE(size);
      CHECK(has(refusal<u8, three>({images.begin(), images.begin() + static_cast<std::ptrdiff_t>(size)}), "truncated"));
    }
  }

  TEST_CASE("read_idx: errors name the file") {
    const scratch::folder folder;
    CHECK(has(message_of([&] { (void)read_idx<std::uint8_t, shape<dyn>>(folder / "none.idx"); }), "none.idx"));
    write_file(folder / "bad.idx", from_hex("ffff"));
    CHECK(has(message_of([&] { (void)read_idx<std::uint8_t, shape<dyn>>(folder / "bad.idx"); }), "bad.idx: truncated"));
  }

#if TESSERA_USE_ZLIB
  TEST_CASE("read_idx: a file that ends in .gz is unpacked") {
    const scratch::folder folder;
    // Made with Python's gzip.compress(images, mtime=0).
    const bytes packed = from_hex("1f8b08000000000002036360e060666060608262660646266616d6fffffefef9fd0b005d2130361c000000");
    const auto message = [&](const bytes& b) {
      write_file(folder / "a.gz", b);
      return message_of([&] { (void)read_idx<std::uint8_t, shape<dyn, 2, 3>>(folder / "a.gz"); });
    };
    write_file(folder / "a.idx.gz", packed);
    const auto t = read_idx<std::uint8_t, shape<dyn, 2, 3>>(folder / "a.idx.gz");
    CHECK(std::ranges::equal(t.span(), parse_idx<std::uint8_t, shape<dyn, 2, 3>>(images, "x").span()));
    for (std::size_t size = 0; size < packed.size(); ++size) {
      CAPTURE(size);
      CHECK(has(message({packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size)}), "a.gz: truncated"));
    }
    for (const std::size_t at : {0u, 1u, 2u}) {
      bytes broken = packed;
      broken[at] ^= std::byte{255};
      CHECK(has(message(broken), "damaged gzip data"));
    }
    // The sum and the length at the end.
    for (std::size_t at = packed.size() - 8; at < packed.size(); ++at) {
      bytes broken = packed;
      broken[at] ^= std::byte{1};
      CHECK(has(message(broken), "damaged gzip data"));
    }
    bytes trailing = packed;
    trailing.push_back({});
    CHECK(message(trailing) != "nothing was thrown");
    CHECK(has(message(images), "damaged gzip data"));
    // Two members are one file, here with more than the header promises.
    bytes twice = packed;
    twice.insert(twice.end(), packed.begin(), packed.end());
    CHECK(has(message(twice), "bytes follow the elements"));
  }

  TEST_CASE("read_idx: a file that promises more than it can hold takes no memory") {
    const scratch::folder folder;
    write_file(folder / "bomb.gz", from_hex(
        "1f8b0800000000000203edc3b10900400804b0c3ea3bf79f56e1a7b04820c9abf4cc0f0000000000000000000000000000000000"
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000009cb5d474f7d0ac860100"));
    CHECK(has(message_of([&] { (void)read_idx<std::uint8_t, shape<dyn, dyn>>(folder / "bomb.gz"); }), "needs 1099509530625 bytes"));
    write_file(folder / "more.gz", from_hex(
        "1f8b0800000000000203edc1b10d003008c0b02075e0ff8b79a383eddaa95e000000000000000000000000000000000000000000"
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000c0b70e20fb3752a8860100"));
    CHECK(has(message_of([&] { (void)read_idx<std::uint8_t, shape<dyn>>(folder / "more.gz"); }), "bytes follow the elements of shape [4]"));
  }

  TEST_CASE("read_idx: a file of two members") {
    const scratch::folder folder;
    write_file(folder / "two.gz", from_hex(
        "1f8b08000000000002036360e06066606060620000e54a4461090000001f8b080000000000020363606062606060666064626661"
        "fdffefef9fdfbf00490548e813000000"));
    const auto t = read_idx<std::uint8_t, shape<dyn, 2, 3>>(folder / "two.gz");
    CHECK(std::ranges::equal(t.span(), parse_idx<std::uint8_t, shape<dyn, 2, 3>>(images, "x").span()));
  }
#else
  TEST_CASE("read_idx: without zlib a packed file is an error that says what to do") {
    const std::string message = message_of([&] { (void)read_idx<std::uint8_t, shape<dyn>>("a.idx.gz"); });
    CHECK(has(message, "a.idx.gz: this program cannot unpack it: build it with TESSERA_USE_ZLIB=1"));
  }
#endif
}
