// Story: the events of one task as a test tells them, and the fold of events without a store.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/event/event.h"
#include "consumers/dashboard/projection.h"

namespace godwit::test {

inline const Timestamp noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} +
                            std::chrono::hours{12}};

// Each call returns an event `at` seconds after noon, with an id of its own. A value; set attempt, provider
// or vm_name between calls.
class Story {
 public:
  explicit Story(std::string task_id) : vm_name("vm-" + task_id), task_id_(std::move(task_id)) {}

  event::Event make(event::Type type, std::int64_t at);
  event::Event started(std::int64_t at) { return make(event::Type::task_started, at); }
  event::Event completed(std::int64_t at, std::int64_t seconds = 60);
  event::Event failed(std::int64_t at, const std::string& message = "no space left");
  event::Event cancelled(std::int64_t at) { return make(event::Type::task_cancelled, at); }
  event::Event stage(event::Type type, std::int64_t at, const std::string& stage);
  event::Event tick(std::int64_t at, const std::string& stage, double percentage);

  std::int64_t attempt = 1;
  std::string provider = "vsphere";
  std::string vm_name;

 private:
  std::string task_id_;
  int made_ = 0;
};

struct Folded {
  dashboard::Task task;
  dashboard::Counters counters;

  bool operator==(const Folded&) const = default;
};

// Every state on the way passes through its stored form, as after a restart.
Folded fold(const std::vector<event::Event>& events);

}  // namespace godwit::test
