// SPDX-License-Identifier: BSL-1.0
#pragma once
// Every public operation, with PyTorch's spelling of the same, how to call it and what to call it on. The tests run through
// this list, support/golden.py reads it too, so a case stays on one line, and op/list.cpp fails where an operation of the library is missing.

#include <support/golden.hpp>
#include <tessera/op/op.hpp>

#include <limits>
#include <tuple>
#include <vector>

namespace tessera::tests {

/// An elementwise operation, called on operands of any shapes that broadcast.
template <int Arity, class Call>
struct elementwise_case {
  const char* name;
  const char* torch;
  domain of[Arity];
  Call call;
};
template <class Call>
[[nodiscard]] constexpr elementwise_case<1, Call> unary(const char* name, const char* torch, domain a, Call call) {
  return {name, torch, {a}, call};
}
template <class Call>
[[nodiscard]] constexpr elementwise_case<2, Call> binary(const char* name, const char* torch, domain a, domain b, Call call) {
  return {name, torch, {a, b}, call};
}
template <class Call>
[[nodiscard]] constexpr elementwise_case<3, Call> ternary(const char* name, const char* torch, domain a, domain b, domain c, Call call) {
  return {name, torch, {a, b, c}, call};
}

/// An operation on operands of the given shapes.
template <class Call, Shape... S>
struct shaped_case {
  const char* name;
  const char* torch;
  Call call;
  std::tuple<S...> shapes;
};
template <class Call, Shape... S>
[[nodiscard]] constexpr shaped_case<Call, S...> shaped(const char* name, const char* torch, Call call, S... shapes) {
  return {name, torch, call, {shapes...}};
}

/// An operation on given numbers.
template <class Call>
struct fixed_case {
  const char* name;
  const char* torch;
  std::vector<double> a, b;
  Call call;
};
template <class Call>
[[nodiscard]] fixed_case<Call> fixed(const char* name, const char* torch, std::vector<double> a, Call call) {
  return {name, torch, std::move(a), {}, call};
}
template <class Call>
[[nodiscard]] fixed_case<Call> fixed(const char* name, const char* torch, std::vector<double> a, std::vector<double> b, Call call) {
  return {name, torch, std::move(a), std::move(b), call};
}
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();

template <class Visit>
void unary_ops(Visit&& visit) {
  visit(unary("operator-", "-a", {-2, 2}, [](const auto& a) { return -a; }));
  visit(unary("square", "torch.square(a)", {-2, 2}, [](const auto& a) { return square(a); }));
  visit(unary("sqrt", "torch.sqrt(a)", {0.25, 4}, [](const auto& a) { return sqrt(a); }));
  visit(unary("abs", "torch.abs(a)", {-2, 2}, [](const auto& a) { return abs(a); }));
  visit(unary("exp", "torch.exp(a)", {-2, 2}, [](const auto& a) { return exp(a); }));
  visit(unary("log", "torch.log(a)", {0.25, 4}, [](const auto& a) { return log(a); }));
  visit(unary("log1p", "torch.log1p(a)", {-0.5, 2}, [](const auto& a) { return log1p(a); }));
  visit(unary("sin", "torch.sin(a)", {-4, 4}, [](const auto& a) { return sin(a); }));
  visit(unary("cos", "torch.cos(a)", {-4, 4}, [](const auto& a) { return cos(a); }));
  visit(unary("erf", "torch.erf(a)", {-2, 2}, [](const auto& a) { return erf(a); }));
  visit(unary("relu", "torch.relu(a)", {-2, 2}, [](const auto& a) { return relu(a); }));
  visit(unary("sigmoid", "torch.sigmoid(a)", {-4, 4}, [](const auto& a) { return sigmoid(a); }));
  visit(unary("tanh", "torch.tanh(a)", {-4, 4}, [](const auto& a) { return tanh(a); }));
  visit(unary("gelu", "torch.nn.functional.gelu(a)", {-4, 4}, [](const auto& a) { return gelu(a); }));
}

/// With a number in the place of an operand.
template <class Visit>
void scalar_ops(Visit&& visit) {
  visit(unary("operator+", "a + 1.5", {-2, 2}, [](const auto& a) { return a + 1.5; }));
  visit(unary("operator-", "1.5 - a", {-2, 2}, [](const auto& a) { return 1.5 - a; }));
  visit(unary("operator*", "3 * a", {-2, 2}, [](const auto& a) { return 3 * a; }));
  visit(unary("operator/", "a / 4", {-2, 2}, [](const auto& a) { return a / 4; }));
  visit(unary("operator/", "2 / a", {0.25, 4}, [](const auto& a) { return 2 / a; }));
  visit(unary("pow", "a ** 2", {-2, 2}, [](const auto& a) { return pow(a, 2); }));
  visit(unary("pow", "a ** 3", {-2, 2}, [](const auto& a) { return pow(a, 3); }));
  visit(unary("pow", "a ** -1.5", {0.25, 4}, [](const auto& a) { return pow(a, -1.5); }));
  visit(unary("pow", "2 ** a", {-2, 2}, [](const auto& a) { return pow(2, a); }));
  visit(unary("clamp", "torch.clamp(a, -1, 0.5)", {-2, 2}, [](const auto& a) { return clamp(a, -1, 0.5); }));
  visit(unary("maximum", "torch.clamp(a, min=0.25)", {-2, 2}, [](const auto& a) { return maximum(a, 0.25); }));
  visit(unary("where", "torch.where(a > 0.25, a, 0)", {-2, 2}, [](const auto& a) { return where(a > 0.25, a, 0); }));
}

template <class Visit>
void binary_ops(Visit&& visit) {
  visit(binary("operator+", "a + b", {-2, 2}, {-2, 2}, [](const auto& a, const auto& b) { return a + b; }));
  visit(binary("operator-", "a - b", {-2, 2}, {-2, 2}, [](const auto& a, const auto& b) { return a - b; }));
  visit(binary("operator*", "a * b", {-2, 2}, {-2, 2}, [](const auto& a, const auto& b) { return a * b; }));
  visit(binary("operator/", "a / b", {-2, 2}, {0.5, 2}, [](const auto& a, const auto& b) { return a / b; }));
  visit(binary("pow", "a ** b", {0.5, 2}, {-2, 2}, [](const auto& a, const auto& b) { return pow(a, b); }));
  visit(binary("maximum", "torch.maximum(a, b)", {-2, 2}, {-2, 2}, [](const auto& a, const auto& b) { return maximum(a, b); }));
  visit(binary("minimum", "torch.minimum(a, b)", {-2, 2}, {-2, 2}, [](const auto& a, const auto& b) { return minimum(a, b); }));
  visit(binary("max", "torch.max(a, b)", {-2, 2}, {-2, 2}, [](const auto& a, const auto& b) { return max(a, b); }));
  visit(binary("min", "torch.min(a, b)", {-2, 2}, {-2, 2}, [](const auto& a, const auto& b) { return min(a, b); }));
}

template <class Visit>
void ternary_ops(Visit&& visit) {
  visit(ternary("where", "torch.where(a > 0, b, c)", {-2, 2}, {-2, 2}, {-2, 2}, [](const auto& a, const auto& b, const auto& c) { return where(a > 0, b, c); }));
  visit(ternary("clamp", "torch.clamp(a, b, c)", {-2, 2}, {-1, 0}, {0.25, 1}, [](const auto& a, const auto& b, const auto& c) { return clamp(a, b, c); }));
}

/// Operations that write their first operand.
template <class Visit>
void compound_ops(Visit&& visit) {
  visit(shaped("operator+=", "a + b", [](const auto& a, const auto& b) { auto y = a; y += b; return y; }, shape<dyn, dyn>{3, 4}, shape<dyn>{4}));
  visit(shaped("operator-=", "a - b", [](const auto& a, const auto& b) { auto y = a; y -= b; return y; }, shape<dyn, dyn>{3, 4}, shape<dyn>{4}));
  visit(shaped("operator*=", "a * b", [](const auto& a, const auto& b) { auto y = a; y *= b; return y; }, shape<dyn, dyn>{3, 4}, shape<dyn>{4}));
  visit(shaped("operator/=", "a / (b * b + 1)", [](const auto& a, const auto& b) { auto y = a; y /= b * b + 1; return y; }, shape<dyn, dyn>{3, 4}, shape<dyn>{4}));
}

template <class Visit>
void reductions(Visit&& visit) {
  visit(shaped("sum", "a.sum()", [](const auto& a) { return sum(a); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("sum", "a.sum(0)", [](const auto& a) { return sum(a, axis<0>); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("sum", "a.sum(1)", [](const auto& a) { return sum(a, axis<1>); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("sum", "a.sum(1, keepdim=True)", [](const auto& a) { return sum(a, axis<-1>, keepdim); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("sum", "a.sum((0, 2))", [](const auto& a) { return sum(a, axes<0, 2>); }, shape<dyn, dyn, dyn>{2, 3, 4}));
  visit(shaped("sum", "a.sum((0, 1), keepdim=True)", [](const auto& a) { return sum(a, axes<0, 1>, keepdim); }, shape<dyn, dyn, dyn>{2, 3, 4}));
  visit(shaped("sum", "(a.exp() * b).sum(1)", [](const auto& a, const auto& b) { return sum(exp(a) * b, axis<1>); }, shape<dyn, dyn>{3, 4}, shape<dyn>{4}));
  visit(shaped("sum", "(a * b.tanh()).sum(0)", [](const auto& a, const auto& b) { return sum(a * tanh(b), axis<0>); }, shape<dyn, dyn>{3, 4}, shape<dyn, 1>{3}));
  visit(shaped("sum", "a.sum(1)", [](const auto& a) { return sum(a, axis<1>); }, shape<dyn, dyn>{3, 0}));
  visit(shaped("mean", "a.mean()", [](const auto& a) { return mean(a); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("mean", "a.mean(0)", [](const auto& a) { return mean(a, axis<0>); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("mean", "(a * a).mean(1, keepdim=True)", [](const auto& a) { return mean(a * a, axis<1>, keepdim); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("var", "a.var()", [](const auto& a) { return var(a); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("var", "a.var(0)", [](const auto& a) { return var(a, axis<0>); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("var", "a.var(1, correction=0, keepdim=True)", [](const auto& a) { return var(a, axis<1>, keepdim, {.correction = 0}); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("max", "a.max()", [](const auto& a) { return max(a); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("max", "a.max(1).values", [](const auto& a) { return max(a, axis<1>).values; }, shape<dyn, dyn>{3, 4}));
  visit(shaped("max", "a.max(0, keepdim=True).values", [](const auto& a) { return max(a, axis<0>, keepdim).values; }, shape<dyn, dyn>{3, 4}));
  visit(shaped("min", "a.min()", [](const auto& a) { return min(a); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("min", "(a * b).min(1).values", [](const auto& a, const auto& b) { return min(a * b, axis<-2>).values; }, shape<dyn, dyn, dyn>{2, 3, 4}, shape<dyn, 1>{3}));
}

/// Operations whose results are indices.
template <class Visit>
void searches(Visit&& visit) {
  visit(shaped("argmax", "a.argmax()", [](const auto& a) { return argmax(a); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("argmax", "a.argmax(1)", [](const auto& a) { return argmax(a, axis<1>); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("argmax", "a.argmax(0, keepdim=True)", [](const auto& a) { return argmax(a, axis<0>, keepdim); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("argmin", "a.argmin()", [](const auto& a) { return argmin(a); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("argmin", "a.argmin(-2)", [](const auto& a) { return argmin(a, axis<-2>); }, shape<dyn, dyn, dyn>{2, 3, 4}));
  visit(shaped("max", "a.max(1).indices", [](const auto& a) { return max(a, axis<1>).indices; }, shape<dyn, dyn>{3, 4}));
  visit(shaped("min", "a.min(0).indices", [](const auto& a) { return min(a, axis<0>).indices; }, shape<dyn, dyn>{3, 4}));
  visit(shaped("max_pool2d_with_indices", "torch.nn.functional.max_pool2d(a, 2, return_indices=True)[1]", [](const auto& a) { return max_pool2d_with_indices(a, window<2>{}).indices; }, shape<dyn, dyn, dyn, dyn>{2, 2, 4, 6}));
  visit(shaped("max_pool2d_with_indices", "torch.nn.functional.max_pool2d(a, 3, stride=2, padding=1, return_indices=True)[1]", [](const auto& a) { return max_pool2d_with_indices(a, window{3}, stride{2}, padding{1}).indices; }, shape<dyn, dyn, dyn, dyn>{1, 2, 5, 38}));
  visit(shaped("max_pool2d_with_indices", "torch.nn.functional.max_pool2d(a, 2, dilation=2, ceil_mode=True, padding=1, return_indices=True)[1]", [](const auto& a) { return max_pool2d_with_indices(a, window<2>{}, dilation<2>{}, padding<1>{}, ceil_mode{}).indices; }, shape<dyn, dyn, dyn, dyn>{1, 2, 6, 7}));
  visit(shaped("max_pool2d_with_indices", "torch.nn.functional.max_pool2d((a * a).mT, (3, 2), stride=1, return_indices=True)[1]", [](const auto& a) { return max_pool2d_with_indices(transpose(a * a), window<3, 2>{}, stride<1>{}).indices; }, shape<2, 5, 4>{}));
}

template <class Visit>
void movements(Visit&& visit) {
  visit(shaped("transpose", "a.mT * b", [](const auto& a, const auto& b) { return transpose(a) * b; }, shape<dyn, dyn>{3, 4}, shape<dyn, dyn>{4, 3}));
  visit(shaped("transpose", "a.transpose(0, 2)", [](const auto& a) { return transpose(a, axes<0, -1>); }, shape<dyn, dyn, dyn>{2, 3, 4}));
  visit(shaped("permute", "a.permute(2, 0, 1).exp()", [](const auto& a) { return exp(permute(a, axes<2, 0, 1>)); }, shape<dyn, dyn, dyn>{2, 3, 4}));
  visit(shaped("reshape", "a.reshape(2, 6) * b", [](const auto& a, const auto& b) { return reshape(a, shape<dyn, dyn>{2, 6}) * b; }, shape<dyn, dyn>{3, 4}, shape<dyn>{6}));
  visit(shaped("reshape", "a.mT.reshape(2, 6) / b", [](const auto& a, const auto& b) { return reshape(transpose(a), shape<2, infer>{}) / b; }, shape<3, 4>{}, shape<2, 1>{}));
  visit(shaped("flatten", "a.flatten()", [](const auto& a) { return flatten(a); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("flatten", "(a * a).flatten(1)", [](const auto& a) { return flatten(a * a, axis<1>); }, shape<dyn, dyn, dyn>{2, 3, 4}));
  visit(shaped("squeeze", "a.squeeze(1).sin()", [](const auto& a) { return sin(squeeze(a, axis<1>)); }, shape<dyn, 1>{3}));
  visit(shaped("unsqueeze", "a.unsqueeze(-1) * b", [](const auto& a, const auto& b) { return unsqueeze(a, axis<-1>) * b; }, shape<dyn>{3}, shape<dyn>{4}));
  visit(shaped("broadcast_to", "b.exp() * a.broadcast_to(3, 4)", [](const auto& a, const auto& b) { return exp(b) * broadcast_to(a, shape<dyn, dyn>{3, 4}); }, shape<1, dyn>{4}, shape<dyn, 1>{3}));
  visit(shaped("broadcast_to", "a.broadcast_to(2, 3, 4) * b", [](const auto& a, const auto& b) { return broadcast_to(a, shape<dyn, dyn, dyn>{2, 3, 4}) * b; }, shape<dyn, dyn>{3, 1}, shape<dyn, dyn, dyn>{2, 3, 4}));
  visit(shaped("broadcast_to", "a.broadcast_to(2, 19) * b", [](const auto& a, const auto& b) { return broadcast_to(a, shape<dyn, dyn>{2, 19}) * b; }, shape<dyn, dyn>{2, 1}, shape<dyn, dyn>{2, 19}));
  visit(shaped("broadcast_to", "a.broadcast_to(19, 2).mT.exp()", [](const auto& a) { return exp(transpose(broadcast_to(a, shape<dyn, dyn>{19, 2}))); }, shape<1, dyn>{2}));
}

/// Parts of operands, operands joined, and leaves that one statement reads in several ways.
template <class Visit>
void selections(Visit&& visit) {
  visit(shaped("slice", "a[1] * a[:, 0:3].sum()", [](const auto& a) { return slice(a, 1) * sum(slice(a, full_extent, range<0, 3>)); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("slice", "a[:, ::2] * a[:, 1::2]", [](const auto& a) { return slice(a, full_extent, range_of{0, 4, 2}) * slice(a, full_extent, range_of{1, 4, 2}); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("slice", "a[-2:, 1:3].mT.exp()", [](const auto& a) { return exp(transpose(slice(a, range<-2, 3>, range<1, 3>))); }, shape<3, 4>{}));
  visit(shaped("slice", "a[2:1] * 2", [](const auto& a) { return slice(a, range_of{2, 1}) * 2; }, shape<dyn, dyn>{3, 4}));
  visit(shaped("select", "a.select(1, 2) * a.select(1, -1)", [](const auto& a) { return select(a, axis<1>, 2) * select(a, axis<1>, -1); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("concat", "torch.cat([a, b * b, a], 0)", [](const auto& a, const auto& b) { return concat(axis<0>, a, b * b, a); }, shape<dyn, dyn>{3, 4}, shape<dyn, dyn>{1, 4}));
  visit(shaped("concat", "torch.cat([a.mT, b], -1)", [](const auto& a, const auto& b) { return concat(axis<-1>, transpose(a), b); }, shape<dyn, dyn>{3, 4}, shape<dyn, dyn>{4, 2}));
  visit(shaped("stack", "torch.stack([a, b], 1)", [](const auto& a, const auto& b) { return stack(axis<1>, a, b); }, shape<dyn, dyn>{3, 4}, shape<dyn, dyn>{3, 4}));
  visit(shaped("pad", "torch.nn.functional.pad(a, (1, 2))", [](const auto& a) { return pad(a, pads<1, 2>{}); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("pad", "torch.nn.functional.pad(a * a, (1, 0, 2, 1), value=1.5)", [](const auto& a) { return pad(a * a, pads{1, 0, 2, 1}, constant_padding{1.5}); }, shape<3, 4>{}));
  visit(shaped("pad", "torch.nn.functional.pad(a, (-1, 2, 1, -2))", [](const auto& a) { return pad(a, pads{-1, 2, 1, -2}); }, shape<dyn, dyn, dyn>{2, 3, 4}));
  visit(shaped("pad", "torch.nn.functional.pad(a, (3, 2, 1, 2), mode='reflect')", [](const auto& a) { return pad(a, pads<3, 2, 1, 2>{}, reflect_padding{}); }, shape<dyn, dyn, dyn, dyn>{2, 1, 3, 4}));
  visit(shaped("pad", "torch.nn.functional.pad(a, (-1, 2, 1, -1), mode='reflect')", [](const auto& a) { return pad(a, pads{-1, 2, 1, -1}, reflect_padding{}); }, shape<dyn, dyn, dyn>{2, 3, 4}));
  visit(shaped("pad", "torch.nn.functional.pad(a, (20, 21), mode='reflect')", [](const auto& a) { return pad(a, pads<20, 21>{}, reflect_padding{}); }, shape<dyn, dyn>{2, 37}));
  visit(shaped("pad", "torch.nn.functional.pad(a.mT, (3, 1, 0, 2), mode='replicate')", [](const auto& a) { return pad(transpose(a), pads{3, 1, 0, 2}, replicate_padding{}); }, shape<2, 3, 4>{}));
  visit(shaped("pad", "torch.nn.functional.pad(a, (1, -1, -2, 3), mode='replicate')", [](const auto& a) { return pad(a, pads{1, -1, -2, 3}, replicate_padding{}); }, shape<dyn, dyn, dyn>{1, 5, 3}));
  visit(shaped("pad", "torch.nn.functional.pad(a, (4, 2, 3, 1), mode='circular')", [](const auto& a) { return pad(a, pads<4, 2, 3, 1>{}, circular_padding{}); }, shape<dyn, dyn, dyn, dyn>{2, 1, 3, 4}));
  visit(shaped("pad", "torch.nn.functional.pad(a, (2, -1, -1, 1), mode='circular')", [](const auto& a) { return pad(a, pads{2, -1, -1, 1}, circular_padding{}); }, shape<dyn, dyn, dyn>{2, 3, 4}));
  visit(shaped("pad", "torch.nn.functional.pad(a, (1, 2, 2, 1), mode='reflect')", [](const auto& a) { return pad(a, pads<1, 2, 2, 1>{}, reflect_padding{}); }, shape<dyn, dyn, dyn, dyn>{0, 2, 3, 4}));
  visit(shaped("embedding", "torch.nn.functional.embedding(torch.tensor([[1, 0, 2], [2, 2, 1]]), a)", [](const auto& a) { return embedding(tensor{{1, 0, 2}, {2, 2, 1}}, a); }, shape<dyn, dyn>{4, 3}));
  visit(shaped("embedding", "torch.nn.functional.embedding(torch.tensor([1, 2, 0, 2]), a.sin())", [](const auto& a) { return embedding(tensor{1, 2, 0, 2}, sin(a)); }, shape<dyn, dyn>{3, 5}));
  visit(shaped("operator*", "a * a.mT", [](const auto& a) { return a * transpose(a); }, shape<dyn, dyn>{3, 3}));
  visit(shaped("operator/", "a / (a * a + a + 1)", [](const auto& a) { return a / (a * a + a + 1); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("operator*", "a * a[0]", [](const auto& a) { return a * slice(a, 0); }, shape<dyn, dyn>{3, 4}));
}

template <class Visit>
void contractions(Visit&& visit) {
  visit(shaped("matmul", "a @ b", [](const auto& a, const auto& b) { return matmul(a, b); }, shape<dyn, dyn>{3, 4}, shape<dyn, dyn>{4, 2}));
  visit(shaped("matmul", "a.mT @ (b * b)", [](const auto& a, const auto& b) { return matmul(transpose(a), b * b); }, shape<dyn, dyn>{4, 3}, shape<dyn, dyn>{4, 2}));
  visit(shaped("matmul", "a @ b", [](const auto& a, const auto& b) { return matmul(a, b); }, shape<dyn, dyn, dyn>{2, 3, 4}, shape<dyn, dyn>{4, 2}));
  visit(shaped("matmul", "a @ b", [](const auto& a, const auto& b) { return matmul(a, b); }, shape<1, dyn, dyn>{3, 4}, shape<dyn, dyn, dyn>{2, 4, 2}));
  visit(shaped("matmul", "a @ b", [](const auto& a, const auto& b) { return matmul(a, b); }, shape<dyn>{4}, shape<dyn, dyn>{4, 2}));
  visit(shaped("matmul", "a @ b", [](const auto& a, const auto& b) { return matmul(a, b); }, shape<dyn, dyn>{3, 4}, shape<dyn>{4}));
  visit(shaped("matmul", "a @ b", [](const auto& a, const auto& b) { return matmul(a, b); }, shape<dyn>{4}, shape<dyn>{4}));
  visit(shaped("matmul", "a @ a", [](const auto& a) { return matmul(a, a); }, shape<dyn, dyn>{3, 3}));
  visit(shaped("matmul", "a @ b", [](const auto& a, const auto& b) { return matmul(a, b); }, shape<dyn, dyn>{3, 0}, shape<dyn, dyn>{0, 2}));
  visit(shaped("linear", "torch.nn.functional.linear(a, b)", [](const auto& a, const auto& b) { return linear(a, b); }, shape<dyn, dyn>{3, 4}, shape<dyn, dyn>{2, 4}));
  visit(shaped("linear", "torch.nn.functional.linear(a, b, c)", [](const auto& a, const auto& b, const auto& c) { return linear(a, b, c); }, shape<dyn, dyn>{3, 4}, shape<dyn, dyn>{2, 4}, shape<dyn>{2}));
  visit(shaped("linear", "torch.nn.functional.linear(a, b, c)", [](const auto& a, const auto& b, const auto& c) { return linear(a, b, c); }, shape<dyn, dyn, dyn>{2, 3, 4}, shape<dyn, dyn>{2, 4}, shape<dyn>{2}));
}

template <class Visit>
void convolutions(Visit&& visit) {
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b)", [](const auto& a, const auto& b) { return conv2d(a, b); }, shape<dyn, dyn, dyn, dyn>{2, 2, 5, 4}, shape<dyn, dyn, dyn, dyn>{3, 2, 3, 2}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, c)", [](const auto& a, const auto& b, const auto& c) { return conv2d(a, b, c); }, shape<dyn, dyn, dyn, dyn>{2, 2, 5, 4}, shape<dyn, dyn, dyn, dyn>{3, 2, 3, 2}, shape<dyn>{3}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, c, padding=1)", [](const auto& a, const auto& b, const auto& c) { return conv2d(a, b, c, padding<1>{}); }, shape<dyn, dyn, dyn, dyn>{2, 2, 4, 5}, shape<dyn, dyn, dyn, dyn>{3, 2, 3, 3}, shape<dyn>{3}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, stride=2, padding=1)", [](const auto& a, const auto& b) { return conv2d(a, b, stride<2>{}, padding<1>{}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 7, 6}, shape<dyn, dyn, dyn, dyn>{2, 2, 3, 3}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, stride=(2, 3), padding=(2, 1), dilation=(1, 2))", [](const auto& a, const auto& b) { return conv2d(a, b, stride<2, 3>{}, padding{2, 1}, dilation{1, 2}); }, shape<dyn, dyn, dyn, dyn>{1, 1, 6, 9}, shape<dyn, dyn, dyn, dyn>{2, 1, 3, 2}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, padding=2, dilation=2)", [](const auto& a, const auto& b) { return conv2d(a, b, dilation<2>{}, padding{2}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 6, 5}, shape<dyn, dyn, dyn, dyn>{2, 2, 3, 3}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, c, groups=2)", [](const auto& a, const auto& b, const auto& c) { return conv2d(a, b, c, groups<2>{}); }, shape<dyn, dyn, dyn, dyn>{2, 4, 4, 4}, shape<dyn, dyn, dyn, dyn>{6, 2, 3, 3}, shape<dyn>{6}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, c, padding=1, groups=3)", [](const auto& a, const auto& b, const auto& c) { return conv2d(a, b, c, padding<1>{}, groups{3}); }, shape<dyn, dyn, dyn, dyn>{1, 3, 4, 5}, shape<dyn, dyn, dyn, dyn>{3, 1, 3, 3}, shape<dyn>{3}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, c)", [](const auto& a, const auto& b, const auto& c) { return conv2d(a, b, c); }, shape<dyn, dyn, dyn, dyn>{2, 3, 3, 4}, shape<dyn, dyn, dyn, dyn>{2, 3, 1, 1}, shape<dyn>{2}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, stride=3)", [](const auto& a, const auto& b) { return conv2d(a, b, stride{3}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 7, 5}, shape<dyn, dyn, dyn, dyn>{3, 2, 1, 1}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, padding=(4, 0))", [](const auto& a, const auto& b) { return conv2d(a, b, padding{4, 0}); }, shape<dyn, dyn, dyn, dyn>{1, 1, 2, 3}, shape<dyn, dyn, dyn, dyn>{2, 1, 2, 3}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, c, padding=1)", [](const auto& a, const auto& b, const auto& c) { return conv2d(a, b, c, padding<1>{}); }, shape<dyn, dyn, dyn, dyn>{0, 2, 4, 5}, shape<dyn, dyn, dyn, dyn>{3, 2, 3, 3}, shape<dyn>{3}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, stride=2, padding=1)", [](const auto& a, const auto& b) { return conv2d(a, b, padding<1>{}, stride<2>{}); }, shape<2, 2, 5, 4>{}, shape<3, 2, 3, 3>{}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d((a * a).mT, b, padding=1)", [](const auto& a, const auto& b) { return conv2d(transpose(a * a), b, padding<1>{}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 4, 5}, shape<dyn, dyn, dyn, dyn>{2, 2, 3, 3}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, c, padding=1)", [](const auto& a, const auto& b, const auto& c) { return conv2d(a, b, c, padding<1>{}); }, shape<dyn, dyn, dyn>{2, 4, 5}, shape<dyn, dyn, dyn, dyn>{3, 2, 3, 3}, shape<dyn>{3}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, c, padding='same')", [](const auto& a, const auto& b, const auto& c) { return conv2d(a, b, c, same_padding{}); }, shape<dyn, dyn, dyn, dyn>{2, 2, 5, 4}, shape<dyn, dyn, dyn, dyn>{3, 2, 3, 3}, shape<dyn>{3}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, padding='same', dilation=(1, 3))", [](const auto& a, const auto& b) { return conv2d(a, b, same_padding{}, dilation<1, 3>{}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 5, 6}, shape<dyn, dyn, dyn, dyn>{3, 2, 2, 4}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, padding='same')", [](const auto& a, const auto& b) { return conv2d(a, b, same_padding{}); }, shape<1, 2, 4, 5>{}, shape<2, 2, 2, 3>{}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, b, padding='valid', stride=2)", [](const auto& a, const auto& b) { return conv2d(a, b, valid_padding{}, stride<2>{}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 5, 6}, shape<dyn, dyn, dyn, dyn>{3, 2, 2, 3}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(torch.nn.functional.pad(a, (1, 1, 1, 1), mode='reflect'), b, c)", [](const auto& a, const auto& b, const auto& c) { return conv2d(a, b, c, padding<1>{}, reflect_padding{}); }, shape<dyn, dyn, dyn, dyn>{2, 2, 4, 3}, shape<dyn, dyn, dyn, dyn>{2, 2, 3, 3}, shape<dyn>{2}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(torch.nn.functional.pad(a, (2, 2, 1, 1), mode='circular'), b, stride=2, groups=2)", [](const auto& a, const auto& b) { return conv2d(a, b, circular_padding{}, padding{1, 2}, stride{2}, groups<2>{}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 4, 5}, shape<dyn, dyn, dyn, dyn>{4, 1, 3, 3}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(torch.nn.functional.pad(a, (1, 2, 0, 1), mode='replicate'), b)", [](const auto& a, const auto& b) { return conv2d(a, b, replicate_padding{}, same_padding{}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 4, 5}, shape<dyn, dyn, dyn, dyn>{1, 2, 2, 4}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(torch.nn.functional.pad(a, (2, 2, 2, 2), mode='reflect'), b, dilation=2)", [](const auto& a, const auto& b) { return conv2d(a, b, same_padding{}, reflect_padding{}, dilation<2>{}); }, shape<2, 4, 5>{}, shape<3, 2, 3, 3>{}));
  visit(shaped("conv2d", "torch.nn.functional.conv2d(a, a, padding=1)", [](const auto& a) { return conv2d(a, a, padding<1>{}); }, shape<dyn, dyn, dyn, dyn>{2, 2, 3, 3}));
}

template <class Visit>
void poolings(Visit&& visit) {
  visit(shaped("max_pool2d", "torch.nn.functional.max_pool2d(a, 2)", [](const auto& a) { return max_pool2d(a, window<2>{}); }, shape<dyn, dyn, dyn, dyn>{2, 2, 4, 6}));
  visit(shaped("max_pool2d", "torch.nn.functional.max_pool2d(a, 2)", [](const auto& a) { return max_pool2d(a, window<2>{}); }, shape<dyn, dyn, dyn, dyn>{1, 1, 4, 41}));
  visit(shaped("max_pool2d", "torch.nn.functional.max_pool2d(a, (3, 2), stride=(1, 2))", [](const auto& a) { return max_pool2d(a, window<3, 2>{}, stride<1, 2>{}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 5, 5}));
  visit(shaped("max_pool2d", "torch.nn.functional.max_pool2d(a, 3, stride=2, padding=1)", [](const auto& a) { return max_pool2d(a, window{3}, stride{2}, padding{1}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 5, 38}));
  visit(shaped("max_pool2d", "torch.nn.functional.max_pool2d(a, 3, stride=1, padding=1)", [](const auto& a) { return max_pool2d(a, window<3>{}, stride<1>{}, padding<1>{}); }, shape<dyn, dyn, dyn, dyn>{1, 1, 3, 36}));
  visit(shaped("max_pool2d", "torch.nn.functional.max_pool2d(a, 2, dilation=2, ceil_mode=True, padding=1)", [](const auto& a) { return max_pool2d(a, window<2>{}, dilation<2>{}, padding<1>{}, ceil_mode{}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 6, 7}));
  visit(shaped("max_pool2d", "torch.nn.functional.max_pool2d(a, 3, stride=3, ceil_mode=True)", [](const auto& a) { return max_pool2d(a, window{3, 3}, ceil_mode{}); }, shape<dyn, dyn, dyn, dyn>{1, 1, 7, 8}));
  visit(shaped("max_pool2d", "torch.nn.functional.max_pool2d(a, 2)", [](const auto& a) { return max_pool2d(a, window<2>{}); }, shape<dyn, dyn, dyn, dyn>{0, 2, 4, 6}));
  visit(shaped("max_pool2d", "torch.nn.functional.max_pool2d(a, 2)", [](const auto& a) { return max_pool2d(a, window<2>{}); }, shape<dyn, dyn, dyn>{3, 5, 4}));
  visit(shaped("max_pool2d", "torch.nn.functional.max_pool2d(a.relu(), 2)", [](const auto& a) { return max_pool2d(relu(a), window<2>{}); }, shape<dyn, dyn, dyn, dyn>{2, 2, 4, 6}));
  visit(shaped("max_pool2d", "torch.nn.functional.max_pool2d((a - 1.5).relu(), 3, stride=1, padding=1)", [](const auto& a) { return max_pool2d(relu(a - 1.5), window<3>{}, stride<1>{}, padding<1>{}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 4, 5}));
  visit(shaped("avg_pool2d", "torch.nn.functional.avg_pool2d(a, 2)", [](const auto& a) { return avg_pool2d(a, window<2>{}); }, shape<dyn, dyn, dyn, dyn>{2, 2, 4, 6}));
  visit(shaped("avg_pool2d", "torch.nn.functional.avg_pool2d(a, (3, 2), stride=(1, 2))", [](const auto& a) { return avg_pool2d(a, window<3, 2>{}, stride<1, 2>{}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 5, 5}));
  visit(shaped("avg_pool2d", "torch.nn.functional.avg_pool2d(a, 3, stride=2, padding=1)", [](const auto& a) { return avg_pool2d(a, window{3}, stride{2}, padding{1}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 5, 6}));
  visit(shaped("avg_pool2d", "torch.nn.functional.avg_pool2d(a, 3, stride=2, padding=1, ceil_mode=True)", [](const auto& a) { return avg_pool2d(a, window<3>{}, stride<2>{}, padding<1>{}, ceil_mode{}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 6, 8}));
  visit(shaped("avg_pool2d", "torch.nn.functional.avg_pool2d(a, 3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)", [](const auto& a) { return avg_pool2d(a, window<3>{}, stride<2>{}, padding<1>{}, ceil_mode{}, exclude_padding{}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 6, 8}));
  visit(shaped("avg_pool2d", "torch.nn.functional.avg_pool2d(a, 2)", [](const auto& a) { return avg_pool2d(a, window<2>{}); }, shape<dyn, dyn, dyn, dyn>{0, 2, 4, 6}));
  visit(shaped("avg_pool2d", "torch.nn.functional.avg_pool2d(a, 2)", [](const auto& a) { return avg_pool2d(a, window<2>{}); }, shape<dyn, dyn, dyn>{3, 5, 4}));
  visit(shaped("avg_pool2d", "torch.nn.functional.avg_pool2d(a, 2, divisor_override=3)", [](const auto& a) { return avg_pool2d(a, window<2>{}, divisor_override<3>{}); }, shape<dyn, dyn, dyn, dyn>{2, 2, 4, 6}));
  visit(shaped("avg_pool2d", "torch.nn.functional.avg_pool2d(a, (3, 2), stride=2, padding=1, ceil_mode=True, count_include_pad=False, divisor_override=-5)", [](const auto& a) { return avg_pool2d(a, window{3, 2}, stride<2>{}, padding<1>{}, ceil_mode{}, exclude_padding{}, divisor_override{-5}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 6, 5}));
  visit(shaped("max_pool2d_with_indices", "torch.nn.functional.max_pool2d(a, 2, return_indices=True)[0]", [](const auto& a) { return max_pool2d_with_indices(a, window<2>{}).values; }, shape<dyn, dyn, dyn, dyn>{2, 2, 4, 6}));
  visit(shaped("max_pool2d_with_indices", "torch.nn.functional.max_pool2d(a, 3, stride=2, padding=1, return_indices=True)[0]", [](const auto& a) { return max_pool2d_with_indices(a, window{3}, stride{2}, padding{1}).values; }, shape<dyn, dyn, dyn, dyn>{1, 2, 5, 38}));
  visit(shaped("max_pool2d_with_indices", "torch.nn.functional.max_pool2d(a, 2, dilation=2, ceil_mode=True, padding=1, return_indices=True)[0]", [](const auto& a) { return max_pool2d_with_indices(a, window<2>{}, dilation<2>{}, padding<1>{}, ceil_mode{}).values; }, shape<dyn, dyn, dyn, dyn>{1, 2, 6, 7}));
  visit(shaped("max_pool2d_with_indices", "torch.nn.functional.max_pool2d((a * a).mT, (3, 2), stride=1, return_indices=True)[0]", [](const auto& a) { return max_pool2d_with_indices(transpose(a * a), window<3, 2>{}, stride<1>{}).values; }, shape<2, 5, 4>{}));
  visit(shaped("adaptive_avg_pool2d", "torch.nn.functional.adaptive_avg_pool2d(a, 1)", [](const auto& a) { return adaptive_avg_pool2d(a, window<1>{}); }, shape<dyn, dyn, dyn, dyn>{2, 2, 3, 4}));
  visit(shaped("adaptive_avg_pool2d", "torch.nn.functional.adaptive_avg_pool2d(a, (3, 7))", [](const auto& a) { return adaptive_avg_pool2d(a, window{3, 7}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 7, 5}));
  visit(shaped("adaptive_avg_pool2d", "torch.nn.functional.adaptive_avg_pool2d(a, 2)", [](const auto& a) { return adaptive_avg_pool2d(a, window<2>{}); }, shape<dyn, dyn, dyn>{2, 5, 6}));
  visit(shaped("max_pool2d", "torch.nn.functional.max_pool2d((a * a).mT, 2)", [](const auto& a) { return max_pool2d(transpose(a * a), window<2>{}); }, shape<dyn, dyn, dyn, dyn>{1, 2, 4, 5}));
  visit(shaped("max_pool2d", "torch.nn.functional.max_pool2d(a, 2, stride=1) * torch.nn.functional.avg_pool2d(a, 2, stride=1)", [](const auto& a) { return max_pool2d(a, window<2>{}, stride<1>{}) * avg_pool2d(a, window<2>{}, stride<1>{}); }, shape<1, 2, 4, 5>{}));
}

template <class Visit>
void normalizations(Visit&& visit) {
  visit(shaped("softmax", "a.softmax(1)", [](const auto& a) { return softmax(a, axis<1>); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("softmax", "(2 * a).softmax(0)", [](const auto& a) { return softmax(2 * a, axis<0>); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("softmax", "a.softmax(-2)", [](const auto& a) { return softmax(a, axis<-2>); }, shape<dyn, dyn, dyn>{2, 3, 4}));
  visit(shaped("log_softmax", "a.log_softmax(1)", [](const auto& a) { return log_softmax(a, axis<1>); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("log_softmax", "a.mT.log_softmax(0)", [](const auto& a) { return log_softmax(transpose(a), axis<0>); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("log_softmax", "a.log_softmax(1)", [](const auto& a) { return log_softmax(a, axis<1>); }, shape<dyn, dyn>{0, 4}));
  visit(shaped("layer_norm", "torch.nn.functional.layer_norm(a, (4,))", [](const auto& a) { return layer_norm(a, axis<1>); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("layer_norm", "torch.nn.functional.layer_norm(a.sin(), (4,), b, None, 0.01)", [](const auto& a, const auto& b) { return layer_norm(sin(a), axis<-1>, b, {.eps = 0.01}); }, shape<dyn, dyn, dyn>{2, 3, 4}, shape<dyn>{4}));
  visit(shaped("layer_norm", "torch.nn.functional.layer_norm(a, (3, 4), b, c)", [](const auto& a, const auto& b, const auto& c) { return layer_norm(a, axes<-2, -1>, b, c); }, shape<dyn, dyn, dyn>{2, 3, 4}, shape<dyn, dyn>{3, 4}, shape<dyn, dyn>{3, 4}));
  visit(shaped("layer_norm", "torch.nn.functional.layer_norm(a.mT, (19,), b, c)", [](const auto& a, const auto& b, const auto& c) { return layer_norm(transpose(a), axis<1>, b, c); }, shape<dyn, dyn>{19, 2}, shape<dyn>{19}, shape<dyn>{19}));
  visit(shaped("layer_norm", "torch.nn.functional.layer_norm(a, (4,), b, c)", [](const auto& a, const auto& b, const auto& c) { return layer_norm(a, axis<1>, b, c); }, shape<dyn, dyn>{0, 4}, shape<dyn>{4}, shape<dyn>{4}));
}

/// Conversions: to float and back, so that the result has the dtype of the operand.
template <class Visit>
void conversions(Visit&& visit) {
  visit(shaped("cast", "a.float().to(a.dtype) * a", [](const auto& a) { return cast<element_t<decltype(a)>>(cast<float>(a)) * a; }, shape<dyn, dyn>{3, 4}));
}

/// Operations on random numbers of their own, here always the same; PyTorch draws others.
template <class Visit>
void random_ops(Visit&& visit) {
  visit(shaped("dropout", "", [](const auto& a) { generator random(7); return dropout(a, 0.25, random); }, shape<dyn, dyn>{3, 4}));
  visit(shaped("dropout", "", [](const auto& a) { generator random(8); return exp(dropout(a * a, 0.5, random)); }, shape<dyn, dyn>{3, 4}));
}

/// Where a function jumps, has a kink or no value, and where two operands are equal.
template <class Visit>
void edge_ops(Visit&& visit) {
  visit(fixed("relu", "torch.relu(a)", {-1, 0, -0.0, inf, -inf, nan}, [](const auto& a) { return relu(a); }));
  visit(fixed("abs", "torch.abs(a)", {-1, 0, -0.0, inf, -inf, nan}, [](const auto& a) { return abs(a); }));
  visit(fixed("sqrt", "torch.sqrt(a)", {0, -1, 4, inf, nan}, [](const auto& a) { return sqrt(a); }));
  visit(fixed("log", "torch.log(a)", {0, -1, 1, inf, nan}, [](const auto& a) { return log(a); }));
  visit(fixed("log1p", "torch.log1p(a)", {0, -1, -2, 1e-12, inf, nan}, [](const auto& a) { return log1p(a); }));
  visit(fixed("exp", "torch.exp(a)", {0, -1000, 1000, inf, -inf, nan}, [](const auto& a) { return exp(a); }));
  visit(fixed("sigmoid", "torch.sigmoid(a)", {0, -1000, 1000, inf, -inf, nan}, [](const auto& a) { return sigmoid(a); }));
  visit(fixed("tanh", "torch.tanh(a)", {0, -1000, 1000, inf, -inf, nan}, [](const auto& a) { return tanh(a); }));
  visit(fixed("erf", "torch.erf(a)", {0, -30, 30, inf, -inf, nan}, [](const auto& a) { return erf(a); }));
  visit(fixed("gelu", "torch.nn.functional.gelu(a)", {0, -30, 30, nan}, [](const auto& a) { return gelu(a); }));
  visit(fixed("sin", "torch.sin(a)", {0, 100, -1000, inf, nan}, [](const auto& a) { return sin(a); }));
  visit(fixed("cos", "torch.cos(a)", {0, 100, -1000, inf, nan}, [](const auto& a) { return cos(a); }));
  visit(fixed("operator/", "a / b", {1, -1, 0, inf, 3}, {0, 0, 0, 2, inf}, [](const auto& a, const auto& b) { return a / b; }));
  visit(fixed("pow", "a ** b", {0, 0, 0, 0, -2, -2, 1, nan, 2, 0.5}, {0, 2, 0.5, -1, 2, 3, nan, 0, inf, inf}, [](const auto& a, const auto& b) { return pow(a, b); }));
  visit(fixed("pow", "a ** 0", {0, 3, nan, inf}, [](const auto& a) { return pow(a, 0); }));
  visit(fixed("pow", "a ** 0.5", {0, -1, 4, inf}, [](const auto& a) { return pow(a, 0.5); }));
  visit(fixed("pow", "a ** -2", {0, -2, 4, inf}, [](const auto& a) { return pow(a, -2); }));
  visit(fixed("pow", "0 ** a", {0, 1, -1, 0.5}, [](const auto& a) { return pow(0, a); }));
  visit(fixed("maximum", "torch.maximum(a, b)", {1, 1, nan, 2, inf, 0}, {1, 2, 0, nan, inf, -0.0}, [](const auto& a, const auto& b) { return maximum(a, b); }));
  visit(fixed("minimum", "torch.minimum(a, b)", {1, 1, nan, 2, inf, 0}, {1, 2, 0, nan, inf, -0.0}, [](const auto& a, const auto& b) { return minimum(a, b); }));
  visit(fixed("clamp", "torch.clamp(a, -1, 1)", {-0.5, 0, -2, 2, nan, inf}, [](const auto& a) { return clamp(a, -1, 1); }));
  visit(fixed("clamp", "torch.clamp(a, b, 2 * b)", {1.5, 3, 0, -3, -1.5}, {1, 1, 1, -1, -1}, [](const auto& a, const auto& b) { return clamp(a, b, 2 * b); }));
  visit(fixed("where", "torch.where(a.bool(), a, b)", {-1, 0, 2, nan}, {1, 2, 3, 4}, [](const auto& a, const auto& b) { return where(detach(a), a, b); }));
  visit(fixed("where", "torch.where(a > 0, a.log(), b)", {-1, 0, 2, nan}, {1, 2, 3, 4}, [](const auto& a, const auto& b) { return where(a > 0, log(a), b); }));
  visit(fixed("max", "a.max()", {1, 3, -2, 3, 3}, [](const auto& a) { return max(a); }));
  visit(fixed("min", "a.min()", {1, 3, -2, -2}, [](const auto& a) { return min(a); }));
  visit(fixed("max", "a.max(0).values", {1, 3, -2, 3, 3}, [](const auto& a) { return max(a, axis<0>).values; }));
  visit(fixed("min", "a.min(0).values", {1, -3, nan, nan}, [](const auto& a) { return min(a, axis<0>).values; }));
  visit(fixed("mean", "a.mean()", {}, [](const auto& a) { return mean(a); }));
  visit(fixed("var", "a.var()", {3}, [](const auto& a) { return var(a); }));
  visit(fixed("softmax", "a.softmax(0)", {1000, 999, -1000}, [](const auto& a) { return softmax(a, axis<0>); }));
  visit(fixed("softmax", "a.softmax(0)", {1, -inf, 2}, [](const auto& a) { return softmax(a, axis<0>); }));
  visit(fixed("softmax", "a.softmax(0)", {-inf, -inf}, [](const auto& a) { return softmax(a, axis<0>); }));
  visit(fixed("log_softmax", "a.log_softmax(0)", {1000, 999, -1000}, [](const auto& a) { return log_softmax(a, axis<0>); }));
  visit(fixed("log_softmax", "a.log_softmax(0)", {1, -inf, 2}, [](const auto& a) { return log_softmax(a, axis<0>); }));
}

/// On integers: value and dtype.
template <class Visit>
void integer_ops(Visit&& visit) {
  visit(fixed("operator+", "a + b", {1, 7, 200, 0}, {2, 7, 100, 9}, [](const auto& a, const auto& b) { return a + b; }));
  visit(fixed("operator-", "a - b", {9, 7, 200, 8}, {2, 7, 100, 1}, [](const auto& a, const auto& b) { return a - b; }));
  visit(fixed("operator*", "a * b", {1, 7, 20, 0}, {2, 7, 13, 9}, [](const auto& a, const auto& b) { return a * b; }));
  visit(fixed("operator/", "a / b", {1, 7, 200, 0}, {2, 7, 100, 0}, [](const auto& a, const auto& b) { return a / b; }));
  visit(fixed("operator+", "a + 2", {1, 7, 255}, [](const auto& a) { return a + 2; }));
  visit(fixed("operator*", "a * 0.5", {1, 7, 255}, [](const auto& a) { return a * 0.5; }));
  visit(fixed("operator/", "a / 2", {1, 7, 255}, [](const auto& a) { return a / 2; }));
  visit(fixed("operator-", "-a", {1, 7, 0}, [](const auto& a) { return -a; }));
  visit(fixed("abs", "abs(a)", {1, 7, 0}, [](const auto& a) { return abs(a); }));
  visit(fixed("square", "a.square()", {1, 7, 0, 15}, [](const auto& a) { return square(a); }));
  visit(fixed("pow", "a ** b", {2, 3, 0, 5, 1}, {5, 4, 0, 0, 200}, [](const auto& a, const auto& b) { return pow(a, b); }));
  visit(fixed("pow", "a ** 3", {2, 3, 0, 5}, [](const auto& a) { return pow(a, 3); }));
  visit(fixed("pow", "a ** 0.5", {4, 9, 0}, [](const auto& a) { return pow(a, 0.5); }));
  visit(fixed("maximum", "torch.maximum(a, b)", {1, 7, 200}, {2, 7, 100}, [](const auto& a, const auto& b) { return maximum(a, b); }));
  visit(fixed("minimum", "torch.minimum(a, b)", {1, 7, 200}, {2, 7, 100}, [](const auto& a, const auto& b) { return minimum(a, b); }));
  visit(fixed("clamp", "a.clamp(2, 100)", {1, 7, 200}, [](const auto& a) { return clamp(a, 2, 100); }));
  visit(fixed("relu", "a.relu()", {1, 0, 200}, [](const auto& a) { return relu(a); }));
  visit(fixed("where", "torch.where(a > 5, a, b)", {1, 7, 200}, {2, 7, 100}, [](const auto& a, const auto& b) { return where(a > 5, a, b); }));
  visit(fixed("exp", "a.exp()", {0, 1, 2}, [](const auto& a) { return exp(a); }));
  visit(fixed("sqrt", "a.sqrt()", {0, 4, 2}, [](const auto& a) { return sqrt(a); }));
  visit(fixed("sum", "a.sum()", {1, 200, 100}, [](const auto& a) { return sum(a); }));
  visit(fixed("max", "a.max()", {1, 200, 100}, [](const auto& a) { return max(a); }));
  visit(fixed("min", "a.min(0).values", {10, 2, 100}, [](const auto& a) { return min(a, axis<0>).values; }));
  visit(fixed("argmin", "a.argmin()", {10, 2, 100, 2}, [](const auto& a) { return argmin(a); }));
  visit(fixed("matmul", "a @ b", {1, 2, 3}, {4, 5, 6}, [](const auto& a, const auto& b) { return matmul(a, b); }));
  visit(fixed("operator==", "a == b", {1, 2, 200}, {1, 3, 100}, [](const auto& a, const auto& b) { return a == b; }));
  visit(fixed("operator!=", "a != b", {1, 2, 200}, {1, 3, 100}, [](const auto& a, const auto& b) { return a != b; }));
  visit(fixed("operator<", "a < b", {1, 2, 200}, {1, 3, 100}, [](const auto& a, const auto& b) { return a < b; }));
  visit(fixed("operator<=", "a <= b", {1, 2, 200}, {1, 3, 100}, [](const auto& a, const auto& b) { return a <= b; }));
  visit(fixed("operator>", "a > b", {1, 2, 200}, {1, 3, 100}, [](const auto& a, const auto& b) { return a > b; }));
  visit(fixed("operator>=", "a >= b", {1, 2, 200}, {1, 3, 100}, [](const auto& a, const auto& b) { return a >= b; }));
  visit(fixed("operator<", "a < 1.5", {1, 2, 200}, [](const auto& a) { return a < 1.5; }));
  visit(fixed("operator+=", "a + b", {1, 7, 200, 0}, {2, 7, 100, 9}, [](const auto& a, const auto& b) { auto y = a; y += b; return y; }));
}

}  // namespace tessera::tests
