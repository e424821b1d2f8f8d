// Watchers: who waits for news of which task. The folding thread tells, stream threads wait; neither ever
// holds the other up.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "common/base/clock.h"
#include "common/projection/store.h"

namespace godwit::progress {

class Watchers {
 public:
  // One stream's interest in one task, for as long as it lives. Any number of changes between two waits count
  // as one.
  class Watch {
   public:
    // True when the task has changed since the last wait, false after `timeout` or when stopped.
    bool wait(Millis timeout, const std::stop_token& stop);
    // Lets `time` pass, or less when stopped; news that comes meanwhile is kept for the next wait.
    void pause(Millis time, const std::stop_token& stop);

   private:
    friend class Watchers;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool news_ = false;
  };

  std::shared_ptr<Watch> watch(const std::string& task_id);
  // Wakes whoever watches these tasks. Quick; called after each commit.
  void tell(const projection::Touched& task_ids);

 private:
  std::mutex mutex_;
  std::multimap<std::string, std::weak_ptr<Watch>> watches_;
};

}  // namespace godwit::progress
