// SPDX-License-Identifier: BSL-1.0
// Rows of a table by their numbers, alone and with the gradient of the table.

#include <support/cases.hpp>
#include <tessera/autograd/variable.hpp>
#include <tessera/op/movement/embedding.hpp>

namespace ts = tessera;

namespace {

using cases::chosen, cases::table_columns, cases::table_rows;
using table_shape = ts::shape<table_rows, table_columns>;
using result_shape = ts::shape<chosen, table_columns>;

ts::tensor<float, table_shape> table() { return {table_shape{}, measure::numbers(table_rows * table_columns)}; }
ts::tensor<std::int64_t, ts::shape<chosen>> choices() { return {ts::shape<chosen>{}, cases::choices()}; }

[[maybe_unused]] const int registered = [] {
  measure::add(cases::embedding, "tessera", cases::embedding_work, [] {
    return [i = choices(), w = table()] { return ts::tensor(ts::embedding(i, w)); };
  });
  measure::add(cases::embedding_training, "tessera", cases::embedding_training_work, [] {
    return [i = choices(), w = ts::variable(table()), dy = ts::tensor<float, result_shape>(result_shape{}, measure::numbers(chosen * table_columns))]() mutable {
      w.zero_grad();
      ts::embedding(i, w).backward(dy);
      return w.grad();
    };
  });
  return 0;
}();

}  // namespace
