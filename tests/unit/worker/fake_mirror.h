// A Mirror without disks: it copies what the test says is there.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <fstream>

#include "producers/worker/warm_engine.h"

namespace godwit::test {

class FakeMirror final : public worker::Mirror {
 public:
  template <class T>
  using Staged = worker::Staged<T>;

  // What the source's writer writes between rounds: the bytes dirty after the full copy, after the first
  // round, and so on; nothing once there is no more.
  void write_between_rounds(std::deque<std::int64_t> bytes) { writes_ = std::move(bytes); }
  void fail_round(std::int64_t number) { failing_ = number; }

  Staged<std::vector<std::string>> open(const std::vector<worker::Disk>& disks) override {
    did.emplace_back("open");
    for (const worker::Disk& disk : disks) std::ofstream{disk.converted} << "image";
    return std::vector<std::string>(disks.size(), "nbd:");
  }
  Staged<std::int64_t> copy_all(std::int64_t, worker::Attempt&, const OnBytes& on_bytes) override {
    return copied("copy all", 4096, on_bytes);
  }
  Staged<std::int64_t> copy_dirty(std::int64_t, worker::Attempt&, const OnBytes& on_bytes) override {
    return copied("copy dirty", dirty_, on_bytes);
  }
  Staged<std::int64_t> bytes_dirty(std::int64_t) override { return dirty_; }
  Staged<Done> freeze() override {
    did.emplace_back("freeze");
    return Done{};
  }
  Staged<Done> close() override {
    did.emplace_back("close");
    return Done{};
  }

  std::vector<std::string> did;

 private:
  Staged<std::int64_t> copied(const std::string& what, std::int64_t bytes, const OnBytes& on_bytes) {
    did.push_back(fmt::format("{} {}", what, bytes));
    if (rounds_++ == failing_)
      return worker::Stopped{worker::make_failure("tool_failed", "tool", "no", "qemu-storage-daemon", true)};
    on_bytes(bytes, bytes);
    dirty_ = writes_.empty() ? 0 : writes_.front();
    if (!writes_.empty()) writes_.pop_front();
    return bytes;
  }

  std::deque<std::int64_t> writes_;
  std::int64_t dirty_ = 0;
  std::int64_t rounds_ = 0;
  std::int64_t failing_ = -1;
};

}  // namespace godwit::test
