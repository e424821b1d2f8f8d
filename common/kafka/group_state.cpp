#include "common/kafka/group_state.h"

#include <fmt/format.h>

#include <utility>

namespace godwit::kafka {

std::optional<Error> GroupState::fatal() const {
  const std::lock_guard lock{mutex_};
  if (!unequal_) return std::nullopt;
  return fatal_error(*unequal_);
}

std::optional<Error> GroupState::trouble() {
  const std::lock_guard lock{mutex_};
  if (passing_) return std::exchange(passing_, std::nullopt);
  if (!missing_.empty())
    return transient_error(
        fmt::format("topic {} does not exist; run `godwit topics create`", *missing_.begin()));
  if (down_) return transient_error(fmt::format("Kafka cannot be reached: {}", *down_));
  return std::nullopt;
}

void GroupState::set_unequal(std::optional<std::string> why) {
  const std::lock_guard lock{mutex_};
  unequal_ = std::move(why);
}

void GroupState::set_down(std::optional<std::string> why) {
  const std::lock_guard lock{mutex_};
  down_ = std::move(why);
}

void GroupState::add_missing(const std::string& topic) {
  const std::lock_guard lock{mutex_};
  missing_.insert(topic);
}

void GroupState::set_passing(Error error) {
  const std::lock_guard lock{mutex_};
  passing_ = std::move(error);
}

bool GroupState::any_missing() const {
  const std::lock_guard lock{mutex_};
  return !missing_.empty();
}

void GroupState::ask_to_join_anew() {
  const std::lock_guard lock{mutex_};
  join_anew_ = true;
}

bool GroupState::take_join_anew() {
  const std::lock_guard lock{mutex_};
  return std::exchange(join_anew_, false);
}

std::string GroupState::cluster_id() const {
  const std::lock_guard lock{mutex_};
  return cluster_id_;
}

void GroupState::set_cluster_id(std::string id) {
  const std::lock_guard lock{mutex_};
  cluster_id_ = std::move(id);
}

std::map<std::string, std::int32_t> GroupState::partition_counts() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

void GroupState::set_partition_counts(std::map<std::string, std::int32_t> counts) {
  const std::lock_guard lock{mutex_};
  counts_ = std::move(counts);
}

}  // namespace godwit::kafka
