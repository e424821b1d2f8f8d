#include "consumers/audit/keep/keeper.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/log.h"
#include "common/service/version.h"

namespace godwit::audit::keep {
namespace {

using event::Type;

std::string hex(const ledger::Digest& digest) { return fmt::format("{:02x}", fmt::join(digest, "")); }

Happening sealed(const ledger::Origin& origin, const Segment& segment) {
  return {.type = Type::audit_segment_sealed,
          .key = fmt::format("sealed/{}/{}/{}", origin.topic, origin.partition, segment.first_index),
          .resource = origin.text(),
          .message = fmt::format("Sealed the records [{}, {}) of {}", segment.first_index,
                                 segment.first_index + segment.rows, origin.text()),
          .root = hex(segment.root),
          .rows = segment.rows,
          .more = {{"first_index", std::to_string(segment.first_index)}}};
}

}  // namespace

Keeper::Keeper(const sqlite::Readers& files, stream::Publisher& publisher, const Clock& clock,
               KeeperPorts ports, KeeperOptions options)
    : files_(files),
      publisher_(publisher),
      clock_(clock),
      ports_(std::move(ports)),
      options_(std::move(options)) {
  if (ports_.orders) retention_.emplace(files_, clock_, ports_.orders, ports_.retention, options_.retention);
}

void Keeper::start() {
  thread_ = std::jthread{[this](const std::stop_token& stop) {
    do {
      look();
      std::unique_lock lock{mutex_};
      (void)wake_.wait_for(lock, stop, options_.look_interval, [] { return false; });
    } while (!stop.stop_requested());
  }};
}

void Keeper::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  if (!options_.own_events || !own_) return;
  try {
    tell({.type = Type::audit_stopped,
          .resource = own_->name(),
          .message = fmt::format("godwit-audit {} stopped", service::version)});
    own_->end_run();
    publish(options_.farewell_timeout);
  } catch (const projection::StoreUnavailable& failure) {
    log_error("the end of this run is not told: {}", failure.what());
  }
}

bool Keeper::has_caught_up(const projection::RunnerSnapshot& folded, const ledger::Origin& origin) const {
  if (!ports_.folded) return true;
  return std::any_of(folded.partitions.begin(), folded.partitions.end(), [&](const auto& each) {
    return each.caught_up && each.at.topic == origin.topic && each.at.partition.value() == origin.partition;
  });
}

void Keeper::open() {
  if (own_) return;
  auto own = OwnEvents::open(options_.own_file, clock_.now());
  if (!own) throw projection::StoreUnavailable{own.error().message};
  own_ = std::move(*own);
}

void Keeper::look() {
  try {
    const auto folded = ports_.folded ? ports_.folded() : projection::RunnerSnapshot{};
    if (options_.own_events) watch(folded);
    if (retention_) prune(folded);
    if (options_.own_events) publish(options_.publish_timeout);
  } catch (const projection::StoreUnavailable& failure) {
    if (complaint_ != failure.what()) log_error("what the audit does for itself waits: {}", failure.what());
    complaint_ = failure.what();
  }
}

void Keeper::watch(const projection::RunnerSnapshot& folded) {
  open();
  if (!began_) {
    const bool ended = own_->begin_run();
    tell({.type = Type::audit_started,
          .resource = own_->name(),
          .message = fmt::format("godwit-audit {} started{}", service::version,
                                 ended ? "" : "; the run before did not end as it should")});
    began_ = true;
  }
  tell_of_partitions(folded);
  tell_of_gaps(folded);
}

// A store that is not what was signed stays as it is, for whoever looks into it.
void Keeper::prune(const projection::RunnerSnapshot& folded) {
  const auto gaps = ports_.gaps ? ports_.gaps() : std::map<std::string, std::string>{};
  retention_->look(
      [&](const ledger::Origin& origin) {
        return has_caught_up(folded, origin) && !gaps.contains(origin.text());
      },
      [&](const Happening& happening) {
        if (options_.own_events) tell(happening);
      });
}

void Keeper::tell_of_partitions(const projection::RunnerSnapshot& folded) {
  files_.for_each([&](const std::string&, sqlite::Database& db) {
    auto tree = StoredTree::open(db);
    if (tree && has_caught_up(folded, tree->origin())) tell_of_seals(*tree);
    return true;
  });
}

void Keeper::tell_of_seals(StoredTree& tree) {
  const std::string origin = tree.origin().text();
  const auto known = own_->told_until(origin);
  std::int64_t until = known.value_or(0);
  for (const Closed& each : tree.closed()) {
    if (each.segment.first_index < until) continue;
    if (known && !each.sealed) break;
    const bool small = tree.origin().topic == event::topic_name(event::Topic::activity) &&
                       each.segment.rows < options_.rows_told_min;
    if (known && !small) tell(sealed(tree.origin(), each.segment));
    until = each.segment.first_index + each.segment.rows;
  }
  if (!known || until != *known) own_->set_told_until(origin, until);
}

void Keeper::tell_of_gaps(const projection::RunnerSnapshot& folded) {
  // A store that is just being folded is smaller than what was signed, and no gap.
  for (const auto& [name, why] : ports_.gaps ? ports_.gaps() : std::map<std::string, std::string>{}) {
    const auto origin = ledger::Origin::parse(name);
    if (origin && has_caught_up(folded, *origin)) tell_of_gap(name, why);
  }
  for (const auto& [store, why] : folded.refused) tell_of_gap(store, why);
}

void Keeper::tell_of_gap(const std::string& what, const std::string& why) {
  std::string& known = gaps_told_[what];
  if (known == why) return;
  known = why;
  tell({.type = Type::audit_gap_detected, .resource = what, .reason = why});
}

// Not while the broker is away: said once, and the next look tries again.
void Keeper::publish(Millis timeout) {
  const Status published = own_->publish(publisher_, timeout);
  if (!published && complaint_ != published.error().message)
    log_warn("what the audit tells of itself is not published yet: {}", published.error().message);
  complaint_ = published ? std::string{} : published.error().message;
}

}  // namespace godwit::audit::keep
