#include "tests/sim/rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/event/codec.h"
#include "common/projection/life_json.h"
#include "consumers/audit/members.h"
#include "consumers/dashboard/state_json.h"
#include "consumers/metrics/tables.h"
#include "consumers/progress/state_json.h"

namespace godwit::sim {
namespace {

std::vector<std::string> or_nothing(std::vector<std::string> lines) {
  if (lines.empty()) lines.emplace_back("nothing");
  return lines;
}

std::string text_of(const metrics_view::Series& series) {
  return fmt::format("{}{{{}}}", series.metric, fmt::join(series.labels, ","));
}

}  // namespace

void AuditEntries::step(State&, const event::Event& event, Outputs& out) const {
  out.push_back(audit::make_entry(event));
}

std::string text_of(const progress::Task& task) { return progress::store_json(task); }
std::string text_of(const metrics_view::Task& task) { return metrics_view::store_json(task); }
std::string text_of(const dashboard::Task& task) { return dashboard::store_json(task); }
std::string text_of(const projection::TaskLife& life) {
  json::Writer out;
  projection::write_life(out, life);
  return out.take();
}
std::string text_of(const AuditEntries::State&) { return ""; }

std::vector<std::string> lines_of(const progress::Progress::Outputs&) { return {"nothing"}; }

std::vector<std::string> lines_of(const metrics_view::Metrics::Outputs& out) {
  std::vector<std::string> lines;
  for (const auto& each : out.increments)
    lines.push_back(fmt::format("{} += {}", text_of(each.series), each.by));
  for (const auto& each : out.observations)
    lines.push_back(fmt::format("{} saw {}", text_of(each.series), each.value));
  if (out.happened.any())
    lines.push_back(fmt::format("{} {} {} {} {} {}", format_rfc3339(out.at), out.happened.started,
                                out.happened.completed, out.happened.failed, out.happened.cancelled,
                                out.happened.bytes));
  return or_nothing(std::move(lines));
}

std::vector<std::string> lines_of(const dashboard::Dashboard::Outputs& out) {
  std::vector<std::string> lines;
  if (out.addition) {
    const auto& [provider, at, add] = *out.addition;
    lines.push_back(fmt::format("{} {} {} {} {} {} {} {}", provider, format_rfc3339(at), add.started,
                                add.succeeded, add.failed, add.cancelled, add.succeeded_ms, add.bytes));
  }
  if (out.note)
    lines.push_back(fmt::format("note {} {} {} {}: {}", out.note->id, out.note->severity, out.note->kind,
                                out.note->subject, out.note->text));
  if (out.plan) lines.push_back(fmt::format("plan {} is {}", out.plan->plan_id, out.plan->status));
  return or_nothing(std::move(lines));
}

std::vector<std::string> lines_of(const webhooks::Webhooks::Outputs& out) {
  std::vector<std::string> lines;
  for (const webhooks::Delivery& owed : out.deliveries)
    lines.push_back(fmt::format("owe {} to {} for {}: {}", owed.id, owed.endpoint, owed.subject, owed.body));
  if (out.outcome)
    lines.push_back(fmt::format("outcome of {}: {} at try {}, {}", out.outcome->delivery_id,
                                static_cast<int>(out.outcome->standing), out.outcome->try_number,
                                format_rfc3339(out.outcome->at)));
  return or_nothing(std::move(lines));
}

std::vector<std::string> lines_of(const AuditEntries::Outputs& out) {
  std::vector<std::string> lines;
  for (const audit::AuditEntry& entry : out)
    lines.push_back(fmt::format("{} {} {} {} {} {} {} {}", entry.source.value_or("-"), entry.event_id,
                                entry.event_type, format_rfc3339(entry.timestamp), entry.action, entry.status,
                                entry.success, event::encode_data(entry.details)));
  return lines;
}

// Progress's `overtaken` is left out: it holds what a client was shown between two records, and which records
// those are depends on how two topics were read by turns, not on the log alone.
std::vector<std::string> dump(sqlite::Database& db) {
  std::vector<std::string> tables, rows;
  auto names = db.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('meta', 'position', "
      "'dead_letter', 'dead_letter_header', 'dead_letter_place', 'overtaken')");
  while (names.step()) tables.emplace_back(names.text(0));
  for (const std::string& table : tables) {
    std::string line = fmt::format("'{}'", table);
    auto columns = db.prepare(fmt::format("SELECT name FROM pragma_table_info('{}')", table));
    while (columns.step())
      if (columns.text(0) != "log_position") line += fmt::format(" || '|' || quote({})", columns.text(0));
    auto all = db.prepare(fmt::format("SELECT {} FROM {}", line, table));
    while (all.step()) rows.emplace_back(all.text(0));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace godwit::sim
