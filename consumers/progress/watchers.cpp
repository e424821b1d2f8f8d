#include "consumers/progress/watchers.h"

namespace godwit::progress {

bool Watchers::Watch::wait(Millis timeout, const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  const bool told = changed_.wait_for(lock, stop, timeout, [this] { return news_; });
  news_ = false;
  return told;
}

void Watchers::Watch::pause(Millis time, const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, stop, time, [] { return false; });
}

std::shared_ptr<Watchers::Watch> Watchers::watch(const std::string& task_id) {
  auto watch = std::make_shared<Watch>();
  const std::lock_guard lock{mutex_};
  std::erase_if(watches_, [](const auto& entry) { return entry.second.expired(); });
  watches_.emplace(task_id, watch);
  return watch;
}

void Watchers::tell(const projection::Touched& task_ids) {
  const std::lock_guard lock{mutex_};
  if (watches_.empty()) return;
  for (const std::string& task_id : task_ids) {
    const auto [first, last] = watches_.equal_range(task_id);
    for (auto at = first; at != last; ++at) {
      const auto watch = at->second.lock();
      if (!watch) continue;
      const std::lock_guard news{watch->mutex_};
      watch->news_ = true;
      watch->changed_.notify_one();
    }
  }
}

}  // namespace godwit::progress
