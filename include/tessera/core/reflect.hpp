// SPDX-License-Identifier: BSL-1.0
#pragma once
// The fields of a struct, with their names and without a macro: how a model is a plain aggregate and still can be walked.
// The number of fields is found by trying initialisers; a name is read off the pretty name of a field's address.

#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tessera {

namespace reflect {

/// The greatest number of fields of one aggregate.
inline constexpr int max_fields = 32;

namespace detail {

// Converts to the type of any field, but not to T itself, which would count as a copy.
template <class T>
struct any_field {
  template <class U>
    requires(!std::same_as<std::remove_cvref_t<U>, T>)
  operator U() const { std::abort(); }  // never called
};
template <class T>
struct any_base {
  template <class U>
    requires(!std::same_as<U, T> && std::is_base_of_v<U, T>)
  operator U() const { std::abort(); }
};

template <class T, std::size_t>
using field_at = any_field<T>;

template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { T{field_at<T, I>{}...}; };
}
template <class T, std::size_t... Before, std::size_t... Inside, std::size_t... After>
constexpr bool takes_braced(std::index_sequence<Before...>, std::index_sequence<Inside...>, std::index_sequence<After...>) {
  return requires { T{field_at<T, Before>{}..., {field_at<T, Inside>{}...}, field_at<T, After>{}...}; };
}

// A built-in array takes one initialiser for each element when its braces are left out. Fewer than a certain number may be
// too few, where a field has no default.
template <class T, int N = 0, bool Found = false>
constexpr int initialisers() {
  constexpr bool fits = takes<T>(std::make_index_sequence<N>{});
  if constexpr (Found && !fits) return N - 1;
  else if constexpr (N > 8 * max_fields) return fits ? N : 0;
  else return initialisers<T, N + 1, fits>();
}
// How many initialisers the field at position `At` takes. Without elision that is one, and more in braces may still fit
// a class with such a constructor: only a built-in array also leaves no room for one more behind it.
template <class T, int At, int Total, int Size>
constexpr int taken() {
  if constexpr (Size <= 1) return 1;
  else if constexpr (takes_braced<T>(std::make_index_sequence<At>{}, std::make_index_sequence<Size>{}, std::make_index_sequence<Total - At - Size>{}) &&
                     !takes_braced<T>(std::make_index_sequence<At>{}, std::make_index_sequence<Size>{}, std::make_index_sequence<Total - At - Size + 1>{}))
    return Size;
  else return taken<T, At, Total, Size - 1>();
}
template <class T, int At, int Total>
constexpr int fields_from() {
  if constexpr (At >= Total) return 0;
  else return 1 + fields_from<T, At + taken<T, At, Total, Total - At>(), Total>();
}

}  // namespace detail

/// Can the fields of T be found? It is an aggregate without bases.
template <class T>
concept Aggregate = std::is_class_v<T> && std::is_aggregate_v<T> && (std::is_empty_v<T> || !requires { T{detail::any_base<T>{}}; });

/// The number of fields of an aggregate.
template <Aggregate T>
inline constexpr int field_count = detail::fields_from<T, 0, detail::initialisers<T>()>();

