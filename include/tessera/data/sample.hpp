// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a dataset gives for one index, and how several samples become a batch: one tensor per field, stacked along a new
// leading axis.

#include <tessera/backend/execute.hpp>
#include <tessera/core/error.hpp>
#include <tessera/core/expect.hpp>
#include <tessera/core/reflect.hpp>
#include <tessera/expr/expression.hpp>
#include <tessera/numeric/dtype.hpp>
#include <tessera/shape/shape.hpp>
#include <tessera/tensor/tensor.hpp>

#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tessera::data {

/// Is X a field of a sample: a tensor, an expression that no graph tracks, or a number of an element type?
template <class X>
concept Field = Element<X> || (Operand<X> && !is_tracked<X>);

// A diagnosis: the compiler names it where a sample is not made of fields.
template <class Sample>
struct a_sample_is_a_tensor_or_a_number_or_a_tuple_or_struct_of_them {};

namespace detail {

template <class Sample>
concept TupleLike = requires { std::tuple_size<Sample>::value; };

/// References to the fields of a sample, or to the tensors of a batch.
template <class Sample>
[[nodiscard]] constexpr auto fields_of(Sample& sample) {
  using Plain = std::remove_const_t<Sample>;
  if constexpr (Field<Plain>) return std::tie(sample);
  else if constexpr (TupleLike<Plain>) return std::apply([](auto&... field) { return std::tie(field...); }, sample);
  else if constexpr (reflect::Aggregate<Plain>) return reflect::tie_fields(sample);
  else return poison{};
}

template <class X>
struct field_traits {
  using element = element_t<X>;
  using shape_type = shape_t<X>;
};
template <Element X>
struct field_traits<X> {
  using element = X;
  using shape_type = shape<>;
};

template <extent N, class S>
struct led_by {
  static constexpr extents pattern = [] {
    extents all = extents::filled(1, N);
    for (const extent e : S::pattern) all.push_back(e);
    return all;
  }();
};
template <class X, extent N>
using stacked = tensor<typename field_traits<X>::element, shape_of<led_by<N, typename field_traits<X>::shape_type>>>;

template <class Sample, extent N, class Fields = decltype(fields_of(std::declval<const Sample&>()))>
struct batch_rule {
  static constexpr bool known = false;
  static constexpr bool is_static = false;
  using type = Sample;  // taken apart like the sample, so that the error stays the only one
};
template <class Sample, extent N, class... X>
  requires(!Field<Sample> && sizeof...(X) > 0 && (true && ... && Field<std::remove_cvref_t<X>>))
struct batch_rule<Sample, N, std::tuple<X...>> {
  static constexpr bool known = true;
  /// Is the shape of a batch known without a sample?
  static constexpr bool is_static = (true && ... && field_traits<std::remove_cvref_t<X>>::shape_type::is_static);
  using type = std::tuple<stacked<std::remove_cvref_t<X>, N>...>;
};
template <Field Sample, extent N, class Fields>
struct batch_rule<Sample, N, Fields> {
  static constexpr bool known = true;
  static constexpr bool is_static = field_traits<Sample>::shape_type::is_static;
  using type = stacked<Sample, N>;
};

}  // namespace detail

/// The type of a batch of N samples (or dyn): a tuple with one tensor per field; of a sample that is itself a tensor or
/// a number, one tensor.
template <class Sample, extent N = dyn>
using batch_of = typename detail::batch_rule<Sample, N>::type;

namespace detail {

template <Field X>
[[nodiscard]] extents extents_of(const X& field) {
  if constexpr (Element<X>) return {};
  else return expression_of(field).shape().values();
}

/// A tensor for `count` rows of the given extents, in the memory of the processor; its elements are whatever the memory held.
template <class Tensor>
[[nodiscard]] Tensor rows_of(extent count, const extents& row) {
  extents all = extents::filled(1, count);
  for (const extent e : row) all.push_back(e);
  const with_device on(device::cpu());
  return Tensor::uninitialized(Tensor::shape_type::from(all));
}

/// A batch for samples of a static shape.
template <class Batch>
[[nodiscard]] Batch static_batch(extent count) {
  const auto one = [count]<class T, class S>(std::type_identity<tensor<T, S>>) {
    extents row;
    for (int i = 1; i < S::rank; ++i) row.push_back(S::pattern[i]);
    return rows_of<tensor<T, S>>(count, row);
  };
  if constexpr (Field<Batch>) return one(std::type_identity<Batch>{});
  else
    return [&]<class... Tensor>(std::type_identity<std::tuple<Tensor...>>) {
      return Batch{one(std::type_identity<Tensor>{})...};
    }(std::type_identity<Batch>{});
}

/// A batch for samples shaped like this one.
template <class Batch, class Sample>
[[nodiscard]] Batch batch_like(extent count, const Sample& sample) {
  const auto fields = fields_of(sample);
  if constexpr (Field<Batch>) return rows_of<Batch>(count, extents_of(std::get<0>(fields)));
  else
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return Batch{rows_of<std::tuple_element_t<I, Batch>>(count, extents_of(std::get<I>(fields)))...};
    }(std::make_index_sequence<std::tuple_size_v<Batch>>{});
}

/// Writes a field of the sample at `index` to one row of its tensor.
template <class X, class T, class S>
void write_row(tensor<T, S>& to, extent row, const X& field, std::int64_t index) {
  if constexpr (Element<X>) {
    to.mutable_data()[row] = field;
  } else {
    const extents found = extents_of(field);
    extents expected;
    for (int i = 1; i < S::rank; ++i) expected.push_back(to.size(i));
    if (found != expected)
      raise<shape_error>({"tessera::data::collate: sample ", index, " has a field of shape ", found, ", the first of its batch has ", expected});
    T* place = to.mutable_data() + row * count(found);
    if constexpr (requires { field.span(); }) {
      if (!field.span().empty()) std::memcpy(place, field.data(), field.span().size_bytes());
    } else {
      backend::evaluate(expression_of(field), place);
    }
  }
}

}  // namespace detail

/// Stacks dataset.get(i) for every index into `batch`, which is made like the first sample where it is empty. Samples and batches are
/// in the memory of the processor.
///   error  shape_error where samples differ in shape; what get throws
///   like   torch.utils.data.default_collate
template <class Dataset, class Batch>
void collate(const Dataset& dataset, std::span<const std::int64_t> indices, std::optional<Batch>& batch) {
  const with_device on(device::cpu());
  extent row = 0;
  for (const std::int64_t index : indices) {
    const auto& sample = dataset.get(index);
    if (!batch) batch.emplace(detail::batch_like<Batch>(static_cast<extent>(indices.size()), sample));
    const auto from = detail::fields_of(sample);
    const auto to = detail::fields_of(*batch);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (detail::write_row(std::get<I>(to), row, std::get<I>(from), index), ...);
    }(std::make_index_sequence<std::tuple_size_v<decltype(to)>>{});
    ++row;
  }
}

}  // namespace tessera::data
