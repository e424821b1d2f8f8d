#include "consumers/dashboard/plans.h"

#include <algorithm>

#include "common/base/clock.h"
#include "common/json/fields.h"

namespace godwit::dashboard {
namespace {

constexpr int nesting_max = 16;

void read_told(sqlite::Database& db, const std::optional<std::string>& only, Plans& plans) {
  auto rows = db.prepare(
      "SELECT plan_id, rank, status, name, vm_count, created_ms, started_ms, ended_ms FROM plan "
      "WHERE ?1 IS NULL OR plan_id = ?1 ORDER BY plan_id LIMIT ?2");
  rows.bind(only, plans_max);
  while (rows.step()) {
    Plan& plan = plans[std::string{rows.text(0)}];
    plan.rank = rows.integer(1);
    plan.status = rows.text(2);
    plan.name = rows.maybe_text(3);
    plan.vm_count = rows.maybe_integer(4);
    plan.created_ms = rows.maybe_integer(5);
    plan.started_ms = rows.maybe_integer(6);
    plan.ended_ms = rows.maybe_integer(7);
  }
}

void count_tasks(sqlite::Database& db, const std::optional<std::string>& only, Plans& plans) {
  auto rows = db.prepare(
      "SELECT plan_id, list, n FROM task_count WHERE plan_id <> '' AND n > 0 AND (?1 IS NULL OR plan_id = "
      "?1) "
      "LIMIT ?2");
  rows.bind(only, plans_max * 6);
  while (rows.step()) plans[std::string{rows.text(0)}].tasks[std::string{rows.text(1)}] += rows.integer(2);
}

std::optional<std::string> maybe_time(const std::optional<std::int64_t>& ms) {
  return ms ? std::optional{format_rfc3339(from_unix_ms(*ms))} : std::nullopt;
}

template <class T>
void keep_first(std::optional<T>& kept, const std::optional<T>& other) {
  if (!kept) kept = other;
}

}  // namespace

Plans read_plans(const sqlite::Readers& files, const std::optional<std::string>& only) {
  Plans plans;
  files.for_each([&](const std::string&, sqlite::Database& db) {
    Plans part;
    read_told(db, only, part);
    count_tasks(db, only, part);
    add_up(plans, part);
    return true;
  });
  return plans;
}

void add_up(Plans& sum, const Plans& part) {
  for (const auto& [plan_id, told] : part) {
    Plan& plan = sum[plan_id];
    if (told.rank > plan.rank) {
      plan.rank = told.rank;
      plan.status = told.status;
    }
    keep_first(plan.name, told.name);
    keep_first(plan.vm_count, told.vm_count);
    keep_first(plan.created_ms, told.created_ms);
    keep_first(plan.started_ms, told.started_ms);
    keep_first(plan.ended_ms, told.ended_ms);
    for (const auto& [list, count] : told.tasks) plan.tasks[list] += count;
  }
}

void write_plan(json::Writer& out, const std::string& plan_id, const Plan& plan) {
  out.begin_object().member("plan_id", plan_id).member("rank", plan.rank).member("status", plan.status);
  out.member("name", plan.name).member("vm_count", plan.vm_count);
  out.member("created_time", maybe_time(plan.created_ms)).member("start_time", maybe_time(plan.started_ms));
  out.member("end_time", maybe_time(plan.ended_ms)).key("tasks").begin_object();
  for (const auto& [list, count] : plan.tasks) out.member(list, count);
  out.end_object().end_object();
}

std::string plans_json(const Plans& plans) {
  json::Writer out;
  out.begin_object().key("plans").begin_array();
  for (const auto& [plan_id, plan] : plans) write_plan(out, plan_id, plan);
  out.end_array().end_object();
  return out.take();
}

std::optional<Plans> read_plans_wire(std::string_view json) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(json.data(), json.size());
  if (document.HasParseError() || !json::nests_within(document, nesting_max)) return std::nullopt;
  const auto ms = [](const std::optional<std::string>& text) -> std::optional<std::int64_t> {
    if (!text) return std::nullopt;
    const auto time = parse_rfc3339(*text);
    return time ? std::optional{to_unix_ms(*time)} : std::nullopt;
  };
  Plans plans;
  json::Object{document}.each("plans", [&](const rapidjson::Value& value) {
    const json::Object in{value};
    Plan& plan = plans[in.text("plan_id").value_or("")];
    plan.rank = in.integer("rank").value_or(0);
    plan.status = in.text("status").value_or("");
    plan.name = in.text("name");
    plan.vm_count = in.integer("vm_count");
    plan.created_ms = ms(in.text("created_time"));
    plan.started_ms = ms(in.text("start_time"));
    plan.ended_ms = ms(in.text("end_time"));
    if (const auto* tasks = in.find("tasks"); tasks != nullptr && tasks->IsObject())
      for (const auto& member : tasks->GetObject())
        if (member.value.IsInt64()) plan.tasks[member.name.GetString()] = member.value.GetInt64();
  });
  return plans;
}

}  // namespace godwit::dashboard
