// The table behind fields.h. Limits are those of schemas/common/fields.json.
#include <algorithm>
#include <array>

#include "common/event/fields.h"

namespace godwit::event {
namespace {

constexpr double integer_max = 9007199254740991.0;  // 2^53 - 1: exact in every JSON reader
constexpr double short_max = 256;
constexpr double name_max = 512;
constexpr double path_max = 4096;
constexpr double text_max = 16384;

constexpr Field text(std::string_view name, Data::Text Data::*slot, double max = short_max,
                     Shape shape = Shape::any) {
  return {name, slot, 0, max, shape};
}
constexpr Field named(std::string_view name, Data::Text Data::*slot, double max = name_max,
                      Shape shape = Shape::any) {
  return {name, slot, 1, max, shape};
}
constexpr Field integer(std::string_view name, Data::Integer Data::*slot, double low = 0,
                        double high = integer_max) {
  return {name, slot, low, high};
}
constexpr Field number(std::string_view name, Data::Number Data::*slot, double low = 0,
                       double high = integer_max) {
  return {name, slot, low, high};
}
constexpr Field composite(std::string_view name, Composite kind) { return {name, kind}; }

constexpr double small_max = 1'000'000;
using D = Data;

constexpr auto table = std::to_array<Field>({
    named("alert", &D::alert, short_max),
    integer("attempt", &D::attempt, 1, small_max),
    text("auth", &D::auth),
    integer("bytes_converted", &D::bytes_converted),
    integer("bytes_done", &D::bytes_done),
    integer("bytes_exported", &D::bytes_exported),
    number("bytes_per_second", &D::bytes_per_second),
    integer("bytes_total", &D::bytes_total),
    integer("bytes_uploaded", &D::bytes_uploaded),
    composite("changes", Composite::object),
    composite("checks", Composite::array),
    composite("checksum", Composite::object),
    text("code", &D::code),
    number("compression_ratio", &D::compression_ratio),
    named("config_type", &D::config_type, short_max),
    integer("consecutive_failures", &D::consecutive_failures, 0, small_max),
    named("dedup_key", &D::dedup_key, short_max),
    integer("delay_ms", &D::delay_ms),
    named("delivery_id", &D::delivery_id, short_max),
    integer("delta_bytes", &D::delta_bytes),
    number("dirty_bytes_per_second", &D::dirty_bytes_per_second),
    integer("disk_count", &D::disk_count, 0, small_max),
    integer("disk_index", &D::disk_index, 0, small_max),
    Field{"disks", &D::disks},
    integer("downtime_ms", &D::downtime_ms),
    integer("duration_ms", &D::duration_ms),
    named("endpoint", &D::endpoint, short_max),
    Field{"error", &D::error},
    number("eta_seconds", &D::eta_seconds),
    integer("exit_code", &D::exit_code, -integer_max),
    composite("files", Composite::array),
    integer("final_delta_bytes", &D::final_delta_bytes),
    Field{"forced", &D::forced},
    text("format", &D::format),
    integer("granularity_bytes", &D::granularity_bytes),
    named("hook", &D::hook, short_max),
    text("host", &D::host),
    text("ip_address", &D::ip_address),
    integer("iteration", &D::iteration, 0, small_max),
    composite("labels", Composite::object),
    integer("latency_ms", &D::latency_ms),
    integer("max_attempts", &D::max_attempts, 1, small_max),
    integer("max_parallel", &D::max_parallel, 1, small_max),
    text("message", &D::message, text_max),
    composite("metadata", Composite::object),
    named("method", &D::method, short_max),
    text("mode", &D::mode),
    integer("next_attempt", &D::next_attempt, 1, small_max),
    text("next_precopy_at", &D::next_precopy_at),
    text("next_try_at", &D::next_try_at),
    named("path", &D::path, path_max),
    number("percentage", &D::percentage, 0, 100),
    named("plan_id", &D::plan_id, 128, Shape::task_id),
    text("plan_name", &D::plan_name, name_max),
    named("provider", &D::provider, 64, Shape::provider),
    text("reason", &D::reason, text_max),
    text("request_id", &D::request_id),
    text("requested_by", &D::requested_by),
    text("resource", &D::resource, name_max),
    integer("resume_from_bytes", &D::resume_from_bytes),
    text("root", &D::root),
    integer("rows", &D::rows),
    text("scheduled_for", &D::scheduled_for),
    named("severity", &D::severity, short_max),
    named("snapshot_id", &D::snapshot_id, short_max),
    composite("source", Composite::object),
    text("source_path", &D::source_path, path_max),
    named("stage", &D::stage, 64, Shape::stage),
    integer("stage_index", &D::stage_index, 0, small_max),
    Field{"stages", &D::stages},
    integer("status_code", &D::status_code, 100, 599),
    composite("target", Composite::object),
    text("target_path", &D::target_path, path_max),
    text("target_vm_id", &D::target_vm_id, name_max),
    named("task_id", &D::task_id, 128, Shape::task_id),
    text("tenant", &D::tenant),
    number("threshold", &D::threshold, -integer_max),
    integer("total_stages", &D::total_stages, 1, small_max),
    integer("try_number", &D::try_number, 1, small_max),
    text("unit_basis", &D::unit_basis),
    text("user", &D::user),
    text("user_agent", &D::user_agent, name_max),
    number("value", &D::alert_value, -integer_max),
    text("version", &D::version),
    integer("vm_count", &D::vm_count, 0, small_max),
    named("vm_name", &D::vm_name, name_max),
    named("worker_id", &D::worker_id, short_max),
});

static_assert(std::is_sorted(table.begin(), table.end(),
                             [](const Field& a, const Field& b) { return a.name < b.name; }));

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

std::span<const Field> fields() { return table; }

const Field* find_field(std::string_view name) {
  const auto* at =
      std::lower_bound(table.begin(), table.end(), name,
                       [](const Field& field, std::string_view key) { return field.name < key; });
  return at != table.end() && at->name == name ? at : nullptr;
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool matches(Shape shape, std::string_view text) {
  const auto all = [&](auto allowed) { return std::all_of(text.begin(), text.end(), allowed); };
  const auto lower_or = [](std::string_view extra) {
    return [extra](char c) { return is_lower_or_digit(c) || extra.find(c) != std::string_view::npos; };
  };
  switch (shape) {
    case Shape::any:
      return true;
    case Shape::token:
      return !text.empty() && all(lower_or(""));
    case Shape::provider:
      return !text.empty() && is_lower_or_digit(text[0]) && all(lower_or("._-"));
    case Shape::stage:
      return !text.empty() && text[0] >= 'a' && text[0] <= 'z' && all(lower_or("_-"));
    case Shape::task_id:
      return !text.empty() && all([](char c) {
        return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == ':' || c == '-';
      });
  }
  return false;
}

std::string_view describe(Shape shape) {
  switch (shape) {
    case Shape::any:
      return "text";
    case Shape::token:
      return "lower-case letters and digits";
    case Shape::provider:
      return "a lower-case name of letters, digits, '.', '_', '-'";
    case Shape::stage:
      return "a lower-case name of letters, digits, '_', '-' that begins with a letter";
    case Shape::task_id:
      return "1 to 128 of letters, digits, '.', '_', ':', '-'";
  }
  return "";
}

}  // namespace godwit::event
