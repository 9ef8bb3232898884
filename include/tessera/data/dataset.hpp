// SPDX-License-Identifier: BSL-1.0
#pragma once
// Datasets: anything with size() and get(index). Here are the one made of tensors, parts of a dataset, and a dataset seen
// through a function.

#include <tessera/data/sample.hpp>
#include <tessera/numeric/random.hpp>
#include <tessera/shape/rules.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace tessera::data {

/// A dataset: size() samples, of which get(index) gives one. Loader workers call get on several threads at once.
///   like  torch.utils.data.Dataset: __len__ and __getitem__
template <class D>
concept Dataset = requires(const D& dataset, extent index) {
  { dataset.size() } -> std::convertible_to<extent>;
  dataset.get(index);
};

/// What get returns.
template <Dataset D>
using sample_of = std::remove_cvref_t<decltype(std::declval<const D&>().get(extent{}))>;

/// A dataset that fills a whole batch without building samples: reserve<N>(count) gives the memory, gather(indices, batch)
/// fills it.
///   like  Dataset.__getitems__
template <class D>
concept BatchDataset = Dataset<D> && requires(const D& dataset, extent count, std::span<const std::int64_t> indices, batch_of<sample_of<D>>& batch) {
  { dataset.template reserve<dyn>(count) } -> std::same_as<batch_of<sample_of<D>>>;
  dataset.gather(indices, batch);
};

/// What an adaptor or a loader was given, which may be std::ref(dataset).
template <class D>
using dataset_t = std::remove_cvref_t<std::unwrap_reference_t<D>>;

/// A dataset, or std::ref or std::cref of one.
template <class D>
concept StoredDataset = Dataset<dataset_t<D>>;

// A diagnosis: the compiler names it where the tensors of a dataset have no axis of samples or differ along it.
template <class... Tensor>
struct tensors_of_a_dataset_need_equal_extents_at_axis_0 {};

namespace detail {

template <class S>
struct without_first {
  static constexpr extents pattern = [] {
    extents rest;
    for (int i = 1; i < S::rank; ++i) rest.push_back(S::pattern[i]);
    return rest;
  }();
};
template <class T, class S>
using row_of = std::conditional_t<S::rank == 1, T, tensor<T, shape_of<without_first<S>>>>;

template <class... Tensor>
constexpr bool same_samples() {
  if constexpr ((false || ... || (Tensor::rank == 0))) {
    return false;
  } else {
    extent known = dyn;
    for (const extent e : {Tensor::shape_type::pattern[0]...}) {
      if (!rule::may_equal(known, e)) return false;
      known = rule::meet(known, e);
    }
    return true;
  }
}

inline void check_index(const char* operation, extent index, extent size) {
  if (index < 0 || index >= size)
    raise<index_error>({"tessera::data::", operation, ": index ", index, " is out of range for ", size, " samples"});
}

}  // namespace detail

/// Tensors of equal extents at axis 0; sample i is the tuple of their rows i, a number for a tensor of one axis.
///   error  compile time or shape_error where the extents differ
///   cost   copying counts: the tensors are shared
///   like   torch.utils.data.TensorDataset
template <class... Tensor>
class tensor_dataset;

template <class... T, class... S>
class tensor_dataset<tensor<T, S>...> {
 public:
  using sample_type = std::tuple<detail::row_of<T, S>...>;

  explicit tensor_dataset(tensor<T, S>... tensors) : tensors_(std::move(tensors)...) {
    expect<detail::same_samples<tensor<T, S>...>(), tensors_of_a_dataset_need_equal_extents_at_axis_0<tensor<T, S>...>>();
    std::apply(
        [this](const auto& first, const auto&... rest) {
          size_ = first.size(0);
          tessera::detail::check_reachable(first.captured());
          (tessera::detail::check_reachable(rest.captured()), ...);
          (check(first, rest), ...);
        },
        tensors_);
  }

  [[nodiscard]] extent size() const { return size_; }
  /// Copies of row `index` of every tensor.
  ///   error  index_error
  [[nodiscard]] sample_type get(extent index) const {
    detail::check_index("tensor_dataset::get", index, size_);
    const with_device on(device::cpu());
    return std::apply([&](const auto&... from) { return sample_type{row(from, index)...}; }, tensors_);
  }
  /// The tensors it was made of.
  [[nodiscard]] const std::tuple<tensor<T, S>...>& tensors() const { return tensors_; }

