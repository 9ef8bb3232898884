// SPDX-License-Identifier: BSL-1.0
#pragma once
// Saving and loading models as safetensors, in files and in memory. Names are paths of fields, as PyTorch has them.

#include <tessera/io/safetensors.hpp>
#include <tessera/nn/module.hpp>

namespace tessera {

namespace nn {

/// Options of load.
struct load_options {
  bool strict = true;  // false: tensors that only one side has are left alone
};

namespace detail {

/// The parameters of a model as entries that look at the model's memory, or at a copy of what is on a GPU.
struct model_entries {
  std::vector<io::entry> entries;
  std::vector<block> holds;

  explicit model_entries(const std::vector<named_parameter>& all) {
    for (const named_parameter& p : all) {
      holds.push_back(p.node().value.device().is_gpu() ? p.node().value.copy(device::cpu()) : p.node().value);
      entries.push_back({p.name, p.type, p.shape(), {static_cast<const std::byte*>(holds.back().data()), static_cast<std::size_t>(p.size()) * size_of(p.type)}});
    }
  }
};

/// Checks everything before the first element is written: a model is loaded whole or not at all.
TESSERA_COLD_ONCE void load_into(const std::vector<named_parameter>& all, const io::record& from, const std::string& source, load_options options) {
  std::string problems;
  const auto report = [&](std::initializer_list<message_part> line) { problems += message({"\n  ", message(line)}); };
  std::vector<const io::entry*> found;
  for (const named_parameter& p : all) {
    const io::entry* e = nullptr;
    try {
      e = from.find(p.name);
      if (e == nullptr && options.strict) report({"missing: ", p.name, ", ", name_of(p.type), ' ', p.shape()});
    } catch (const io_error& unreadable) {
      report({"unreadable: ", unreadable.what()});
    }
    if (e != nullptr && (e->type != p.type || e->shape != p.shape()))
      report({"misshapen: ", p.name, " is ", name_of(e->type), ' ', e->shape, " there and ", name_of(p.type), ' ', p.shape(), " in the model"});
    found.push_back(e);
  }
  if (options.strict)
    for (const io::entry& e : from)
      if (std::none_of(all.begin(), all.end(), [&](const named_parameter& p) { return p.name == e.name; }))
        report({"unexpected: ", e.name, ", ", name_of(e.type), ' ', e.shape});
  if (!problems.empty()) raise<io_error>({"tessera::load: ", source, " does not fit the model:", problems});

  std::vector<block> fresh;  // memory for all of it first: running out half way must not leave a mixture
  for (std::size_t i = 0; i < all.size(); ++i) {
    fresh.push_back(found[i] != nullptr && all[i].node().value.references() > 1 ? block(all[i].node().value.bytes(), all[i].node().value.device()) : block());
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (found[i] == nullptr) continue;
    autograd::leaf_node& n = all[i].node();
    if (fresh[i]) n.value = std::move(fresh[i]);
    n.value.write(found[i]->bytes.data(), found[i]->bytes.size());
  }
}

}  // namespace detail

/// The parameters of a model by name, as a copy. like torch.nn.Module.state_dict
template <class M>
[[nodiscard]] io::record state_dict(const M& model) {
  return io::parse_safetensors(io::encode_safetensors(detail::model_entries(parameters(model)).entries), "the state of a model");
}

/// Writes named tensors into a model's leaves.
///   error  io_error that lists every missing, unexpected and misshapen tensor; the model is then as it was
///   like   torch.nn.Module.load_state_dict
template <class M>
void load_state_dict(M& model, const io::record& state, load_options options = {}) {
  detail::load_into(parameters(model), state, "the state", options);
}

}  // namespace nn

/// Writes a model's parameters to a safetensors file: to a temporary beside it, which is flushed and renamed.
///   error  io_error naming the file; the old file is then as it was
///   like   safetensors.torch.save_model
template <class M>
void save(const M& model, const std::filesystem::path& file) {
  io::write_safetensors(file, nn::detail::model_entries(nn::parameters(model)).entries);
}
/// The same bytes in memory.
template <class M>
[[nodiscard]] std::vector<std::byte> save(const M& model) {
  return io::encode_safetensors(nn::detail::model_entries(nn::parameters(model)).entries);
}

/// Reads a model's parameters from a safetensors file into its leaves. An optimiser that was made before goes on with them.
///   error  io_error naming the file, and listing every missing, unexpected and misshapen tensor; the model is then as it was
template <class M>
void load(M& model, const std::filesystem::path& file, nn::load_options options = {}) {
  nn::detail::load_into(nn::parameters(model), io::read_safetensors(file), file.string(), options);
}
/// The same from memory.
template <class M>
void load(M& model, std::span<const std::byte> bytes, nn::load_options options = {}) {
  nn::detail::load_into(nn::parameters(model), io::parse_safetensors(bytes, "memory"), "memory", options);
}

}  // namespace tessera
