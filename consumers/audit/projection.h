// The audit: each record of the log is one entry, for ever. There is nothing to fold, so the step of this
// projection does nothing; what it adds is the mapping from an event to an entry, in pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/event/codec.h"
#include "common/event/event.h"
#include "common/projection/projection.h"

namespace godwit::audit {

namespace keep {
class PruneOrders;
class Redactions;
}  // namespace keep

// What an entry takes from members of data that have no field, such as `target`: read elsewhere (members.h),
// since a projection knows no format.
struct Members {
  std::optional<std::string> destination;  // target.uri
  std::optional<std::string> source_uri;
  std::optional<std::int64_t> file_count;  // of `files`

  bool operator==(const Members&) const = default;
};

// Who did what to which VM, when, and how it went. The first 18 fields are those of the API, in its order.
struct AuditEntry {
  std::string event_id;
  std::string event_type;
  Timestamp timestamp;
  std::optional<std::string> task_id, vm_name, provider, user, ip_address, user_agent;
  std::string action;
  std::optional<std::string> description;
  std::string status;
  std::optional<std::int64_t> duration_ns;
  event::Data details;  // the event's data without what has a field here
  bool success = true;
  std::optional<std::string> error;
  std::vector<std::string> resources;
  std::optional<std::string> changes_json;
  // beyond the inherited ones
  std::optional<std::string> source;
  std::optional<std::int64_t> attempt;
  std::optional<std::string> stage;
  std::optional<std::string> destination;  // shown within details

  bool operator==(const AuditEntry&) const = default;
};

AuditEntry entry_of(const event::Event& event, const Members& members);

// Those fields of an entry that queries filter by, without the cost of the others: a row has them as columns.
// Views the event.
struct Terms {
  std::string event_type;
  Timestamp timestamp;
  bool success = false;
  std::string_view event_id;
  std::optional<std::string_view> source, task_id, vm_name, provider, user, ip_address, stage, plan_id;
};
Terms terms_of(const event::Event& event);

// A record that is no event. It has no id of its own: `place` ("<topic>:<partition>:<offset>") stands for it.
struct Unreadable {
  std::string place;
  Timestamp recorded_at;
  std::size_t value_bytes = 0;
  event::Refusal refusal;
};
AuditEntry entry_of(const Unreadable& record);
Terms terms_of(const Unreadable& record);  // views the record

// A segment of a partition's records ends with the record that reaches one of these. They are of the log, not
// of a file's size, so that every fold of it cuts in the same places.
struct SegmentLimits {
  std::int64_t rows_max = 131'072;
  std::int64_t bytes_max = 100'000'000;  // of keys and values
};

// Every record is kept by Tables::keep(), decoded or not; no event has a state.
struct Audit {
  struct State {};
  struct Outputs {};

  static constexpr std::string_view name = "audit";
  static constexpr int version = 3;

  SegmentLimits segments = {};
  std::shared_ptr<keep::PruneOrders> prunings = {};         // for Tables: what to prune
  std::shared_ptr<const keep::Redactions> redactions = {};  // and whose values not to keep

  std::string key(const event::Event&) const { return {}; }
  void step(State&, const event::Event&, Outputs&) const {}
};

}  // namespace godwit::audit