  template <extent N>
  [[nodiscard]] batch_of<sample_type, N> reserve(extent count) const {
    return std::apply(
        [&](const auto&... from) {
          return batch_of<sample_type, N>{detail::rows_of<detail::stacked<detail::row_of<T, S>, N>>(count, row_extents(from))...};
        },
        tensors_);
  }
  template <class Batch>
  void gather(std::span<const std::int64_t> indices, Batch& batch) const {
    for (const std::int64_t index : indices) detail::check_index("tensor_dataset::gather", index, size_);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (copy_rows(std::get<I>(tensors_), indices, std::get<I>(batch).mutable_data()), ...);
    }(std::index_sequence_for<T...>{});
  }

 private:
  template <class A, class B>
  static void check(const A& first, const B& other) {
    if (first.size(0) != other.size(0))
      raise<shape_error>({"tessera::data::tensor_dataset: tensors of shapes ", first.shape().values(), " and ", other.shape().values(),
                         " differ at axis 0, the axis of the samples"});
  }
  template <class Tensor>
  [[nodiscard]] static extents row_extents(const Tensor& from) {
    extents rest;
    for (int i = 1; i < Tensor::rank; ++i) rest.push_back(from.size(i));
    return rest;
  }
  template <class E, class P>
  [[nodiscard]] static detail::row_of<E, P> row(const tensor<E, P>& from, extent index) {
    if constexpr (P::rank == 1) {
      return from.data()[index];
    } else {
      using Row = detail::row_of<E, P>;
      const extents rest = row_extents(from);
      const extent length = count(rest);
      return Row(Row::shape_type::from(rest), std::span<const E>(from.data() + index * length, static_cast<std::size_t>(length)));
    }
  }
  template <class E, class P>
  static void copy_rows(const tensor<E, P>& from, std::span<const std::int64_t> indices, E* to) {
    const E* source = from.data();
    if constexpr (P::rank == 1) {
      for (const std::int64_t index : indices) *to++ = source[index];
    } else {
      const extent length = count(row_extents(from));
      if (length == 0) return;
      for (const std::int64_t index : indices) {
        std::memcpy(to, source + index * length, static_cast<std::size_t>(length) * sizeof(E));
        to += length;
      }
    }
  }

  std::tuple<tensor<T, S>...> tensors_;
  extent size_ = 0;
};

template <Operand... X>
  requires(sizeof...(X) > 0)
tensor_dataset(const X&...) -> tensor_dataset<tensor<element_t<X>, shape_t<X>>...>;

/// The samples of a dataset at the given indices.
///   error  index_error where one is no index of the dataset
///   like   torch.utils.data.Subset
template <StoredDataset D>
class subset {
 public:
  subset(D dataset, std::vector<std::int64_t> indices) : dataset_(std::move(dataset)), indices_(std::move(indices)) {
    for (const std::int64_t index : indices_) detail::check_index("subset", index, static_cast<extent>(this->dataset().size()));
  }

  [[nodiscard]] extent size() const { return static_cast<extent>(indices_.size()); }
  [[nodiscard]] decltype(auto) get(extent index) const {
    detail::check_index("subset::get", index, size());
    return dataset().get(indices_[static_cast<std::size_t>(index)]);
  }
  [[nodiscard]] const dataset_t<D>& dataset() const { return dataset_; }
  [[nodiscard]] const std::vector<std::int64_t>& indices() const { return indices_; }

  template <extent N>
    requires BatchDataset<dataset_t<D>>
  [[nodiscard]] auto reserve(extent count) const {
    return dataset().template reserve<N>(count);
  }
  template <class Batch>
    requires BatchDataset<dataset_t<D>>
  void gather(std::span<const std::int64_t> indices, Batch& batch) const {
    std::vector<std::int64_t> inner;
    inner.reserve(indices.size());
    for (const std::int64_t index : indices) {
      detail::check_index("subset::gather", index, size());
      inner.push_back(indices_[static_cast<std::size_t>(index)]);
    }
    dataset().gather(inner, batch);
  }

