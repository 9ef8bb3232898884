// SPDX-License-Identifier: BSL-1.0
// Copies to the emulated GPUs that nobody waits for: the ring they go through, and batches that travel ahead of the work.
#include <tessera/tessera.hpp>

#include <doctest/doctest.h>

#include <numeric>
#include <vector>

namespace tessera {
namespace {

/// A queue whose copies are done only when somebody waits.
struct slow_queue {
  using event = std::size_t;
  struct copy_of {
    void* to;
    const void* from;
    std::size_t bytes;
  };
  std::vector<copy_of> all;
  std::size_t done = 0, waits = 0;
  std::vector<std::vector<std::byte>> memory;

  static std::size_t make_event() { return 0; }
  void* reserve(std::size_t bytes) { return memory.emplace_back(bytes).data(); }
  void copy(void* to, const void* from, std::size_t bytes) { all.push_back({to, from, bytes}); }
  void record(event& here) const { here = all.size(); }
  [[nodiscard]] bool is_done(event which) const { return which <= done; }
  void wait(event which) {
    if (!is_done(which)) ++waits;
    for (; done < which; ++done) std::memcpy(all[done].to, all[done].from, all[done].bytes);
  }
};
using ring = gpu::memory::staging<slow_queue>;

TEST_CASE("what was uploaded may be overwritten at once, and arrives whole") {
  slow_queue queue;
  ring through;
  constexpr std::size_t n = 3 * ring::slot_bytes / sizeof(int) + 7;
  std::vector<int> from(n), to(n);
  std::iota(from.begin(), from.end(), 0);
  through.upload(queue, to.data(), from.data(), n * sizeof(int));
  std::vector<int> second(5);
  through.upload(queue, second.data(), from.data() + 1, 5 * sizeof(int));
  std::fill(from.begin(), from.end(), -1);
  CHECK(queue.waits == 0);
  CHECK(queue.done == 0);
  queue.wait(queue.all.size());
  std::iota(from.begin(), from.end(), 0);
  CHECK(to == from);
  CHECK(second == std::vector{1, 2, 3, 4, 5});
}

TEST_CASE("slots are used again when their copies are done, and only a full ring waits") {
  slow_queue queue;
  ring through;
  const std::vector<std::byte> from(ring::slot_bytes, std::byte{7});
  std::vector<std::vector<std::byte>> to(ring::most_slots + 3, std::vector<std::byte>(ring::slot_bytes));
  const auto upload = [&](std::size_t i) { through.upload(queue, to[i].data(), from.data(), from.size()); };
  for (std::size_t i = 0; i < 5; ++i) {  // each is done before the next
    upload(i);
    queue.wait(queue.all.size());
  }
  CHECK(through.reserved() == ring::slot_bytes);
  queue.waits = 0;
  for (std::size_t i = 0; i < ring::most_slots; ++i) upload(i);
  CHECK(queue.waits == 0);
  CHECK(through.reserved() == ring::most_slots * ring::slot_bytes);
  for (std::size_t i = 0; i < 3; ++i) upload(ring::most_slots + i);
  CHECK(queue.waits == 3);
  CHECK(through.reserved() == ring::most_slots * ring::slot_bytes);
  queue.wait(queue.all.size());
  for (const auto& each : to) CHECK(each == from);
}

TEST_CASE("a copy that runs ahead of the work is there when the work has joined it") {
  const tensor<float, shape<4>> numbers{1, 2, 3, 4};
  block there = [&] {
    const gpu::memory::ahead scope;
    return numbers.captured().copy(device::gpu());
  }();
  const auto x = tensor<float, shape<4>>::adopt(there, shape<4>{});
  CHECK(!equal(x, numbers));  // it is still on its way
  gpu::memory::join(0);
  CHECK(equal(x, numbers));
}

/// The numbers of all batches of an epoch.
template <class D>
std::vector<float> epoch_of(const D& dataset, data::loader_options options) {
  manual_seed(5);
  std::vector<float> all;
  for (auto&& [images, labels] : data::loader{std::cref(dataset), options}) {
    CHECK(images.device() == options.device);
    CHECK(labels.device() == options.device);
    const tensor both = images * 2.F + reshape(cast<float>(labels), shape<dyn, 1>{labels.size()});
    const tensor here = to(both, device::cpu());
    all.insert(all.end(), here.begin(), here.end());
  }
  return all;
}

TEST_CASE("a loader gives the same batches on every device") {
  manual_seed(1);
  const data::tensor_dataset dataset{randn<float>(shape<103, 6>{}), randint(0, 9, shape<103>{})};
  for (const int workers : {0, 1, 3}) {
    const data::loader_options options{.batch_size = 10, .shuffle = true, .workers = workers};
    const auto wanted = epoch_of(dataset, options);
    CHECK(wanted.size() == 103 * 6);
    for (const device where : {device::gpu(0), device::gpu(1)}) {
      data::loader_options there = options;
      there.device = where;
      CHECK(epoch_of(dataset, there) == wanted);
    }
  }
}

TEST_CASE("a loader for a GPU may be left early, and gives its memory back") {
  const std::size_t before = gpu::memory_allocated(device::gpu());
  const data::tensor_dataset dataset{ones<float>(shape<64, 6>{}), zeros<std::int64_t>(shape<64>{})};
  for (const int workers : {0, 2})
    for (auto&& [images, labels] : data::loader{std::cref(dataset), {.batch_size = 4, .workers = workers, .device = device::gpu()}}) {
      CHECK(sum(images).item() == 24);
      CHECK(sum(labels).item() == 0);
      if (workers == 0) break;
    }
  CHECK(gpu::memory_allocated(device::gpu()) == before);
}

struct broken {
  [[nodiscard]] static extent size() { return 20; }
  [[nodiscard]] static float get(extent i) {
    if (i == 9) throw std::runtime_error("sample is broken");
    return static_cast<float>(i);
  }
};
TEST_CASE("what a worker throws arrives where the loop reaches it") {
  for (const int workers : {0, 1, 2}) {
    int seen = 0;
    const auto run = [&] {
      for (auto&& x : data::loader{broken{}, {.batch_size = 2, .workers = workers, .device = device::gpu()}}) {
        CHECK(sum(x).item() == static_cast<float>(4 * seen + 1));
        ++seen;
      }
    };
    CHECK_THROWS_AS(run(), std::runtime_error);
    CHECK(seen == 4);
  }
}

TEST_CASE("copies between GPUs wait for nothing") {
  const tensor x = to(randn<float>(shape<50, 3>{}), device::gpu(0));
  const gpu::no_waiting guard;
  const tensor y = to(tensor(x * 2.F), device::gpu(1));
  const tensor z = to(tensor(y + 1.F), device::gpu(0));
  CHECK(z.device() == device::gpu(0));
}

}  // namespace
}  // namespace tessera
