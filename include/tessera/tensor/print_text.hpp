// SPDX-License-Identifier: BSL-1.0
#pragma once
// The text of a tensor, character for character PyTorch's: one engine for every element type and every shape.

#include <tessera/core/config.hpp>
#include <tessera/numeric/dtype.hpp>
#include <tessera/shape/extents.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera {

/// How tensors are printed. The defaults are PyTorch's.
struct print_options {
  int precision = 4;               ///< digits after the point
  extent threshold = 1000;         ///< the greatest number of elements that is printed in full
  extent edgeitems = 3;            ///< elements kept at each end of an axis of a longer tensor
  int linewidth = 80;              ///< characters
  std::optional<bool> sci_mode{};  ///< 1.0000e+02 always or never; nothing: where the magnitudes ask for it
};

namespace detail {

/// Elements of any type behind extents and strides.
struct printed_view {
  const void* data;
  dtype type;
  extents shape;
  extents strides;
};

/// Finds the format that all elements share, then writes them. The rules are those of torch/_tensor_str.py.
class tensor_text {
 public:
  TESSERA_COLD tensor_text(const printed_view& view, const print_options& options)
      : view_(view), options_(options), shortened_(count(view.shape) > options.threshold) {
    if (is_floating()) choose_float_format();
    else for_each_shown(0, 0, [this](extent at) { widen(integer_text(at)); });
  }

  /// "tensor([1., 2.], dtype=torch.float64)"
  [[nodiscard]] TESSERA_COLD_ONCE std::string text(bool requires_grad) {
    const bool is_empty = count(view_.shape) == 0;
    const bool is_default = view_.type == dtype::float32 || (!is_empty && (view_.type == dtype::int64 || view_.type == dtype::boolean));
    out_ = "tensor(";
    const int indent = static_cast<int>(out_.size());
    if (is_empty) out_ += "[]";
    else write(0, 0, indent);
    // As PyTorch counts: two more than the last line has characters, where it is the first one too.
    const std::size_t line_break = out_.rfind('\n');
    last_line_ = line_break == std::string::npos ? out_.size() + 2 : out_.size() - line_break + 1;
    if (is_empty ? view_.shape.rank != 1 : options_.edgeitems == 0) append_suffix("size=" + size_text(), indent);
    if (!is_default) append_suffix(std::string("dtype=torch.") + name_of(view_.type), indent);
    if (requires_grad) append_suffix("requires_grad=True", indent);
    return out_ + ')';
  }

 private:
  [[nodiscard]] bool is_floating() const { return view_.type == dtype::float32 || view_.type == dtype::float64; }
  [[nodiscard]] bool is_cut(int axis) const { return shortened_ && view_.shape[axis] > 2 * options_.edgeitems; }
  void widen(const std::string& element) { width_ = std::max(width_, element.size()); }

  template <class F>
  void for_each_shown(int axis, extent at, const F& f) const {
    if (axis == view_.shape.rank) return f(at);
    const extent n = view_.shape[axis];
    for (extent i = 0; i < n; ++i) {
      if (is_cut(axis) && i == options_.edgeitems) i = n - options_.edgeitems;
      if (i < n) for_each_shown(axis + 1, at + i * view_.strides[axis], f);
    }
  }

  [[nodiscard]] double real(extent at) const {
    return view_.type == dtype::float32 ? static_cast<double>(static_cast<const float*>(view_.data)[at]) : static_cast<const double*>(view_.data)[at];
  }

  TESSERA_COLD_ONCE void choose_float_format() {
    std::vector<double> finite;  // and not zero
    for_each_shown(0, 0, [&](extent at) {
      if (const double value = real(at); std::isfinite(value) && value != 0) finite.push_back(value);
    });
    if (finite.empty()) return;
    double least = std::abs(finite[0]), greatest = least;
    for (double value : finite) {
      least = std::min(least, std::abs(value));
      greatest = std::max(greatest, std::abs(value));
      whole_ = whole_ && value == std::ceil(value);
    }
    scientific_ = options_.sci_mode.value_or(greatest / least > 1000 || greatest > 1e8 || least < 1e-4);
    for (double value : finite) widen(real_text(value));
  }

  [[nodiscard]] std::string real_text(double value) const {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    std::string text(static_cast<std::size_t>(options_.precision) + 320, '\0');
    const int digits = whole_ && !scientific_ ? 0 : options_.precision;
    const auto format = scientific_ ? std::chars_format::scientific : std::chars_format::fixed;
    text.resize(static_cast<std::size_t>(std::to_chars(text.data(), text.data() + text.size(), value, format, digits).ptr - text.data()));
    if (whole_ && !scientific_) text += '.';
    return text;
  }

  [[nodiscard]] std::string integer_text(extent at) const {
    switch (view_.type) {
      case dtype::int32: return std::to_string(static_cast<const std::int32_t*>(view_.data)[at]);
      case dtype::int64: return std::to_string(static_cast<const std::int64_t*>(view_.data)[at]);
      case dtype::uint8: return std::to_string(static_cast<const std::uint8_t*>(view_.data)[at]);
      default: return static_cast<const bool*>(view_.data)[at] ? "True" : "False";
    }
  }

  TESSERA_COLD_ONCE void write(int axis, extent at, int indent) {
    if (axis == view_.shape.rank) {
      const std::string element = is_floating() ? real_text(real(at)) : integer_text(at);
      if (element.size() < width_) out_.append(width_ - element.size(), ' ');
      out_ += element;
      return;
    }
    const int below = view_.shape.rank - axis - 1;
    const extent n = view_.shape[axis], edge = options_.edgeitems;
    const extent per_line = std::max(extent{1}, (options_.linewidth - indent) / (static_cast<extent>(width_) + 2));
    extent written = 0;
    const auto separate = [&] {
      const extent k = written++;
      if (k == 0) return;
      out_ += ',';
      if (below == 0 && k % per_line != 0) {
        out_ += ' ';
      } else {
        out_.append(static_cast<std::size_t>(below == 0 ? 1 : below), '\n');
        out_.append(static_cast<std::size_t>(indent) + 1, ' ');
      }
    };
    out_ += '[';
    for (extent i = 0; i < n; ++i) {
      if (is_cut(axis) && i == edge) {
        separate();
        out_ += below == 0 && edge > 0 ? " ..." : "...";
        i = n - edge;
        if (i == n) break;
      }
      separate();
      write(axis + 1, at + i * view_.strides[axis], indent + 1);
    }
    out_ += ']';
  }

  [[nodiscard]] std::string size_text() const {
    std::string text = "(";
    for (int i = 0; i < view_.shape.rank; ++i) text += (i == 0 ? "" : ", ") + std::to_string(view_.shape[i]);
    return text + (view_.shape.rank == 1 ? ",)" : ")");
  }

  void append_suffix(const std::string& suffix, int indent) {
    if (last_line_ + suffix.size() + 2 > static_cast<std::size_t>(std::max(0, options_.linewidth))) {
      out_ += ",\n" + std::string(static_cast<std::size_t>(indent), ' ') + suffix;
      last_line_ = static_cast<std::size_t>(indent) + suffix.size();
    } else {
      out_ += ", " + suffix;
      last_line_ += suffix.size() + 2;
    }
  }

  printed_view view_;
  print_options options_;
  bool shortened_;
  bool whole_ = true;
  bool scientific_ = false;
  std::size_t width_ = 1;
  std::string out_;
  std::size_t last_line_ = 0;
};

}  // namespace detail
}  // namespace tessera
