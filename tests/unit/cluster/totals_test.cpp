// The totals of three instances of the metrics consumer.
#include <doctest/doctest.h>

#include "consumers/metrics/series.h"
#include "consumers/metrics/tables.h"
#include "consumers/metrics/totals.h"
#include "consumers/metrics/view.h"
#include "tests/unit/cluster/tasks.h"

namespace godwit::metrics_view {
namespace {

using MetricsTown = test::Town<Metrics, Tables, MetricsView, Settings>;

// The page, or the status of the refusal.
std::string metrics_page(MetricsTown& town, std::size_t instance, const char* target = "/metrics") {
  metrics::Exposition page;
  const auto request = http::make_request("GET", target).value();
  if (const auto refusal = town.view(instance).answer_metrics(request, page))
    return std::to_string(refusal->status);
  return page.text();
}

bool has(const std::string& page, const std::string& line) {
  return page.find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("every instance serves the same totals of all") {
  MetricsTown town;
  test::start_tasks(town, 40);
  const std::string first = metrics_page(town, 0);
  CHECK(has(first, "hypersdk_migrations_total 40"));
  CHECK(metrics_page(town, 1) == first);
  CHECK(metrics_page(town, 2) == first);
  CHECK(town.get(2, "/stats").body.find(R"("total":40)") != std::string::npos);
}

TEST_CASE("totals that lack a partition are refused: they would look like a counter that was reset") {
  MetricsTown town;
  test::start_tasks(town, 40);
  town.down = {1};
  CHECK(metrics_page(town, 0) == "503");
  CHECK(town.get(0, "/stats").status == 503);
  town.down.clear();
  town.move(1, 2);
  town.hear();
  CHECK(metrics_page(town, 0) == "503");
  town.fold();
  town.hear();
  CHECK(has(metrics_page(town, 0), "hypersdk_migrations_total 40"));
}

TEST_CASE("totals of a partition that has not caught up would fall back, so they are refused") {
  MetricsTown town;
  test::start_tasks(town, 40);
  town.hear_behind("p-0004");
  CHECK(metrics_page(town, 0) == "503");
  CHECK(town.get(0, "/stats").status == 503);
}

TEST_CASE("one instance's own series are told apart by partition, and always there") {
  MetricsTown town;
  test::start_tasks(town, 40);
  town.down = {1, 2};
  const std::string page = metrics_page(town, 0, "/metrics?scope=instance");
  CHECK(page.find("hypersdk_migrations_total{partition=\"0\"} ") != std::string::npos);
  CHECK(page.find("hypersdk_migrations_total{partition=\"3\"} ") != std::string::npos);
  CHECK(page.find("partition=\"1\"") == std::string::npos);
  CHECK(metrics_page(town, 0, "/metrics?scope=planet") == "400");
}

TEST_CASE("totals go to another instance and come back as they were") {
  Totals sent;
  sent.counters["godwit_migrations_started_total"][{"vsphere", "a\"b"}] = 7;
  sent.histograms[std::string{stage_duration}][{"p", "s", "x"}] = {
      .buckets = {{0, 2}, {3, 1}}, .sum = -5, .count = 3};
  sent.active[{"p", "s"}] = 4;
  sent.watched["p"] = {.stalled = 1, .late = 2, .not_converging = 3, .oldest_snapshot_ms = 4};
  sent.watched["q"] = {};
  sent.oldest_active_ms[{"p", "cold"}] = 5;
  sent.gauges["g"][{"x"}] = {6, -7};
  sent.exemplars["godwit_migrations_started_total"][{"vsphere", "a\"b"}][-1] = {8, 9, "t"};
  const Catalogue catalogue;
  const auto got = read_wire(to_wire(sent, catalogue), catalogue);
  REQUIRE(got);
  CHECK(to_wire(*got, catalogue) == to_wire(sent, catalogue));
  CHECK(got->histograms.begin()->second.begin()->second.count == 3);
}

TEST_CASE("what are no totals is not taken for some") {
  for (const char* text :
       {"", "{}", "[]", R"("counters":[["x"]])", R"("counters":[["m",["","","","",""],1]])",
        R"("counters":[["m",["a"],-1]])", R"("histograms":[["unknown",["","",""],0,[[0,1]]]])",
        R"("watched":[["p",1,2,3,"x"]])", R"("rules":"abc")"}) {
    CAPTURE(text);
    // Of two members of one name the first is found.
    const std::string rest =
        R"("rules":"","counters":[],"histograms":[],"gauges":[],"exemplars":[],"active":[],"oldest":[],"watched":[]})";
    REQUIRE(read_wire("{" + rest, Catalogue{}));
    CHECK_FALSE(read_wire(text, Catalogue{}));
    CHECK_FALSE(read_wire(std::string{"{"} + text + "," + rest, Catalogue{}));
  }
}

TEST_CASE("the path of the totals is for other instances only") {
  MetricsTown town;
  CHECK(town.get(0, "/internal/v1/totals").status == 404);
}

}  // namespace
}  // namespace godwit::metrics_view
