// The dispatcher's partitions: which are here, which have caught up, what became of those that went.
#include <fmt/format.h>

#include <algorithm>

#include "common/base/log.h"
#include "consumers/webhooks/dispatcher.h"

namespace godwit::webhooks {
namespace {

// The partition files whose every topic has been read to its end once since it was assigned.
std::map<std::string, bool> caught_up_stores(const projection::RunnerSnapshot& folded) {
  std::map<std::string, bool> out;
  for (const projection::PartitionState& state : folded.partitions) {
    const auto [at, first] = out.emplace(fmt::format("p-{:04}", state.at.partition.value()), state.caught_up);
    if (!first) at->second = at->second && state.caught_up;
  }
  return out;
}

// Of all partitions of the topics folded: how many are here.
double share_of(const projection::RunnerSnapshot& folded) {
  std::int64_t all = 0;
  for (const auto& [topic, count] : folded.partition_counts) all += count;
  const auto here = static_cast<double>(folded.partitions.size());
  return all > 0 && here > 0 ? std::min(here / static_cast<double>(all), 1.0) : 1.0;
}

}  // namespace

void Dispatcher::refresh() {
  const std::vector<std::string> names = context_.readers.names();
  close_gone(names);
  open_new(names);
  const auto folded = context_.folded();
  follow_endpoints();
  configure_gates(folded);
  const auto caught_up = caught_up_stores(folded);
  for (auto& [name, box] : boxes_) {
    const auto found = caught_up.find(name);
    const bool now_caught_up = found != caught_up.end() && found->second;
    if (!now_caught_up) box.caught_up = false;
    if (now_caught_up && !box.caught_up) recover(name, box);
  }
}

void Dispatcher::close_gone(const std::vector<std::string>& names) {
  for (auto at = boxes_.begin(); at != boxes_.end();) {
    if (std::find(names.begin(), names.end(), at->first) != names.end()) {
      ++at;
      continue;
    }
    at->second.caught_up = false;  // claims nothing more
    if (write(at->first, at->second, {})) publish(at->first, at->second);
    at = boxes_.erase(at);
  }
}

void Dispatcher::open_new(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    // A rebuild gives a partition another file; everything about its tries goes on there under the same keys.
    const std::string path = context_.readers.path(name);
    const auto known = boxes_.find(name);
    if (path.empty() || (known != boxes_.end() && known->second.outbox->path() == path)) continue;
    auto outbox = Outbox::open(path);
    if (!outbox) {
      log_warn("{}", outbox.error().message);
      continue;
    }
    Box& box = boxes_[name];
    box.outbox = std::move(*outbox);
    box.retry_at.reset();
    box.may_publish = true;
    if (box.caught_up)
      for (const auto& [endpoint, config] : by_name_) look_up_due(box, endpoint);
  }
}

void Dispatcher::recover(const std::string& name, Box& box) {
  if (box.retry_at && context_.clock.now() < *box.retry_at) return;
  try {
    box.outbox->recover(context_.clock.now(), in_flight_[name]);
    box.caught_up = true;
    box.due.clear();
    for (const auto& [endpoint, config] : by_name_) look_up_due(box, endpoint);
  } catch (const sqlite::StoreFailure& failure) {
    postpone(name, box, failure.what());
  }
}

void Dispatcher::postpone(const std::string& name, Box& box, const std::string& why) {
  if (!box.retry_at) log_warn("{}: {}; tried again", name, why);
  box.retry_at = context_.clock.now() + options_.retry_store;
  box.may_publish = true;
}

// May throw StoreFailure.
void Dispatcher::look_up_due(Box& box, const std::string& endpoint) {
  const auto config = by_name_.find(endpoint);
  if (config == by_name_.end()) {
    box.due.erase(endpoint);  // taken out of the configuration; looked up again when it comes back
    return;
  }
  if (const auto due = box.outbox->next_due(endpoint, config->second->ordered))
    box.due[endpoint] = *due;
  else
    box.due.erase(endpoint);
}

void Dispatcher::follow_endpoints() {
  auto now = book_->now();
  if (now == endpoints_) return;
  endpoints_ = std::move(now);
  by_name_.clear();
  for (const Endpoint& endpoint : *endpoints_) by_name_[endpoint.name] = &endpoint;
  look_up_all();
  share_ = 0;  // the gates are configured anew
}

void Dispatcher::look_up(const std::string& name, Box& box, const std::set<std::string>& endpoints) {
  try {
    for (const std::string& endpoint : endpoints) look_up_due(box, endpoint);
  } catch (const sqlite::StoreFailure& failure) {
    postpone(name, box, failure.what());
    box.caught_up = false;  // recovering looks it all up again
  }
}

void Dispatcher::look_up_all() {
  for (auto& [name, box] : boxes_) {
    if (!box.caught_up) continue;
    box.due.clear();
    try {
      for (const auto& [endpoint, config] : by_name_) look_up_due(box, endpoint);
    } catch (const sqlite::StoreFailure& failure) {
      postpone(name, box, failure.what());
      box.caught_up = false;  // recovering looks it all up again
    }
  }
}

void Dispatcher::configure_gates(const projection::RunnerSnapshot& folded) {
  const double share = share_of(folded);
  if (share == share_) return;
  share_ = share;
  const Timestamp now = context_.clock.now();
  for (const auto& [name, endpoint] : by_name_)
    gates_.try_emplace(name, Gate{options_.breaker}).first->second.configure(*endpoint, share, now);
}

}  // namespace godwit::webhooks
