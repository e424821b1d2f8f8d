#include "consumers/audit/export/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "consumers/audit/entry_json.h"

namespace godwit::audit {
namespace {

constexpr std::array columns{
    "event_id",   "event_type", "timestamp", "task_id",     "vm_name",  "provider",    "user",
    "ip_address", "user_agent", "action",    "description", "status",   "duration_ns", "success",
    "error",      "resources",  "changes",   "details",     "topic",    "partition",   "offset",
    "source",     "attempt",    "stage",     "plan_id",     "duplicate"};

// What begins a formula, or is dropped before one. The last four are the wide forms of the first four.
constexpr std::array<std::string_view, 11> formula_marks{"=",  "+",  "-",  "@",  "\t", "\r",
                                                         "\n", "＝", "＋", "－", "＠"};

class Line {
 public:
  Line& text(std::string_view value) { return put(csv_cell(value)); }
  Line& maybe(const std::optional<std::string>& value) { return text(std::string_view{value ? *value : ""}); }
  Line& number(const std::optional<std::int64_t>& value) { return put(value ? fmt::to_string(*value) : ""); }
  Line& flag(bool value) { return put(value ? "true" : "false"); }
  std::string take() { return std::move(out_); }

 private:
  Line& put(std::string_view cell) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += cell;
    return *this;
  }

  std::string out_;
  bool first_ = true;
};

}  // namespace

std::string csv_header() { return fmt::format("{}\r\n", fmt::join(columns, ",")); }

std::string csv_cell(std::string_view text) {
  const bool formula = std::any_of(formula_marks.begin(), formula_marks.end(),
                                   [text](std::string_view mark) { return text.starts_with(mark); });
  const bool quoted = text.find_first_of("\",\r\n\t") != std::string_view::npos;
  std::string out = quoted ? "\"" : "";
  if (formula) out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  if (quoted) out += '"';
  return out;
}

std::string csv_line(const AuditEntry& entry, const Row& row) {
  Line out;
  out.text(entry.event_id).text(entry.event_type).text(format_rfc3339(entry.timestamp)).maybe(entry.task_id);
  out.maybe(entry.vm_name)
      .maybe(entry.provider)
      .maybe(entry.user)
      .maybe(entry.ip_address)
      .maybe(entry.user_agent);
  out.text(entry.action).maybe(entry.description).text(entry.status).number(entry.duration_ns);
  out.flag(entry.success).maybe(entry.error).text(fmt::format("{}", fmt::join(entry.resources, ";")));
  out.maybe(entry.changes_json).text(details_json(entry)).text(row.topic).number(row.partition);
  out.number(row.offset).maybe(entry.source).number(entry.attempt).maybe(entry.stage);
  out.maybe(entry.details.plan_id).flag(row.duplicate);
  return out.take();
}

}  // namespace godwit::audit