 private:
  D dataset_;
  std::vector<std::int64_t> indices_;
};

namespace detail {

template <class D, std::size_t N>
[[nodiscard]] std::array<subset<D>, N> split_at(const D& dataset, const std::array<extent, N>& lengths, generator& random) {
  const dataset_t<D>& whole = dataset;
  const extent size = static_cast<extent>(whole.size());
  extent sum = 0;
  for (const extent length : lengths) {
    if (length < 0) raise<value_error>({"tessera::data::split: the length ", length, " is negative"});
    if (length > size - sum) raise<value_error>({"tessera::data::split: the lengths sum to more than the ", size, " samples of the dataset"});
    sum += length;
  }
  if (sum != size)
    raise<value_error>({"tessera::data::split: the lengths sum to ", sum, ", and the dataset has ", size, " samples"});
  const std::vector<std::int64_t> order = permutation(random, size);
  auto next = order.begin();
  const auto part = [&](extent length) {
    const auto first = std::exchange(next, next + length);
    return subset<D>(dataset, std::vector<std::int64_t>(first, next));
  };
  return [&]<std::size_t... I>(std::index_sequence<I...>) { return std::array<subset<D>, N>{part(lengths[I])...}; }(std::make_index_sequence<N>{});
}

}  // namespace detail

/// Parts of the given lengths, of samples in random order: auto [train, valid] = split(dataset, {8000, 2000}).
///   error  value_error unless the lengths sum to the size of the dataset
///   like   torch.utils.data.random_split, which draws the same order
template <StoredDataset D, std::size_t N>
[[nodiscard]] std::array<subset<D>, N> split(D dataset, const extent (&lengths)[N], generator& random = default_generator()) {
  return detail::split_at(dataset, std::to_array(lengths), random);
}

/// The same by fractions that sum to 1; what rounding down leaves goes to the parts in turn.
///   error  value_error where a fraction is outside [0, 1] or the sum is not 1
template <StoredDataset D, std::floating_point F, std::size_t N>
[[nodiscard]] std::array<subset<D>, N> split(D dataset, const F (&fractions)[N], generator& random = default_generator()) {
  double sum = 0;
  for (const F fraction : fractions) {
    if (!(fraction >= 0 && fraction <= 1)) raise<value_error>({"tessera::data::split: the fraction ", fraction, " is not in [0, 1]"});
    sum += static_cast<double>(fraction);
  }
  if (std::abs(sum - 1) > (std::same_as<F, double> ? 1e-9 : 1e-6))
    raise<value_error>({"tessera::data::split: the fractions sum to ", sum, " and must sum to 1"});
  const dataset_t<D>& whole = dataset;
  const extent size = static_cast<extent>(whole.size());
  std::array<extent, N> lengths{};
  extent left = size;
  for (std::size_t i = 0; i < N; ++i) left -= lengths[i] = static_cast<extent>(std::floor(static_cast<double>(size) * static_cast<double>(fractions[i])));
  for (std::size_t i = 0; left > 0; i = (i + 1) % N, --left) ++lengths[i];
  return detail::split_at(dataset, lengths, random);
}

/// A dataset whose samples pass through a function: mapped{dataset, [](auto image, auto label) { ... }}. The function takes
/// the sample or, one by one, its fields. What it draws from default_generator() repeats with the loader's seed.
///   like  the transform of torchvision's datasets
template <StoredDataset D, class F>
class mapped {
 public:
  mapped(D dataset, F function) : dataset_(std::move(dataset)), function_(std::move(function)) {}

  [[nodiscard]] extent size() const { return static_cast<extent>(dataset().size()); }
  [[nodiscard]] auto get(extent index) const {
    if constexpr (std::invocable<const F&, decltype(dataset().get(index))>) return std::apply(function_, std::forward_as_tuple(dataset().get(index)));
    else {
      const auto& sample = dataset().get(index);
      return std::apply(function_, detail::fields_of(sample));
    }
  }
  [[nodiscard]] const dataset_t<D>& dataset() const { return dataset_; }

 private:
  D dataset_;
  F function_;
};

}  // namespace tessera::data
