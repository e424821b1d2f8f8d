// Metrics without code: what a rule counts, and what a file of rules must not say.
#include "consumers/metrics/rules.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "consumers/metrics/rules_file.h"
#include "consumers/metrics/tables.h"
#include "consumers/metrics/view.h"
#include "tests/unit/progress/served.h"
#include "tests/unit/projection_life/history.h"

namespace godwit::metrics_view {
namespace {

using event::Event;
using event::Type;

constexpr const char* good = R"(metrics:
  - name: acme_failures_total
    type: counter
    help: Failures of web machines
    on: [task.failed]
    where:
      /data/vm_name: [web-1, web-2]
      /data/error/code: {in: [x, y]}
      /data/duration_ms: {min: 10, max: 100}
      /data/reason: {present: false}
    labels: {team: /data/labels/team, code: /data/error/code}
  - name: acme_moved_gigabytes_total
    type: counter
    help: Gigabytes of stages
    on: [stage.*]
    value: /data/bytes_done
    divide_by: 1e9
  - name: acme_ratio
    type: gauge
    help: The last compression
    on: [task.completed]
    value: /data/compression_ratio
    decimals: 3
  - name: acme_delay_seconds
    type: histogram
    help: Delay before a retry
    on: [retry.scheduled]
    value: /data/delay_ms
    divide_by: 1000
    buckets: [1, 5, 60]
)";

std::shared_ptr<const RuleSet> rules_from(const std::string& yaml) {
  const auto root = service::parse_yaml(yaml);
  REQUIRE(root);
  const auto rules = read_rules(*root);
  if (!rules) FAIL(rules.error().message);
  return *rules;
}

std::string refusal_of(const std::string& yaml) {
  const auto root = service::parse_yaml(yaml);
  if (!root) return root.error().message;
  const auto rules = read_rules(*root);
  return rules ? "accepted" : rules.error().message;
}

Event failed(test::Teller& teller) {
  Event event = teller.make(Type::task_failed, 1);
  event.data.vm_name = "web-1";
  event.data.error = test::failure("x", "broken");
  event.data.duration_ms = 50;
  event.data.other = {{"labels", R"({"team":"blue"})"}};
  return event;
}

TEST_CASE("a rule counts what meets all its conditions, with labels from pointers") {
  const auto rules = rules_from(good);
  test::Teller teller{1};
  const auto all = match_rules(*rules, failed(teller));
  REQUIRE(all.size() == 1);
  CHECK(all[0].rule->name == "acme_failures_total");
  CHECK(all[0].value == 1);
  CHECK(all[0].labels[0] == "blue");
  CHECK(all[0].labels[1] == "x");
  const auto counts = [&](const std::function<void(Event&)>& change) {
    Event event = failed(teller);
    change(event);
    return match_rules(*rules, event).size();
  };
  CHECK(counts([](Event& e) { e.data.vm_name = "db-1"; }) == 0);
  CHECK(counts([](Event& e) { e.data.error->code = std::string{"z"}; }) == 0);
  CHECK(counts([](Event& e) { e.data.duration_ms = 9; }) == 0);
  CHECK(counts([](Event& e) { e.data.duration_ms.reset(); }) == 0);
  CHECK(counts([](Event& e) { e.data.reason = std::string{"no"}; }) == 0);
  CHECK(counts([](Event& e) { e.data.duration_ms = 100; }) == 1);
}

TEST_CASE(
    "a value that is absent, no number or less than nothing adds nothing; a label that is absent is "
    "unknown") {
  const auto rules = rules_from(good);
  test::Teller teller{1};
  Event event = teller.make(Type::stage_completed, 1);
  event.data.bytes_done.reset();
  CHECK(match_rules(*rules, event).empty());
  Event without_team = failed(teller);
  without_team.data.other.clear();
  CHECK(match_rules(*rules, without_team).at(0).labels[0] == "unknown");
  const auto text_as_value = rules_from(
      "metrics: [{name: a_total, type: counter, help: h, on: [task.failed], value: /data/vm_name}]");
  CHECK(match_rules(*text_as_value, failed(teller)).empty());
}

TEST_CASE("what rules fold is shown in their unit, once for each event, and the latest gauge wins") {
  Settings settings;
  settings.rules = rules_from(good);
  auto projection = settings.projection().value();
  auto db = sqlite::Database::open(":memory:", sqlite::OpenMode::read_write).value();
  db.exec(Tables::schema());
  Tables tables{db, projection};
  test::Teller teller{1};
  Task task;
  const auto tell = [&](const Event& event) {
    Metrics::Outputs out;
    projection.step(task, event, out);
    tables.apply(out);
  };
  tell(failed(teller));
  Event stage = teller.make(Type::stage_completed, 1);
  stage.data.stage = "export";
  stage.data.bytes_done = 2'500'000'000;
  tell(stage);
  tell(stage);
  Event retry = teller.make(Type::retry_scheduled, 1);
  retry.data.delay_ms = 5000;
  tell(retry);
  Event late = teller.make(Type::task_completed, 1);
  late.data.compression_ratio = 0.5;
  Event early = teller.make(Type::task_completed, 1);
  early.time = late.time - std::chrono::hours{1};
  early.data.compression_ratio = 0.75;
  tell(late);
  tell(early);
  tables.flush();
  const auto value = [&](const char* sql) {
    auto query = db.prepare(sql);
    REQUIRE(query.step());
    return query.integer(0);
  };
  CHECK(value("SELECT value FROM counter WHERE metric = 'acme_moved_gigabytes_total'") == 2'500'000'000);
  CHECK(value("SELECT value FROM counter WHERE metric = 'acme_failures_total' AND l1 = 'blue'") == 1);
  CHECK(value("SELECT value FROM gauge WHERE metric = 'acme_ratio'") == 500);
  CHECK(value("SELECT bucket FROM histogram WHERE metric = 'acme_delay_seconds'") == 1);
  const Catalogue catalogue{settings.rules};
  CHECK(catalogue.find("acme_ratio")->unit == 1000);
  CHECK(catalogue.find("acme_delay_seconds")->unit == 1000);
}

TEST_CASE("events of the platform can be counted too, once each") {
  const auto projection =
      Metrics{.rules = rules_from("metrics: [{name: api_total, type: counter, help: h, on: "
                                  "[audit.api_access], labels: {status: /data/status_code}}]")};
  Event event;
  event.type = Type::audit_api_access;
  event.type_name = event::full_type(event.type);
  event.id = std::string{"1"};
  event.source = "gateway";
  event.subject = "alice";
  event.data.status_code = 200;
  CHECK(projection.key(event) == "alice");
  CHECK(Metrics{}.key(event).empty());
  Task task;
  Metrics::Outputs first, second;
  projection.step(task, event, first);
  projection.step(task, event, second);
  REQUIRE(first.increments.size() == 1);
  CHECK(first.increments[0].series.labels[0] == "200");
  CHECK(second.increments.empty());
}

TEST_CASE("the fingerprint changes with what is folded, and with nothing else") {
  const std::string text = good;
  const auto changed = [&](const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    const std::string other = fmt::format("{}{}{}", text.substr(0, at), to, text.substr(at + from.size()));
    return rules_from(other)->fingerprint != rules_from(text)->fingerprint;
  };
  CHECK_FALSE(changed("Failures of web machines", "Other words"));
  CHECK_FALSE(changed("metrics:\n", "# a comment\nmetrics:\n"));
  CHECK(changed("[web-1, web-2]", "[web-1]"));
  CHECK(changed("min: 10", "min: 11"));
  CHECK(changed("[1, 5, 60]", "[1, 5, 61]"));
  CHECK(changed("stage.*", "stage.completed"));
  CHECK(changed("present: false", "present: true"));
  CHECK(changed("decimals: 3", "decimals: 2"));
  CHECK(rules_from("metrics: []")->fingerprint.empty());
}

TEST_CASE("what is wrong with a file is said with its line") {
  const auto rule = [](const std::string& rest, const std::string& name = "a_total",
                       const std::string& type = "counter") {
    return fmt::format("metrics:\n  - name: {}\n    type: {}\n    help: h\n    {}\n", name, type, rest);
  };
  const std::string on = "on: [task.failed]";
  const std::pair<std::string, std::string> cases[] = {
      {"metric: []", "line 1: a file of rules has no 'metric'; it has metrics"},
      {rule("on: [task.exploded]"), "line 5: there is no event type 'task.exploded'"},
      {rule("on: [stage.progress]"), "line 5: 'stage.progress' expires"},
      {rule("on: []"), "line 5: on is a list"},
      {rule("onn: [task.failed]"), "line 5: a rule has no 'onn'"},
      {rule(on, "a"), "line 2: a counter's name ends with _total"},
      {rule(on, "godwit_x_total"), "line 2: names that begin with godwit_ are ours"},
      {rule(on, "A-b"), "line 2: 'A-b' is no name"},
      {rule(on, "a", "gauge"), "line 2: a gauge and a histogram need 'value'"},
      {rule(on, "a", "timer"), "line 3: type is counter, gauge or histogram, not 'timer'"},
      {rule(on + "\n    value: data"), "line 6: 'data' is no JSON pointer"},
      {rule(on + "\n    value: /a~2"), "line 6: '/a~2' is no JSON pointer"},
      {rule(on + "\n    buckets: [1]"), "line 6: only a histogram has buckets"},
      {rule(on + "\n    value: /a\n    buckets: [2, 1]", "a", "histogram"), "line 7: buckets must rise"},
      {rule(on + "\n    labels: {le: /a}"), "line 6: the label 'le' has a meaning already"},
      {rule(on + "\n    labels: {a: /a, b: /a, c: /a, d: /a, e: /a}"), "line 6: a rule has at most 4 labels"},
      {rule(on + "\n    where: {/a: {minimum: 1}}"), "line 6: a condition has no 'minimum'"},
      {rule(on + "\n    where: {/a: {min: x}}"), "line 6: min is a number, not 'x'"},
      {rule(on + "\n    series_max: 100000"), "line 6: series_max is a whole number from 1 to 1000"},
      {rule(on + "\n    divide_by: 0"), "line 6: divide_by is greater than 0"},
      {rule(on) + "  - name: a_total\n    type: counter\n    help: h\n    on: [task.failed]\n",
       "line 6: 'a_total' is there twice"},
  };
  for (const auto& each : cases) {
    const std::string refusal = refusal_of(each.first);
    CAPTURE(each.first);
    CAPTURE(refusal);
    CHECK(refusal.starts_with(each.second));
  }
}

}  // namespace
}  // namespace godwit::metrics_view
