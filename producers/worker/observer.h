// Observer: who is told, beside the log, how a migration goes: the terminal. Called on the migration's
// thread.
#pragma once

#include <string_view>

#include "producers/cpp/payload.h"

namespace godwit::worker {

enum class StageEnd { completed, failed, cancelled };

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void stage_started(std::string_view stage, int index, int total) = 0;
  // A line for whoever watches.
  virtual void note(std::string_view text) = 0;
  virtual void progress(const producer::Tick& tick) = 0;
  virtual void stage_ended(std::string_view stage, StageEnd end, Millis duration) = 0;
};

}  // namespace godwit::worker