/// The fields of an aggregate as a tuple of references.
template <class T>
[[nodiscard]] constexpr auto tie_fields(T& x) {
  constexpr int n = field_count<std::remove_const_t<T>>;
  static_assert(n <= max_fields, "tessera: an aggregate of more than 32 fields has to offer `fields`");
  if constexpr (n == 0) return std::tuple<>{};
  else if constexpr (n == 1) { auto& [a0] = x; return std::tie(a0); }
  else if constexpr (n == 2) { auto& [a0, a1] = x; return std::tie(a0, a1); }
  else if constexpr (n == 3) { auto& [a0, a1, a2] = x; return std::tie(a0, a1, a2); }
  else if constexpr (n == 4) { auto& [a0, a1, a2, a3] = x; return std::tie(a0, a1, a2, a3); }
  else if constexpr (n == 5) { auto& [a0, a1, a2, a3, a4] = x; return std::tie(a0, a1, a2, a3, a4); }
  else if constexpr (n == 6) { auto& [a0, a1, a2, a3, a4, a5] = x; return std::tie(a0, a1, a2, a3, a4, a5); }
  else if constexpr (n == 7) { auto& [a0, a1, a2, a3, a4, a5, a6] = x; return std::tie(a0, a1, a2, a3, a4, a5, a6); }
  else if constexpr (n == 8) { auto& [a0, a1, a2, a3, a4, a5, a6, a7] = x; return std::tie(a0, a1, a2, a3, a4, a5, a6, a7); }
  else if constexpr (n == 9) { auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8] = x; return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8); }
  else if constexpr (n == 10) { auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9] = x; return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9); }
  else if constexpr (n == 11) { auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10] = x; return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10); }
  else if constexpr (n == 12) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
  }
  else if constexpr (n == 13) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12);
  }
  else if constexpr (n == 14) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13);
  }
  else if constexpr (n == 15) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14);
  }
  else if constexpr (n == 16) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15);
  }
  else if constexpr (n == 17) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16);
  }
  else if constexpr (n == 18) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17);
  }
  else if constexpr (n == 19) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18);
  }
  else if constexpr (n == 20) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19);
  }
  else if constexpr (n == 21) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20);
  }
  else if constexpr (n == 22) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21);
  }
  else if constexpr (n == 23) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22);
  }
  else if constexpr (n == 24) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23);
  }
  else if constexpr (n == 25) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24);
  }
  else if constexpr (n == 26) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25);
  }
  else if constexpr (n == 27) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26);
  }
  else if constexpr (n == 28) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27);
  }
  else if constexpr (n == 29) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28);
  }
  else if constexpr (n == 30) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29);
  }
  else if constexpr (n == 31) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30);
  }
  else if constexpr (n == 32) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31] = x;
    return std::tie(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31);
  }
}

namespace detail {

// Never constructed, never read: only the addresses of its fields are named.
template <class T>
union sample {
  char nothing = 0;
  T object;
  constexpr sample() {}
  constexpr ~sample() {}
};
template <class T>
inline sample<T> sample_of;
template <class P>
struct place {
  P* at;
};
template <class P>
place(P*) -> place<P>;

template <auto Place>
[[nodiscard]] constexpr const char* pretty() {
  return __PRETTY_FUNCTION__;
}
/// The last identifier of the pretty name of an address.
[[nodiscard]] constexpr std::string_view last_word(std::string_view text) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  // g++ names the wrapper's type after the value: "[with auto Place = place<T>{(& sample<X>::object.fc1)}]"
  std::size_t end = text.rfind('}');
  while (end > 0 && !is_word(text[end - 1])) --end;
  std::size_t begin = end;
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

template <class T, std::size_t I>
[[nodiscard]] constexpr auto address_of_field() {
  return &std::get<I>(tie_fields(sample_of<T>.object));
}

/// The name of field I of T.
template <class T, std::size_t I>
inline constexpr std::string_view name_of_field = last_word(pretty<place{address_of_field<T, I>()}>());

}  // namespace detail

}  // namespace reflect

namespace reflect::detail {
struct any_visitor {
  template <class F>
  void operator()(std::string_view, F&) const {}
};
}  // namespace reflect::detail

/// Does T list its fields itself, through fields(visit) that calls visit("name", field) for each?
template <class T>
concept HasFields = requires(T& x) { x.fields(reflect::detail::any_visitor{}); };

/// Calls f(name, field) for every field of a struct, in their order.
template <class T, class F>
constexpr void for_each_field(T& x, F&& f) {
  using Plain = std::remove_const_t<T>;
  if constexpr (HasFields<Plain>) {
    const_cast<Plain&>(x).fields(f);  // `fields` hands out references; what is done with them is up to f
  } else {
    static_assert(reflect::Aggregate<Plain>,
                  "tessera: a model is an aggregate without bases, or has a member function fields(visit) that calls visit(\"name\", field)");
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      [[maybe_unused]] const auto all = reflect::tie_fields(x);
      (f(reflect::detail::name_of_field<Plain, I>, std::get<I>(all)), ...);
    }(std::make_index_sequence<static_cast<std::size_t>(reflect::field_count<Plain>)>{});
  }
}

}  // namespace tessera
