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

  TESSERA_COLD explicit model_entries(const std::vector<named_parameter>& all) : entries(all.size()), holds(all.size()) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const named_parameter& p = all[i];
      const block& value = p.node().value;
      holds[i] = value.device().is_gpu() ? value.copy(device::cpu()) : value;
      entries[i].name = p.name;
      entries[i].type = p.type;
      entries[i].shape = p.shape();
      entries[i].bytes = {static_cast<const std::byte*>(holds[i].data()), static_cast<std::size_t>(p.size()) * size_of(p.type)};
    }
  }
};

/// What a model and a file do not agree in, a line for each tensor.
class load_report {
 public:
  TESSERA_COLD_ONCE void add(const char* what, const std::string& name, std::initializer_list<message_part> more) {
    for (const message_part& part : {message_part("\n  "), message_part(what), message_part(name)}) part.append_to(text_);
    for (const message_part& part : more) part.append_to(text_);
  }
  TESSERA_COLD_ONCE void check(const std::string& source) const {
    if (!text_.empty()) raise<io_error>({"tessera::load: ", source, " does not fit the model:", text_});
  }

 private:
  std::string text_;
};

/// For each parameter its tensor in the file, or null.
[[nodiscard]] TESSERA_COLD_ONCE std::vector<const io::entry*> match(const std::vector<named_parameter>& all, const io::record& from, bool strict, load_report& report) {
  std::vector<const io::entry*> found(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const named_parameter& p = all[i];
    if (const std::string* reason = from.reason_without(p.name); reason != nullptr) {
      report.add("unreadable: ", *reason, {});
      continue;
    }
    const io::entry* e = found[i] = from.find(p.name);
    if (e == nullptr && strict) report.add("missing: ", p.name, {", ", name_of(p.type), ' ', p.shape()});
    if (e != nullptr && (e->type != p.type || e->shape != p.shape()))
      report.add("misshapen: ", p.name, {" is ", name_of(e->type), ' ', e->shape, " there and ", name_of(p.type), ' ', p.shape(), " in the model"});
  }
  if (!strict) return found;
  for (const io::entry& e : from) {
    bool known = false;
    for (const named_parameter& p : all) known = known || p.name == e.name;
    if (!known) report.add("unexpected: ", e.name, {", ", name_of(e.type), ' ', e.shape});
  }
  return found;
}

/// Checks everything before the first element is written: a model is loaded whole or not at all.
TESSERA_COLD_ONCE void load_into(const std::vector<named_parameter>& all, const io::record& from, const std::string& source, load_options options) {
  load_report report;
  const std::vector<const io::entry*> found = match(all, from, options.strict, report);
  report.check(source);
  std::vector<block> fresh(all.size());  // memory for all of it first: running out half way must not leave a mixture
  for (std::size_t i = 0; i < all.size(); ++i) {
    const block& value = all[i].node().value;
    if (found[i] != nullptr && value.references() > 1) fresh[i] = block(value.bytes(), value.device());
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
