#include "consumers/progress/plans.h"

#include <algorithm>
#include <cmath>

#include "common/json/fields.h"
#include "consumers/progress/state_json.h"

namespace godwit::progress {
namespace {

template <class T, class Pick>
void settle(std::optional<T>& to, const std::optional<T>& other, Pick pick) {
  if (other) to = to ? pick(*to, *other) : *other;
}

void add(PlanShare& to, const PlanShare& other) {
  const auto least = [](auto a, auto b) { return std::min(a, b); };
  const auto most = [](auto a, auto b) { return std::max(a, b); };
  for (const auto& [status, count] : other.by_status) to.by_status[status] += count;
  to.percentage_sum += other.percentage_sum;
  to.bytes_done += other.bytes_done;
  to.waiting += other.waiting;
  to.eta_known += other.eta_known;
  to.eta_max_ms = std::max(to.eta_max_ms, other.eta_max_ms);
  to.stalled += other.stalled;
  settle(to.started_ms, other.started_ms, least);
  settle(to.updated_ms, other.updated_ms, most);
  if (other.batch) to.batch = other.batch;
  to.name = std::max(to.name, other.name);
}

// Ids of the plans that some task or event of this file is about, behind the cursor.
std::vector<std::string> plan_ids(sqlite::Database& db, const PlanQuestion& question) {
  if (question.one) return {*question.one};
  auto rows = db.prepare(
      "SELECT plan_id FROM (SELECT DISTINCT plan_id FROM task WHERE plan_id > ?1 ORDER BY plan_id LIMIT ?2) "
      "UNION SELECT plan_id FROM (SELECT plan_id FROM plan WHERE plan_id > ?1 ORDER BY plan_id LIMIT ?2) "
      "ORDER BY 1 LIMIT ?2");
  rows.bind(question.after, question.limit + 1);
  std::vector<std::string> out;
  while (rows.step()) out.emplace_back(rows.text(0));
  return out;
}

PlanShare read_share(sqlite::Database& db, const std::string& plan_id, std::int64_t stalled_before_ms) {
  PlanShare out;
  auto groups = db.prepare(
      "SELECT status, count(*), sum(coalesce(percentage, 0)), sum(coalesce(bytes_done, 0)), sum(waiting), "
      "count(eta_ms), max(coalesce(eta_ms, 0)), sum(waiting = 1 AND updated_ms < ?2), "
      "min(nullif(started_ms, 0)), max(updated_ms), max(task_id) FROM task "
      "WHERE plan_id = ?1 AND removed = 0 GROUP BY status");
  groups.bind(plan_id, stalled_before_ms);
  std::string some_task;
  while (groups.step()) {
    out.by_status[std::string{groups.text(0)}] += groups.integer(1);
    out.percentage_sum += groups.real(2);
    out.bytes_done += groups.integer(3);
    out.waiting += groups.integer(4);
    out.eta_known += groups.integer(5);
    out.eta_max_ms = std::max(out.eta_max_ms, groups.integer(6));
    out.stalled += groups.integer(7);
    settle(out.started_ms, groups.maybe_integer(8), [](auto a, auto b) { return std::min(a, b); });
    settle(out.updated_ms, groups.maybe_integer(9), [](auto a, auto b) { return std::max(a, b); });
    some_task = std::max(some_task, std::string{groups.text(10)});
  }
  auto state = db.prepare("SELECT state FROM plan WHERE plan_id = ?");
  if (state.bind(plan_id).step()) out.batch = read_store_json(state.text(0)).batch;
  if (!some_task.empty()) {
    auto task = db.prepare("SELECT state FROM task WHERE task_id = ?");
    if (task.bind(some_task).step()) out.name = read_store_json(task.text(0)).plan_name;
  }
  return out;
}

bool is_empty(const PlanShare& share) { return share.by_status.empty() && !share.batch; }

std::int64_t count_of(const PlanShare& plan, std::string_view status) {
  const auto found = plan.by_status.find(std::string{status});
  return found == plan.by_status.end() ? 0 : found->second;
}

std::int64_t seen_tasks(const PlanShare& plan) {
  std::int64_t out = 0;
  for (const auto& [status, count] : plan.by_status) out += count;
  return out;
}

std::int64_t ended_tasks(const PlanShare& plan) {
  return count_of(plan, "completed") + count_of(plan, "failed") + count_of(plan, "cancelled");
}

std::int64_t all_tasks(const PlanShare& plan) {
  const std::int64_t told = plan.batch ? plan.batch->vm_count.value_or(0) : 0;
  return std::max(told, seen_tasks(plan));
}

// The plan's own word if it has one, else what its tasks amount to.
std::string_view status_of(const PlanShare& plan) {
  if (plan.batch && projection::is_terminal(plan.batch->phase))
    return projection::to_string(plan.batch->phase);
  const std::int64_t all = all_tasks(plan);
  if (all == 0 || (seen_tasks(plan) == count_of(plan, "pending") && !(plan.batch && plan.batch->started_at)))
    return "pending";
  if (ended_tasks(plan) < all) return "running";
  if (count_of(plan, "failed") > 0) return "failed";
  return count_of(plan, "cancelled") == all ? "cancelled" : "completed";
}

// Seconds left. When every task that is under way says how long it takes and none is still to begin, the
// longest of them; else as long as what is done took, for its share. Unknown when something stalls.
std::optional<double> eta_of(const PlanShare& plan) {
  const std::int64_t all = all_tasks(plan);
  if (status_of(plan) != "running" || plan.stalled > 0 || all == 0) return std::nullopt;
  const bool all_known = ended_tasks(plan) + plan.eta_known == all && plan.eta_known > 0;
  if (all_known) return static_cast<double>(plan.eta_max_ms) / 1000;
  const double done = plan.percentage_sum / 100 / static_cast<double>(all);
  if (done <= 0 || !plan.started_ms || !plan.updated_ms || *plan.updated_ms <= *plan.started_ms)
    return std::nullopt;
  return static_cast<double>(*plan.updated_ms - *plan.started_ms) / 1000 * (1 - done) / done;
}

std::optional<std::string> time_text(const std::optional<std::int64_t>& ms) {
  return ms ? std::optional{format_rfc3339(from_unix_ms(*ms))} : std::nullopt;
}

std::optional<std::string> time_text(const std::optional<Timestamp>& at) {
  return at ? std::optional{format_rfc3339(*at)} : std::nullopt;
}

}  // namespace

PlanShares read_plans(const sqlite::Readers& files, const PlanQuestion& question) {
  std::vector<PlanShares> shares;
  files.for_each([&](const std::string&, sqlite::Database& db) {
    PlanShares share;
    for (const std::string& id : plan_ids(db, question)) {
      if (static_cast<std::int64_t>(share.plans.size()) == question.limit) {
        share.more = true;
        break;
      }
      PlanShare plan = read_share(db, id, question.stalled_before_ms);
      if (!question.one || !is_empty(plan)) share.plans.emplace(id, std::move(plan));
    }
    shares.push_back(std::move(share));
    return true;
  });
  return add_up(shares, question.limit);
}

PlanShares add_up(const std::vector<PlanShares>& shares, std::int64_t limit) {
  std::optional<std::string> until;
  for (const PlanShares& share : shares)
    if (share.more && !share.plans.empty() && (!until || share.plans.rbegin()->first < *until))
      until = share.plans.rbegin()->first;
  PlanShares out{.plans = {}, .more = until.has_value()};
  for (const PlanShares& share : shares)
    for (const auto& [id, plan] : share.plans)
      if (!until || id <= *until) add(out.plans[id], plan);
  while (static_cast<std::int64_t>(out.plans.size()) > limit) {
    out.plans.erase(std::prev(out.plans.end()));
    out.more = true;
  }
  // A plan whose tasks have all been removed is no plan any more, but a page ends behind it all the same.
  if (!out.more) std::erase_if(out.plans, [](const auto& entry) { return is_empty(entry.second); });
  return out;
}

void write_plan(json::Writer& out, const std::string& plan_id, const PlanShare& plan) {
  const Batch batch = plan.batch.value_or(Batch{});
  const std::int64_t all = all_tasks(plan);
  const auto eta = eta_of(plan);
  out.member("plan_id", plan_id).member("plan_name", batch.name.empty() ? plan.name : batch.name);
  out.member("status", status_of(plan)).member("vm_count", all).member("tasks", seen_tasks(plan));
  out.key("by_status").begin_object();
  for (const auto& [status, count] : plan.by_status) out.member(status, count);
  out.end_object().member(
      "percentage", all > 0 ? std::optional{plan.percentage_sum / static_cast<double>(all)} : std::nullopt);
  out.member("bytes_done", plan.bytes_done).member("stalled_tasks", plan.stalled);
  out.member("eta", eta ? std::optional{static_cast<std::int64_t>(std::llround(*eta))} : std::nullopt);
  out.member("max_parallel", batch.max_parallel);
  out.member("start_time", batch.started_at ? time_text(batch.started_at) : time_text(plan.started_ms));
  out.member("updated_time", plan.updated_ms ? time_text(plan.updated_ms)
                                             : time_text(std::optional{to_unix_ms(batch.updated_at)}));
  out.member("end_time", time_text(batch.ended_at));
}

std::string to_wire(const PlanShares& shares) {
  json::Writer out;
  out.begin_object().member("more", shares.more).key("plans").begin_array();
  for (const auto& [id, plan] : shares.plans) {
    out.begin_object().member("id", id).member("name", plan.name).key("by_status").begin_object();
    for (const auto& [status, count] : plan.by_status) out.member(status, count);
    out.end_object().member("percentage_sum", plan.percentage_sum).member("bytes_done", plan.bytes_done);
    out.member("waiting", plan.waiting).member("eta_known", plan.eta_known);
    out.member("eta_max_ms", plan.eta_max_ms).member("stalled", plan.stalled);
    out.member_if("started_ms", plan.started_ms).member_if("updated_ms", plan.updated_ms);
    if (plan.batch) {
      Task holder;
      holder.batch = plan.batch;
      out.member_raw("state", store_json(holder));
    }
    out.end_object();
  }
  out.end_array().end_object();
  return out.take();
}

std::optional<PlanShares> read_plan_wire(std::string_view text) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(text.data(), text.size());
  if (document.HasParseError()) return std::nullopt;
  const json::Object in{document};
  const auto more = in.maybe_flag("more");
  if (!more) return std::nullopt;
  PlanShares out{.plans = {}, .more = *more};
  in.each("plans", [&](const rapidjson::Value& value) {
    const json::Object from{value};
    PlanShare& plan = out.plans[from.text("id").value_or("")];
    plan.name = from.text("name").value_or("");
    if (const auto* counts = from.find("by_status"); counts != nullptr && counts->IsObject())
      for (const auto& member : counts->GetObject())
        if (member.value.IsInt64()) plan.by_status[member.name.GetString()] = member.value.GetInt64();
    plan.percentage_sum = from.number("percentage_sum").value_or(0);
    plan.bytes_done = from.integer("bytes_done").value_or(0);
    plan.waiting = from.integer("waiting").value_or(0);
    plan.eta_known = from.integer("eta_known").value_or(0);
    plan.eta_max_ms = from.integer("eta_max_ms").value_or(0);
    plan.stalled = from.integer("stalled").value_or(0);
    plan.started_ms = from.integer("started_ms");
    plan.updated_ms = from.integer("updated_ms");
    if (const auto* state = from.find("state")) plan.batch = read_store_json(json::text_of(*state)).batch;
  });
  return out;
}

}  // namespace godwit::progress
