// SPDX-License-Identifier: BSL-1.0
// What no shape enters, up to the operations: in a library of its own where one is linked (TESSERA_INSTANTIATED). An operation that is
// not in the list is compiled in every unit that uses it, as all are without such a library. No guard: <tessera/instantiated.hpp>
// reads it again.

#include <tessera/op/structured.hpp>

namespace tessera {

namespace op {
struct matmul;
struct linear;
struct softmax;
struct log_softmax;
struct permute_axes;
struct change_shape;
struct expand;
struct sum_over_stretched;
struct read_strided;
struct add_strided;
struct gather_along;
struct scatter_along;
template <bool Largest>
struct extreme;
template <std::floating_point T>
struct cross_entropy;
template <std::floating_point T>
struct cross_entropy_gradient;
struct conv2d;
struct conv2d_input;
struct conv2d_weight;
template <Element T>
struct max_pool2d;
template <std::floating_point T>
struct gather_windows;
template <std::floating_point T>
struct scatter_windows;
struct avg_pool2d;
struct spread_average;
template <std::floating_point T>
struct layer_norm;
struct embedding;
struct embedding_gradient;
struct divide_by_frequency;
template <std::floating_point T>
struct lstm;
struct leading_part;
struct filled_up;
}  // namespace op

/// DO(operation, T, number of operands)
#define TESSERA_EACH_OPERATION(DO, T)                                                                                                  \
  DO(op::matmul, T, 2)                                                                                                                 \
  DO(op::linear, T, 2) DO(op::linear, T, 3)                                                                                            \
  DO(op::softmax, T, 1) DO(op::log_softmax, T, 1)                                                                                      \
  DO(op::permute_axes, T, 1) DO(op::change_shape, T, 1) DO(op::expand, T, 1)                                                           \
  DO(op::sum_over_stretched, T, 1) DO(op::read_strided, T, 1) DO(op::add_strided, T, 1)                                                \
  DO(op::gather_along, T, 1) DO(op::scatter_along, T, 1) DO(op::extreme<true>, T, 1) DO(op::extreme<false>, T, 1)                      \
  DO(op::cross_entropy<T>, T, 1) DO(op::cross_entropy_gradient<T>, T, 2)                                                               \
  DO(op::conv2d, T, 2) DO(op::conv2d, T, 3) DO(op::conv2d_input, T, 2) DO(op::conv2d_weight, T, 2)                                     \
  DO(op::max_pool2d<T>, T, 1) DO(op::gather_windows<T>, T, 1) DO(op::scatter_windows<T>, T, 1)                                         \
  DO(op::avg_pool2d, T, 1) DO(op::spread_average, T, 1)                                                                                \
  DO(op::layer_norm<T>, T, 1) DO(op::layer_norm<T>, T, 2) DO(op::layer_norm<T>, T, 3)                                                  \
  DO(op::embedding, T, 1) DO(op::embedding_gradient, T, 1) DO(op::divide_by_frequency, T, 1)                                           \
  DO(op::lstm<T>, T, 7) DO(op::leading_part, T, 1) DO(op::filled_up, T, 1)

namespace detail {

template <bool Largest, class T>
any_tensor<std::int64_t> index_of_extremum(const any_tensor<T>& x, int axis, bool keep);

#define TESSERA_OPERATION(OP, T, N) TESSERA_INSTANTIATE_LISTED(T, any_tensor<T> run_operation<OP, T, N>(void*, const any_tensor<T>* const*))
TESSERA_EACH_OPERATION(TESSERA_OPERATION, float)
TESSERA_EACH_OPERATION(TESSERA_OPERATION, double)
#undef TESSERA_OPERATION

#define TESSERA_ELEMENT(T)                                                                         \
  TESSERA_INSTANTIATE_LISTED(T, any_tensor<std::int64_t> index_of_extremum<true, T>(const any_tensor<T>&, int, bool))  \
  TESSERA_INSTANTIATE_LISTED(T, any_tensor<std::int64_t> index_of_extremum<false, T>(const any_tensor<T>&, int, bool)) \
  TESSERA_INSTANTIATE_LISTED(T, block filled_block<T>(extent, T))
TESSERA_ELEMENT(float)
TESSERA_ELEMENT(double)
#undef TESSERA_ELEMENT
TESSERA_INSTANTIATE_LISTED(float, block filled_block<std::int64_t>(extent, std::int64_t))

}  // namespace detail

TESSERA_INSTANTIATE_LISTED(float, struct any_tensor<float>)
TESSERA_INSTANTIATE_LISTED(double, struct any_tensor<double>)
TESSERA_INSTANTIATE_LISTED(float, struct any_tensor<std::int64_t>)

}  // namespace tessera
