// SPDX-License-Identifier: BSL-1.0
#pragma once
// cross_entropy as work on rows.

#include <tessera/backend/items/softmax.hpp>
#include <tessera/backend/loss.hpp>

#if TESSERA_RUNS_ITEMS

namespace tessera::backend::items {

/// The loss of each row of logits, and the logarithm of the sum of e to its logits. A label that is no class is written down, where
/// there is a place for it, and left out.
template <class T>
struct loss_of_row {
  class_targets<T> targets;
  const T* logits;
  T *lse, *loss;
  gpu::fault* faults;

  template <class Team>
  TESSERA_FN void operator()(extent row, const Team& team) const {
    const extent n = targets.classes;
    const T* x = logits + row * n;
    const T top = largest_of_row(x, n, team), log_sum = top + lane::log(sum_of_exp_of_row(x, n, top, team));
    T sum = T(0);
    if (targets.smoothing != 0 && !targets.is_left_out(row)) {
      TESSERA_ROLLED
      for (extent c = team.lane(); c < n; c += team.lanes()) sum += targets.share_of_class(c) * (log_sum - x[c]);
    }
    sum = team.template combine<plain_sum>(sum);
    if (team.lane() != 0) return;
    if (faults != nullptr && targets.is_left_out(row) && !targets.is_ignored(row)) faults->report(gpu::fault::label, targets.labels[row], row, n);
    lse[row] = log_sum;
    loss[row] = targets.is_left_out(row) ? T(0) : targets.share_of_label(row) * (log_sum - x[targets.labels[row]]) + sum;
  }
};

/// The gradient of each row's loss times seed[row * step], and times *scale, or factor where there is none.
template <class T>
struct loss_gradient_of_row {
  class_targets<T> targets;
  const T *logits, *lse, *seed;
  extent step;
  T factor;
  const T* scale;
  T* to;

  template <class Team>
  TESSERA_FN void operator()(extent row, const Team& team) const {
    const extent n = targets.classes;
    const T* x = logits + row * n;
    T* dx = to + row * n;
    if (targets.is_left_out(row)) {
      TESSERA_ROLLED
      for (extent c = team.lane(); c < n; c += team.lanes()) dx[c] = T(0);
      return;
    }
    T share = T(0);
    if (targets.smoothing != 0) {
      TESSERA_ROLLED
      for (extent c = team.lane(); c < n; c += team.lanes()) share += targets.share_of_class(c);
    }
    share = targets.share_of_label(row) + team.template combine<plain_sum>(share);
    const T own = seed[row * step] * (scale != nullptr ? *scale : factor), shift = lse[row];
    const extent label = targets.labels[row];
    TESSERA_ROLLED
    for (extent c = team.lane(); c < n; c += team.lanes()) {
      T value = lane::exp(static_cast<T>(x[c] - shift)) * (own * share);
      if (targets.smoothing != 0) value -= own * targets.share_of_class(c);
      if (c == label) value -= own * targets.share_of_label(row);
      dx[c] = value;
    }
  }
};

/// What the losses are compared with, as a matrix.
template <class T>
struct target_matrix {
  class_targets<T> targets;
  T* to;

  TESSERA_FN void operator()(extent i) const {
    const extent row = i / targets.classes, c = i % targets.classes;
    T share = T(0);
    if (!targets.is_left_out(row)) {
      if (targets.smoothing != 0) share = targets.share_of_class(c);
      if (c == targets.labels[row]) share += targets.share_of_label(row);
    }
    to[i] = share;
  }
};

/// One over the sum of the weights of the rows that count.
template <class T>
struct mean_factor {
  class_targets<T> targets;
  extent rows;
  T* to;

  template <class Team>
  TESSERA_FN void operator()(extent, const Team& team) const {
    double sum = 0;
    for (extent row = team.lane(); row < rows; row += team.lanes())
      if (!targets.is_left_out(row)) sum += static_cast<double>(targets.weight_of(targets.labels[row]));
    sum = team.template combine<plain_sum>(sum);
    if (team.lane() == 0) *to = static_cast<T>(1 / sum);
  }
};

/// The sum of n numbers, times a factor where there is one.
template <class T>
struct scaled_sum {
  const T* x;
  extent n;
  const T* factor;
  T* to;

  template <class Team>
  TESSERA_FN void operator()(extent, const Team& team) const {
    accumulate_t<T> sum = 0;
    for (extent j = team.lane(); j < n; j += team.lanes()) sum += static_cast<accumulate_t<T>>(x[j]);
    sum = team.template combine<plain_sum>(sum);
    if (team.lane() == 0) *to = factor != nullptr ? static_cast<T>(sum) * *factor : static_cast<T>(sum);
  }
};

}  // namespace tessera::backend::items

#endif  // TESSERA_RUNS_ITEMS
