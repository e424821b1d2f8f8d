// Observed: one consumer's fold, watched by a scenario. Adding a consumer to the scenarios means one class
// here and one line in scenario_test.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/projection/memory_store.h"
#include "common/projection/runner.h"
#include "common/stream/memory_log.h"

namespace godwit::scenario {

using Words = std::vector<std::string>;

class Observed {
 public:
  virtual ~Observed() = default;
  // Folds whatever the log holds that was not folded yet.
  virtual void fold() = 0;
  // What follows `expect <view>`. Empty when it is so, else what is so instead.
  virtual std::string check(const Words& expected) = 0;
};

// The one loop over an in-memory store with a single partition.
template <projection::Projection P>
class Fold {
 public:
  explicit Fold(stream::MemoryLog& log)
      : runner_({.consumer = std::string{P::name}}, stores_, log, clock_, {}), source_(log, runner_) {
    source_.assign({{"migrations.lifecycle", stream::Partition{0}},
                    {"migrations.progress", stream::Partition{0}},
                    {"platform.activity", stream::Partition{0}}});
  }

  void turn() { runner_.turn(source_); }
  const projection::MemoryImage<P>& image() { return disk_.images["p-0000"]; }

 private:
  FakeClock clock_{Timestamp{}};
  projection::MemoryDisk<P> disk_;
  projection::MemoryStores<P> stores_{disk_};
  projection::Runner runner_;
  stream::MemorySource source_;
};

std::unique_ptr<Observed> observe_progress(stream::MemoryLog& log);
std::unique_ptr<Observed> observe_metrics(stream::MemoryLog& log);

}  // namespace godwit::scenario
