// The runner's dead letters: from the store to their topic, at least once.
#include "common/projection/runner_owned.h"

namespace godwit::projection {

void Runner::publish_dead_letters(Owned& owned) {
  {
    const std::lock_guard lock{owned.acknowledged->mutex};
    // Those acknowledged but not yet marked are still in the store and would be published again.
    if (!owned.has_letters || owned.acknowledged->in_flight > 0 || !owned.acknowledged->ids.empty()) return;
  }
  try {
    auto letters = owned.store->unpublished(options_.dead_letters_max);
    owned.has_letters = !letters.empty();
    for (DeadLetter& letter : letters) {
      const auto acknowledged = owned.acknowledged;
      {
        const std::lock_guard lock{acknowledged->mutex};
        ++acknowledged->in_flight;
      }
      const auto accepted = publisher_.publish(
          std::move(letter.record), [acknowledged, id = letter.id](const Result<stream::Placed>& placed) {
            const std::lock_guard lock{acknowledged->mutex};
            --acknowledged->in_flight;
            if (placed) acknowledged->ids.push_back(id);
          });
      if (accepted) continue;
      const std::lock_guard lock{acknowledged->mutex};
      --acknowledged->in_flight;
      break;  // the queue is full or the broker away: the rest stays in the store and is tried next turn
    }
  } catch (const StoreUnavailable& failure) {
    fail(owned, failure);
  }
}

void Runner::collect_published() {
  for (auto& [name, owned] : owned_) {
    std::vector<std::int64_t> ids;
    {
      const std::lock_guard lock{owned->acknowledged->mutex};
      ids.swap(owned->acknowledged->ids);
    }
    if (ids.empty() || !owned->store) continue;
    try {
      owned->store->mark_published(ids);
    } catch (const StoreUnavailable& failure) {
      // Published but not marked: they are published once more later, which the key of the record makes
      // visible.
      fail(*owned, failure);
    }
  }
}

}  // namespace godwit::projection
