// Data: the typed payload of every event of the catalogue, as one flat value. Which members a type requires
// is told by the catalogue (catalogue.h); everything else is optional. Units are in the names. An empty
// optional means the member was absent or null. Members this build has no field for are kept in `other`, so
// that nothing a producer said is lost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace godwit::event {

// A member without a field here: its name and its value as JSON text.
struct OtherMember {
  std::string name;
  std::string json;

  bool operator==(const OtherMember&) const = default;
};

// Why something failed (`data.error`).
struct Failure {
  std::string code;
  std::string message;
  std::optional<bool> retryable;
  std::optional<std::string> error_class;  // "class" on the wire
  std::optional<std::string> phase;
  std::optional<std::int64_t> exit_code;
  std::optional<std::int64_t> signal;
  std::optional<std::string> stderr_tail;
  std::vector<OtherMember> other{};  // as in Data

  bool operator==(const Failure&) const = default;
};

// One stage a task intends to run and its share of the whole (`data.stages[]`); equal shares when no weight
// is given.
struct StagePlan {
  std::string stage;
  std::optional<double> weight;
  std::vector<OtherMember> other{};  // as in Data

  bool operator==(const StagePlan&) const = default;
};

struct DiskInfo {
  std::int64_t index = 0;
  std::optional<std::string> name;
  std::optional<std::int64_t> bytes_virtual;
  std::optional<std::int64_t> bytes_allocated;
  std::vector<OtherMember> other{};  // as in Data

  bool operator==(const DiskInfo&) const = default;
};

struct Data {
  using Text = std::optional<std::string>;
  using Integer = std::optional<std::int64_t>;
  using Number = std::optional<double>;
  using Flag = std::optional<bool>;

  // who and what
  Text vm_name, provider, task_id, plan_id, plan_name, tenant, mode, worker_id, host, user, ip_address,
      user_agent;
  Integer attempt;
  Text message;
  // plan
  Integer vm_count, max_parallel;
  // task
  std::vector<StagePlan> stages;
  std::vector<DiskInfo> disks;
  Integer total_stages, bytes_total, bytes_done, duration_ms;
  Integer bytes_exported, bytes_converted, bytes_uploaded;
  Number compression_ratio;
  Text target_vm_id;
  std::optional<Failure> error;
  Text requested_by, reason;
  Flag forced;
  Integer next_attempt, delay_ms, max_attempts, resume_from_bytes;
  // stage, disk, ticks
  Text stage;
  Integer stage_index, disk_index, disk_count, iteration;
  Number percentage, bytes_per_second, eta_seconds;
  Text unit_basis, source_path, target_path, format;
  Integer granularity_bytes;
  // warm migration
  Text snapshot_id, next_precopy_at, scheduled_for;
  Integer delta_bytes, consecutive_failures, downtime_ms, final_delta_bytes;
  Number dirty_bytes_per_second;
  // hooks, warnings, workers
  Text hook, code, version;
  Integer exit_code;
  // audit
  Text method, path, request_id, auth, config_type, resource, root;
  Integer status_code, latency_ms, rows;
  // alerts
  Text alert, severity, dedup_key;
  Number alert_value, threshold;  // "value" on the wire
  // deliveries
  Text delivery_id, endpoint, next_try_at;
  Integer try_number;

  std::vector<OtherMember> other;

  bool operator==(const Data&) const = default;
};

// The value of `name` among the members without a field, as JSON text; nullptr when absent.
const std::string* find_other(const Data& data, std::string_view name);

}  // namespace godwit::event
