// Recent: which tasks have changed lately, told by the folding threads and asked by whoever streams. Bounded
// in time and in number; pure, told the time.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace godwit::dashboard {

using Steady = std::chrono::steady_clock;

struct RecentOptions {
  std::chrono::milliseconds kept{3'000};  // a change is forgotten after this
  std::size_t tasks_max = 50'000;         // changes beyond are lost, which changes_since() tells
};

// Safe from every thread.
class Recent {
 public:
  explicit Recent(const RecentOptions& options = {}) : options_(options) {}

  void note(const std::string& store, const std::vector<std::string>& task_ids, Steady::time_point now);

  struct Changes {
    std::map<std::string, std::vector<std::string>> by_store;
    bool whole = true;  // false: some that changed are not among them
  };
  // Those that changed at `since` or later.
  Changes since(Steady::time_point since) const;

 private:
  void forget(Steady::time_point before);

  const RecentOptions options_;
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, Steady::time_point>> changed_;  // by store and task
  std::size_t size_ = 0;
  Steady::time_point pruned_at_{};
  Steady::time_point lost_at_{};
};

}  // namespace godwit::dashboard
