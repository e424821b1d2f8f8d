// Sealer: seals one segment at a time on a thread of its own. Private to consumers/audit.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "consumers/audit/sealed_file.h"

namespace godwit::audit {

// Used by one thread. Its end stops what is under way, which is then begun again by the next.
class Sealer {
 public:
  Sealer(std::string partition_file, std::string folder)
      : partition_file_(std::move(partition_file)), folder_(std::move(folder)) {}
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  bool busy() const { return thread_.joinable(); }
  // Whether take_outcome() has one.
  bool finished();
  // Only while not busy().
  void begin(const Segment& segment);
  // What has become of it; nullopt while it is under way.
  std::optional<Result<ledger::Digest>> take_outcome();

 private:
  const std::string partition_file_, folder_;
  std::mutex mutex_;
  std::optional<Result<ledger::Digest>> outcome_;  // under mutex_
  std::jthread thread_;
};

}  // namespace godwit::audit
