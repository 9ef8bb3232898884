// SPDX-License-Identifier: BSL-1.0
// What no shape enters of the graph, as in op/instantiated.hpp.

#include <tessera/autograd/variable.hpp>
#include <tessera/op/instantiated.hpp>

namespace tessera {

TESSERA_INSTANTIATE_LISTED(float, void raise<shape_error>(std::initializer_list<message_part>))
TESSERA_INSTANTIATE_LISTED(float, void raise<index_error>(std::initializer_list<message_part>))
TESSERA_INSTANTIATE_LISTED(float, void raise<value_error>(std::initializer_list<message_part>))
TESSERA_INSTANTIATE_LISTED(float, void raise<autograd_error>(std::initializer_list<message_part>))
TESSERA_INSTANTIATE_LISTED(float, void raise<io_error>(std::initializer_list<message_part>))

namespace autograd {

namespace detail {

#define TESSERA_OPERATION(OP, T, N)                                                                                              \
  TESSERA_INSTANTIATE_LISTED(T, void add_cotangents<OP, any_value<T>, N>(operation_node<T>&, const any_value<T>&, const any_value<T>&)) \
  TESSERA_INSTANTIATE_LISTED(T, void add_cotangents<OP, any_variable<T>, N>(operation_node<T>&, const any_variable<T>&, const any_variable<T>&))
TESSERA_EACH_OPERATION(TESSERA_OPERATION, float)
TESSERA_EACH_OPERATION(TESSERA_OPERATION, double)
#undef TESSERA_OPERATION

// The rules of recorded gradients: DO(operation, T, indices of its operands)
#define TESSERA_EACH_RULE(DO, T)                                                                                                            \
  DO(op::negate, T, 0) DO(op::exp, T, 0) DO(op::log, T, 0) DO(op::sqrt, T, 0) DO(op::tanh, T, 0) DO(op::sigmoid, T, 0) DO(op::relu, T, 0)    \
  DO(op::add, T, 0, 1) DO(op::subtract, T, 0, 1) DO(op::multiply, T, 0, 1) DO(op::divide, T, 0, 1)                                           \
  DO(op::equal, T, 0, 1) DO(op::not_equal, T, 0, 1) DO(op::less, T, 0, 1) DO(op::less_equal, T, 0, 1)                                        \
  DO(op::maximum, T, 0, 1) DO(op::minimum, T, 0, 1) DO(op::where, T, 0, 1, 2)
#define TESSERA_RULE(OP, T, ...)                                                                 \
  TESSERA_INSTANTIATE_LISTED(T, struct kernel_of<OP, T, std::integer_sequence<int, __VA_ARGS__>>) \
  TESSERA_INSTANTIATE_LISTED(T, struct rule_of<OP, T, std::integer_sequence<int, __VA_ARGS__>>)
TESSERA_EACH_RULE(TESSERA_RULE, float)
TESSERA_EACH_RULE(TESSERA_RULE, double)
#undef TESSERA_RULE

#define TESSERA_ELEMENT(T)                                                                                                              \
  TESSERA_INSTANTIATE_LISTED(T, any_variable<T> run_and_record<T>(const operation_table<T>&, void*, const any_tensor<T>* const*, const any_variable<T>* const*, int)) \
  TESSERA_INSTANTIATE_LISTED(T, any_variable<T> recorded_source<T>(const statement&, int, converter<T>))                                          \
  TESSERA_INSTANTIATE_LISTED(T, void run_recorded<T>(statement&, std::span<const replay_step<T>>, const converter<T>*))
TESSERA_ELEMENT(float)
TESSERA_ELEMENT(double)
#undef TESSERA_ELEMENT

}  // namespace detail

#define TESSERA_ELEMENT(T)                                                                                                    \
  TESSERA_INSTANTIATE_LISTED(T, struct operation_node<T>)                                                                               \
  TESSERA_INSTANTIATE_LISTED(T, struct any_value<T>)                                                                                    \
  TESSERA_INSTANTIATE_LISTED(T, struct any_variable<T>)                                                                                 \
  TESSERA_INSTANTIATE_LISTED(T, struct any_rule<T>)                                                                                     \
  TESSERA_INSTANTIATE_LISTED(T, any_tensor<T> run_rule<T>(const rule_kernel&, const any_tensor<T>* const*))                             \
  TESSERA_INSTANTIATE_LISTED(T, edge record_operation<T>(const operation_table<T>&, void*, const any_variable<T>* const*, int, const any_tensor<T>&, bool, bool)) \
  TESSERA_INSTANTIATE_LISTED(T, any_variable<T> apply_rule<T>(const rule<T>&, const any_variable<T>*))                                  \
  TESSERA_INSTANTIATE_LISTED(T, void add_adjoint<T>(const edge&, const any_value<T>&))                                                  \
  TESSERA_INSTANTIATE_LISTED(T, void add_adjoint<T>(const edge&, const any_variable<T>&))                                               \
  TESSERA_INSTANTIATE_LISTED(T, void trace_leaf<T>(any_variable<T>&, const edge&, bool))
TESSERA_ELEMENT(float)
TESSERA_ELEMENT(double)
#undef TESSERA_ELEMENT

TESSERA_INSTANTIATE_LISTED(float, void destroy_node<leaf_node>(node&))

}  // namespace autograd
}  // namespace tessera
