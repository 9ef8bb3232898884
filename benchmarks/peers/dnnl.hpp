// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the benchmarks of oneDNN's primitives share.

#include <support/cases.hpp>

#include <dnnl.hpp>

#include <algorithm>
#include <unordered_map>

namespace peers {

using dnnl::memory;

inline const dnnl::engine processor(dnnl::engine::kind::cpu, 0);

/// The numbers of measure::numbers as a tensor in the row-major layout.
[[nodiscard]] inline memory plain(const memory::dims& shape) {
  static constexpr memory::format_tag layouts[] = {memory::format_tag::a, memory::format_tag::ab, memory::format_tag::abc, memory::format_tag::abcd};
  memory all({shape, memory::data_type::f32, layouts[shape.size() - 1]}, processor);
  std::ranges::copy(measure::numbers(static_cast<std::int64_t>(all.get_desc().get_size() / 4)), static_cast<float*>(all.get_data_handle()));
  return all;
}
/// The same tensor in another layout.
[[nodiscard]] inline memory in_layout(const memory::desc& layout, memory from) {
  if (from.get_desc() == layout) return from;
  memory to(layout, processor);
  dnnl::stream stream(processor);
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  return to;
}

/// Some results of a primitive, which are compared in the row-major layout.
struct blocked {
  std::vector<memory> results;
  friend void append(measure::sample& to, const blocked& b) {
    for (const memory& m : b.results) {
      const memory all = in_layout(plain(m.get_desc().dims()).get_desc(), m);
      measure::append(to, std::vector<float>(static_cast<float*>(all.get_data_handle()), static_cast<float*>(all.get_data_handle()) + all.get_desc().get_size() / 4));
    }
  }
};

/// What calls primitives, one after another, on operands that are there, and gives some of these.
struct calls {
  std::vector<std::pair<dnnl::primitive, std::unordered_map<int, memory>>> all;
  blocked results;
  dnnl::stream stream{processor};

  const blocked& operator()() {
    for (auto& [primitive, operands] : all) primitive.execute(stream, operands);
    stream.wait();
    return results;
  }
};

}  // namespace peers
