// The figures and lists of three instances of the dashboard.
#include <doctest/doctest.h>

#include "consumers/dashboard/tables.h"
#include "consumers/dashboard/view.h"
#include "consumers/dashboard/wire.h"
#include "tests/unit/cluster/tasks.h"

namespace godwit::dashboard {
namespace {

using DashboardTown = test::Town<Dashboard, Tables, DashboardView, Settings>;

bool holds(const http::Response& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

TEST_CASE("every instance shows the same figures and lists") {
  DashboardTown town;
  test::start_tasks(town, 40);
  for (const char* path :
       {"/api/v1/dashboard", "/api/v1/status", "/api/v1/active?limit=7", "/api/v1/completions"}) {
    CAPTURE(path);
    const auto first = town.get(0, path);
    CHECK(first.status == 200);
    CHECK(holds(first, R"("partial":false)"));
    CHECK(town.get(1, path).body == first.body);
    CHECK(town.get(2, path).body == first.body);
  }
  CHECK(holds(town.get(1, "/api/v1/dashboard"), R"("total_migrations":40)"));
}

TEST_CASE("figures that lack a partition say which") {
  DashboardTown town;
  test::start_tasks(town, 40);
  town.down = {2};
  for (const char* path : {"/api/v1/dashboard", "/api/v1/status", "/api/v1/active"}) {
    CAPTURE(path);
    CHECK(holds(town.get(0, path), R"("partial":true,"missing":[2,5])"));
  }
}

TEST_CASE("an overview goes to another instance and comes back as it was") {
  Overview sent;
  sent.figures.active = 3;
  sent.figures.pending = 1;
  sent.figures.first_hour = 490'000;
  sent.figures.hours[5].failed = 2;
  sent.figures.providers["aws"] = {.started = 4, .succeeded = 1, .failed = 2, .succeeded_ms = 9, .bytes = 8};
  sent.figures.total = sent.figures.providers["aws"];
  Task task;
  task.vm_name = "vm";
  task.stages["export"].ratio = 0.25;
  sent.active.rows.push_back({"task-1", 77, task});
  const auto got = read_wire(to_wire(sent));
  REQUIRE(got);
  CHECK(to_wire(*got) == to_wire(sent));
  CHECK(got->figures.total == sent.figures.total);
  CHECK(got->active.rows.at(0).task == task);
}

TEST_CASE("what is no overview is not taken for one") {
  const std::string good = to_wire(Overview{});
  REQUIRE(read_wire(good));
  for (std::size_t size = 0; size < good.size(); size += 7) CHECK_FALSE(read_wire(good.substr(0, size)));
  for (const char* text :
       {"[]", "{}", R"({"active_count":1,"pending_count":1,"first_hour":1,"providers":{},"hours":[]})"})
    CHECK_FALSE(read_wire(text));
}

TEST_CASE("an instance whose clock is in the next hour adds to the hours both know") {
  Overview ours;
  ours.figures.first_hour = 100;
  Overview theirs;
  theirs.figures.first_hour = 101;
  theirs.figures.hours[0].started = 5;
  theirs.figures.hours[hours_read - 1].started = 7;
  const auto now = start_of_hour(100 + static_cast<std::int64_t>(hours_read) - 1);
  const Overview sum = add_up({ours, theirs}, now);
  CHECK(sum.figures.hours[1].started == 5);
  std::int64_t all = 0;
  for (const Counters& hour : sum.figures.hours) all += hour.started;
  CHECK(all == 5);
}

}  // namespace
}  // namespace godwit::dashboard
