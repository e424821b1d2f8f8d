// GroupState: what the membership thread knows and the lanes need to know. Safe from every thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "common/base/result.h"

namespace godwit::kafka {

class GroupState {
 public:
  // Why nothing can be read, for a lane that has no record to hand out. A passing error is told once.
  std::optional<Error> fatal() const;
  std::optional<Error> trouble();

  void set_unequal(std::optional<std::string> why);  // partition counts that cannot be folded together
  void set_down(std::optional<std::string> why);     // no broker can be reached
  void add_missing(const std::string& topic);        // a topic that does not exist yet
  void set_passing(Error error);
  bool any_missing() const;
  void ask_to_join_anew();  // for a new assignment of what is held already
  bool take_join_anew();    // whether somebody asked since the last time
  template <class Exists>
  void forget_missing(Exists exists) {
    const std::lock_guard lock{mutex_};
    std::erase_if(missing_, exists);
  }

  // Empty while unknown.
  std::string cluster_id() const;
  void set_cluster_id(std::string id);
  // Partitions of each topic, as of the last assignment.
  std::map<std::string, std::int32_t> partition_counts() const;
  void set_partition_counts(std::map<std::string, std::int32_t> counts);

 private:
  mutable std::mutex mutex_;
  std::optional<std::string> unequal_;
  std::optional<std::string> down_;
  std::set<std::string> missing_;
  std::optional<Error> passing_;
  bool join_anew_ = false;
  std::string cluster_id_;
  std::map<std::string, std::int32_t> counts_;
};

}  // namespace godwit::kafka
