// Flags of godwit-progress beside those of every consumer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/service/flags.h"
#include "consumers/progress/projection.h"

namespace godwit::progress {

struct Settings {
  std::int64_t stall_after_seconds = 300;
  std::int64_t keep_finished_days = 30;
  std::vector<std::string> stage_weights = {};  // "export=5"
  Millis stream_interval_min{
      200};  // at most this often is a stream told of its task, unless it asks for another rate
  Millis stream_retry{2'000};  // told to clients: how long to wait before they connect again

  void add(service::Flags& flags);
  // `invalid`, naming the flag, for a weight that is none.
  Result<Weights> weights() const;
  Result<Progress> projection() const;
};

}  // namespace godwit::progress
