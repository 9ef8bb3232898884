// SPDX-License-Identifier: BSL-1.0
// Counting, naming and visiting the fields of aggregates.
#include <tessera/core/reflect.hpp>

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::tests {

struct point {
  int x = 1;
  double y = 2;
};
struct nested {
  point first;
  int second = 3;
  point third;
};
struct empty {};
struct holds_empty {
  empty nothing;
  int after = 4;
};
struct base {
  int a = 0;
};
struct derived : base {
  int b = 0;
};
struct with_constructor {
  with_constructor(int);
};
struct with_private {
  int open = 0;

 private:
  [[maybe_unused]] int closed_ = 0;
};
struct arrays {
  int before = 0;
  int three[3] = {1, 2, 3};
  point pairs[2];
  std::array<int, 4> four{};
  int grid[2][2] = {};
  double after = 0;
};
struct one_array {
  int only[5] = {};
};
struct containers {
  std::string text = "t";
  std::vector<int> list{1, 2};
  std::map<int, int> table;
  std::optional<int> maybe;
  std::pair<int, double> both{};
  void (*function)(int) = nullptr;
  const char* pointer = nullptr;
};
struct move_only {
  std::unique_ptr<int> p = std::make_unique<int>(5);
};
struct holds_move_only {
  move_only whole;
  std::unique_ptr<double> part;
  int plain = 6;
};
struct not_default_constructible {
  explicit not_default_constructible(int v) : value(v) {}
  int value;
};
struct holds_explicit {
  not_default_constructible a;
  not_default_constructible b;
};
struct cannot_move {
  cannot_move() = default;
  cannot_move(const cannot_move&) = delete;
  cannot_move& operator=(const cannot_move&) = delete;
  int value = 7;
};
struct takes_a_list {
  takes_a_list() = default;
  takes_a_list(std::initializer_list<int>) {}
  takes_a_list(int, int) {}
};
struct holds_lists {
  takes_a_list a;
  std::vector<int> b;
  takes_a_list c;
};
struct const_field {
  const int fixed = 8;
  int free = 9;
};
struct bits {
  unsigned char a_1 = 0;
  bool B_ = false;
  char _c9 = 'c';
};
template <class T, int N>
struct generic {
  T value{};
  T more[N] = {};
};
struct thirty_two {
  int a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31;
};
struct lists_itself : base {
  int hidden = 10;
  std::string shown = "s";
  template <class Visit>
  void fields(Visit&& visit) {
    visit("a", a);
    visit("text", shown);
  }
};

namespace {

struct unnamed_namespace {
  int inner = 0;
  point other;
};

using reflect::field_count;

static_assert(field_count<point> == 2 && field_count<nested> == 3 && field_count<empty> == 0 && field_count<holds_empty> == 2);
static_assert(field_count<arrays> == 6 && field_count<one_array> == 1 && field_count<containers> == 7);
static_assert(field_count<move_only> == 1 && field_count<holds_move_only> == 3 && field_count<holds_explicit> == 2);
static_assert(field_count<holds_lists> == 3 && field_count<const_field> == 2 && field_count<bits> == 3);
static_assert(field_count<generic<std::string, 3>> == 2 && field_count<generic<generic<int, 2>, 1>> == 2);
static_assert(field_count<thirty_two> == 32 && field_count<unnamed_namespace> == 2);

static_assert(reflect::Aggregate<point> && reflect::Aggregate<empty> && reflect::Aggregate<base> && reflect::Aggregate<holds_move_only>);
static_assert(!reflect::Aggregate<derived> && !reflect::Aggregate<with_constructor> && !reflect::Aggregate<with_private>);
static_assert(!reflect::Aggregate<int> && !reflect::Aggregate<int[3]> && !reflect::Aggregate<lists_itself>);
static_assert(HasFields<lists_itself> && !HasFields<point>);

/// The names of the fields, separated by spaces.
template <class T>
std::string names(T& x) {
  std::string all;
  for_each_field(x, [&](std::string_view name, auto&) { (all += name) += ' '; });
  return all;
}

TEST_CASE("for_each_field: names in their order") {
  point p;
  nested n;
  empty none;
  holds_empty h;
  arrays a;
  containers c;
  bits b;
  generic<std::vector<point>, 2> g;
  thirty_two many{};
  CHECK(names(p) == "x y ");
  CHECK(names(n) == "first second third ");
  CHECK(names(none).empty());
  CHECK(names(h) == "nothing after ");
  CHECK(names(a) == "before three pairs four grid after ");
  CHECK(names(c) == "text list table maybe both function pointer ");
  CHECK(names(b) == "a_1 B_ _c9 ");
  CHECK(names(g) == "value more ");
  CHECK(names(many).starts_with("a0 a1 a2 "));
  CHECK(names(many).ends_with("a30 a31 "));
}

TEST_CASE("for_each_field: types of an unnamed namespace, of a function and of a function in a template") {
  struct local {
    int counted = 1;
    std::string said;
  };
  local l;
  unnamed_namespace u;
  CHECK(names(l) == "counted said ");
  CHECK(names(u) == "inner other ");
  [&]<class T>(T start) {
    struct inside {
      T begin;
      T end;
    };
    inside i{start, start};
    CHECK(names(i) == "begin end ");
  }(2.5);
}

TEST_CASE("for_each_field: hands out the fields themselves") {
  nested n;
  for_each_field(n, []<class F>(std::string_view name, F& field) {
    if constexpr (std::is_same_v<F, int>) field = 30;
    else for_each_field(field, [&](std::string_view inner, auto& leaf) { leaf = static_cast<std::remove_reference_t<decltype(leaf)>>(name == "third" && inner == "y" ? 5 : 4); });
  });
  CHECK(n.first.x == 4);
  CHECK(n.first.y == 4);
  CHECK(n.second == 30);
  CHECK(n.third.x == 4);
  CHECK(n.third.y == 5);

  arrays a;
  for_each_field(a, []<class F>(std::string_view, F& field) {
    if constexpr (std::is_same_v<F, int[3]>) field[2] = 33;
    if constexpr (std::is_same_v<F, point[2]>) field[1].x = 11;
    if constexpr (std::is_same_v<F, int[2][2]>) field[1][0] = 12;
  });
  CHECK(a.three[2] == 33);
  CHECK(a.pairs[1].x == 11);
  CHECK(a.grid[1][0] == 12);
}

TEST_CASE("for_each_field: fields that cannot be copied, moved or made without an argument") {
  holds_move_only m;
  for_each_field(m, []<class F>(std::string_view, F& field) {
    if constexpr (std::is_same_v<F, move_only>) *field.p = 50;
    if constexpr (std::is_same_v<F, std::unique_ptr<double>>) field = std::make_unique<double>(0.5);
  });
  CHECK(*m.whole.p == 50);
  CHECK(*m.part == 0.5);
  holds_explicit e{not_default_constructible(1), not_default_constructible(2)};
  int sum = 0;
  for_each_field(e, [&](std::string_view, auto& field) { sum = 10 * sum + field.value; });
  CHECK(sum == 12);
  CHECK(names(e) == "a b ");
}

TEST_CASE("for_each_field: of a const object the fields are const, and const fields are seen") {
  const nested n;
  int seen = 0;
  for_each_field(n, [&]<class F>(std::string_view, F&) {
    static_assert(std::is_const_v<F>);
    ++seen;
  });
  CHECK(seen == 3);
  const_field c;
  for_each_field(c, [&]<class F>(std::string_view name, F& field) {
    CHECK(std::is_const_v<F> == (name == "fixed"));
    seen += field;
  });
  CHECK(seen == 3 + 8 + 9);
}

TEST_CASE("for_each_field: a type may list its fields itself, a base among them") {
  lists_itself x;
  CHECK(names(x) == "a text ");
  const lists_itself& constant = x;
  CHECK(names(constant) == "a text ");
  for_each_field(x, []<class F>(std::string_view, F& field) {
    if constexpr (std::is_same_v<F, int>) field = 77;
  });
  CHECK(x.a == 77);
}

TEST_CASE("tie_fields: a tuple of references, also at compile time") {
  point p;
  auto fields = reflect::tie_fields(p);
  static_assert(std::is_same_v<decltype(fields), std::tuple<int&, double&>>);
  std::get<0>(fields) = 12;
  CHECK(p.x == 12);
  static_assert([] {
    point q{5, 6};
    std::get<1>(reflect::tie_fields(q)) += 1;
    return q.y;
  }() == 7);
  static_assert(std::tuple_size_v<decltype(reflect::tie_fields(std::declval<empty&>()))> == 0);
}

}  // namespace
}  // namespace tessera::tests
