// SPDX-License-Identifier: BSL-1.0
// Matrix products on LibTorch, into a matrix that is there, and with their gradients.

#include <peers/torch.hpp>

namespace {

using peers::numbers;

template <class T>
void add(const cases::product& p, const std::string& name) {
  peers::add_torch(name, p.amount<T>(), [p] {
    const at::Tensor a = p.transposed_a ? numbers<T>({p.k, p.m}).t() : numbers<T>({p.m, p.k}), b = p.transposed_b ? numbers<T>({p.n, p.k}).t() : numbers<T>({p.k, p.n});
    return [a, b, c = numbers<T>({p.m, p.n})]() mutable { return at::mm_out(c, a, b); };
  });
}

[[maybe_unused]] const int registered = [] {
  cases::for_each_product([]<class T>(T, const cases::product& p, const std::string& name) { add<T>(p, name); });
  cases::for_each_fixed_product([]<int>(const cases::product& p, const std::string& name) { add<float>(p, name); });
  cases::for_each_trained_product([](const cases::product& p, const std::string& name, measure::work w) {
    peers::add_torch_training(name, w, [p] {
      return std::pair([dc = numbers({p.m, p.n})](const at::Tensor& a, const at::Tensor& b) { at::mm(a, b).backward(dc); },
                       std::tuple(numbers({p.m, p.k}).requires_grad_(), numbers({p.k, p.n}).requires_grad_()));
    });
  });
  return 0;
}();

}  // namespace
