#include "consumers/dashboard/recent.h"

#include "consumers/dashboard/projection.h"

namespace godwit::dashboard {

void Recent::note(const std::string& store, const std::vector<std::string>& task_ids,
                  Steady::time_point now) {
  const std::lock_guard lock{mutex_};
  if (now - pruned_at_ > options_.kept / 4) forget(now - options_.kept);
  auto& tasks = changed_[store];
  for (const std::string& task_id : task_ids) {
    if (!is_task_key(task_id)) continue;
    if (size_ == options_.tasks_max && !tasks.contains(task_id)) {
      lost_at_ = now;
      continue;
    }
    if (tasks.insert_or_assign(task_id, now).second) ++size_;
  }
  pruned_at_ = std::max(pruned_at_, now - options_.kept);
}

Recent::Changes Recent::since(Steady::time_point since) const {
  const std::lock_guard lock{mutex_};
  Changes out;
  out.whole = lost_at_ < since;
  for (const auto& [store, tasks] : changed_)
    for (const auto& [task_id, at] : tasks)
      if (at >= since) out.by_store[store].push_back(task_id);
  return out;
}

void Recent::forget(Steady::time_point before) {
  for (auto& [store, tasks] : changed_)
    size_ -= std::erase_if(tasks, [&](const auto& entry) { return entry.second < before; });
  pruned_at_ = before + options_.kept;
}

}  // namespace godwit::dashboard
