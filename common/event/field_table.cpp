// The table behind fields.h; schemas/common/fields.json has the same one under "members".
#include <algorithm>
#include <array>

#include "common/event/fields.h"
#include "common/event/name_table.h"

namespace godwit::event {
namespace {

using D = Data;

constexpr auto table = std::to_array<Field>({
    {"alert", &rules::named, &D::alert},
    {"attempt", &rules::ordinal, &D::attempt},
    {"auth", &rules::text, &D::auth},
    {"bytes_converted", &rules::whole, &D::bytes_converted},
    {"bytes_done", &rules::whole, &D::bytes_done},
    {"bytes_exported", &rules::whole, &D::bytes_exported},
    {"bytes_per_second", &rules::quantity, &D::bytes_per_second},
    {"bytes_total", &rules::whole, &D::bytes_total},
    {"bytes_uploaded", &rules::whole, &D::bytes_uploaded},
    {"changes", &rules::changes},
    {"checks", &rules::checks},
    {"checksum", &rules::checksum},
    {"code", &rules::text, &D::code},
    {"compression_ratio", &rules::quantity, &D::compression_ratio},
    {"config_type", &rules::named, &D::config_type},
    {"consecutive_failures", &rules::count, &D::consecutive_failures},
    {"dedup_key", &rules::named, &D::dedup_key},
    {"delay_ms", &rules::whole, &D::delay_ms},
    {"delivery_id", &rules::named, &D::delivery_id},
    {"delta_bytes", &rules::whole, &D::delta_bytes},
    {"dirty_bytes_per_second", &rules::quantity, &D::dirty_bytes_per_second},
    {"disk_count", &rules::count, &D::disk_count},
    {"disk_index", &rules::count, &D::disk_index},
    {"disks", &rules::disks, &D::disks},
    {"downtime_ms", &rules::whole, &D::downtime_ms},
    {"duration_ms", &rules::whole, &D::duration_ms},
    {"endpoint", &rules::named, &D::endpoint},
    {"error", &rules::error, &D::error},
    {"eta_seconds", &rules::quantity, &D::eta_seconds},
    {"exit_code", &rules::signed_whole, &D::exit_code},
    {"files", &rules::files},
    {"final_delta_bytes", &rules::whole, &D::final_delta_bytes},
    {"forced", &rules::flag, &D::forced},
    {"format", &rules::text, &D::format},
    {"granularity_bytes", &rules::whole, &D::granularity_bytes},
    {"hook", &rules::named, &D::hook},
    {"host", &rules::text, &D::host},
    {"ip_address", &rules::text, &D::ip_address},
    {"iteration", &rules::count, &D::iteration},
    {"labels", &rules::labels},
    {"latency_ms", &rules::whole, &D::latency_ms},
    {"max_attempts", &rules::ordinal, &D::max_attempts},
    {"max_parallel", &rules::ordinal, &D::max_parallel},
    {"message", &rules::message, &D::message},
    {"metadata", &rules::metadata},
    {"method", &rules::named, &D::method},
    {"mode", &rules::text, &D::mode},
    {"next_attempt", &rules::ordinal, &D::next_attempt},
    {"next_precopy_at", &rules::date_time, &D::next_precopy_at},
    {"next_try_at", &rules::date_time, &D::next_try_at},
    {"path", &rules::path_given, &D::path},
    {"percentage", &rules::percentage, &D::percentage},
    {"plan_id", &rules::key, &D::plan_id},
    {"plan_name", &rules::long_text, &D::plan_name},
    {"provider", &rules::provider, &D::provider},
    {"reason", &rules::message, &D::reason},
    {"request_id", &rules::text, &D::request_id},
    {"requested_by", &rules::text, &D::requested_by},
    {"resource", &rules::long_text, &D::resource},
    {"resume_from_bytes", &rules::whole, &D::resume_from_bytes},
    {"root", &rules::text, &D::root},
    {"rows", &rules::whole, &D::rows},
    {"scheduled_for", &rules::date_time, &D::scheduled_for},
    {"severity", &rules::named, &D::severity},
    {"snapshot_id", &rules::named, &D::snapshot_id},
    {"source", &rules::source},
    {"source_path", &rules::path, &D::source_path},
    {"stage", &rules::stage, &D::stage},
    {"stage_index", &rules::count, &D::stage_index},
    {"stages", &rules::stages, &D::stages},
    {"status_code", &rules::http_status, &D::status_code},
    {"target", &rules::target},
    {"target_path", &rules::path, &D::target_path},
    {"target_vm_id", &rules::long_text, &D::target_vm_id},
    {"task_id", &rules::key, &D::task_id},
    {"tenant", &rules::text, &D::tenant},
    {"threshold", &rules::measure, &D::threshold},
    {"total_stages", &rules::ordinal, &D::total_stages},
    {"try_number", &rules::ordinal, &D::try_number},
    {"unit_basis", &rules::text, &D::unit_basis},
    {"user", &rules::text, &D::user},
    {"user_agent", &rules::long_text, &D::user_agent},
    {"value", &rules::measure, &D::alert_value},
    {"version", &rules::text, &D::version},
    {"vm_count", &rules::count, &D::vm_count},
    {"vm_name", &rules::vm_name, &D::vm_name},
    {"worker_id", &rules::named, &D::worker_id},
});

static_assert(std::is_sorted(table.begin(), table.end(),
                             [](const Field& a, const Field& b) { return a.name < b.name; }));

constexpr NameTable<table.size()> by_name{table};

}  // namespace

std::span<const Field> fields() { return table; }

const Field* find_field(std::string_view name) {
  const std::size_t index = by_name.find(name);
  return index == by_name.npos ? nullptr : &table[index];
}

}  // namespace godwit::event
