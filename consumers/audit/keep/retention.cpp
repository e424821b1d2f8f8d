#include "consumers/audit/keep/retention.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "common/base/log.h"
#include "consumers/audit/keep/archive.h"
#include "consumers/audit/stored_tree.h"

namespace godwit::audit::keep {
namespace {

namespace fs = std::filesystem;

Happening pruned(const ledger::Origin& origin, const Segment& segment, const RetentionOptions& options) {
  return {.type = event::Type::audit_segment_pruned,
          .key = fmt::format("pruned/{}/{}/{}", origin.topic, origin.partition, segment.first_index),
          .resource = origin.text(),
          .reason = options.text(),
          .message = fmt::format("Pruned the records [{}, {}) of {}", segment.first_index,
                                 segment.first_index + segment.rows, origin.text()),
          .root = fmt::format("{:02x}", fmt::join(segment.root, "")),
          .rows = segment.rows,
          .more = {{"first_index", std::to_string(segment.first_index)},
                   {"archived", options.archive.empty() ? "false" : "true"}}};
}

}  // namespace

std::string RetentionOptions::text() const {
  std::string out;
  if (segments_kept > 0) out += fmt::format("--keep {}", segments_kept);
  if (days_kept > 0) out += fmt::format("{}--keep-days {}", out.empty() ? "" : " ", days_kept);
  return out;
}

bool is_due(const RetentionOptions& policy, const std::vector<Closed>& segments, Timestamp now) {
  if (!policy.prunes() || segments.empty() || !segments.front().sealed) return false;
  const auto sealed =
      std::count_if(segments.begin(), segments.end(), [](const Closed& c) { return c.sealed; });
  if (policy.segments_kept > 0 && sealed <= policy.segments_kept) return false;
  const auto oldest_kept = now - std::chrono::days{policy.days_kept};
  return policy.days_kept == 0 || from_unix_ms(segments.front().segment.latest_ms) < oldest_kept;
}

Retention::Retention(const sqlite::Readers& files, const Clock& clock, std::shared_ptr<PruneOrders> orders,
                     RetentionPorts ports, RetentionOptions options)
    : files_(files),
      clock_(clock),
      orders_(std::move(orders)),
      ports_(std::move(ports)),
      options_(std::move(options)) {
  if (options_.keeps_too_little())
    log_warn(
        "{} may remove records of the last 12 months, which PCI DSS and others want kept; "
        "--keep-days 365 or more keeps them",
        options_.text());
}

std::vector<Retention::Partition> Retention::partitions() const {
  std::vector<Partition> out;
  files_.for_each([&](const std::string&, sqlite::Database& db) {
    if (const auto tree = StoredTree::open(db))
      out.push_back({db.path(), tree->origin(), tree->closed(), pruned_segments(db)});
    return true;
  });
  return out;
}

void Retention::look(const std::function<bool(const ledger::Origin&)>& may_prune,
                     const std::function<void(const Happening&)>& tell) {
  for (const Partition& partition : partitions()) {
    finish(partition, tell);
    if (is_due(options_, partition.closed, clock_.now()) && may_prune(partition.origin)) order(partition);
  }
}

// The archive is whole and synced before the store hears of it.
void Retention::order(const Partition& partition) {
  const Segment& segment = partition.closed.front().segment;
  const auto end = static_cast<std::uint64_t>(segment.first_index + segment.rows);
  if (orders_->has(partition.file) || ports_.signed_size(partition.origin) < end) return;
  const std::string path = sealed_path(partition.file, segment.first_index);
  std::string& complaint = complaints_[partition.file];
  if (!options_.archive.empty()) {
    if (const Status archived = archive_segment(options_.archive, segment, path); !archived) {
      if (complaint != archived.error().message)
        log_error("{} is not pruned: it cannot be archived: {}", path, archived.error().message);
      complaint = archived.error().message;
      return;
    }
  }
  complaint.clear();
  auto note = ports_.sign(statement(partition.origin, segment));
  if (!note) return;
  PruneOrder order = prepare(segment, path);
  order.note = std::move(*note);
  orders_->give(partition.file, std::move(order));
}

// Only what the store has committed to. A question that began before may still open the file.
void Retention::finish(const Partition& partition, const std::function<void(const Happening&)>& tell) {
  std::int64_t& finished = finished_[partition.file];
  for (const Pruned& each : partition.pruned) {
    if (each.segment.first_index < finished) continue;
    tell(pruned(partition.origin, each.segment, options_));
    const std::string path = sealed_path(partition.file, each.segment.first_index);
    const Timestamp since = pruned_since_.emplace(path, clock_.now()).first->second;
    if (fs::exists(path) && clock_.now() - since < options_.grace) return;
    std::error_code error;
    const fs::path folder = fs::path{path}.parent_path();
    fs::remove(path, error);
    if (!error) fs::remove(folder / manifest_name(each.segment.first_index), error);
    if (error) return;
    pruned_since_.erase(path);
    finished = each.segment.first_index + each.segment.rows;
    log_info("{} is pruned ({})", path, options_.text());
  }
}

}  // namespace godwit::audit::keep
