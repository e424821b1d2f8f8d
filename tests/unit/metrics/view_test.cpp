// The pages of the metrics consumer, over real partition files.
#include "consumers/metrics/view.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

#include "common/json/fields.h"
#include "consumers/metrics/tables.h"
#include "tests/unit/progress/served.h"
#include "tests/unit/projection_life/history.h"

namespace godwit::metrics_view {
namespace {

using event::Event;
using event::Type;
using test::Teller;
using Api = test::Served<Metrics, Tables, MetricsView, Settings>;

std::string page_of(Api& api) {
  metrics::Exposition page;
  const auto request = http::make_request("GET", "/metrics").value();
  REQUIRE_FALSE(api.view.answer_metrics(request, page));
  return page.text();
}

bool has_line(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

// Ten tasks with different ends, spread over the partitions, told as random histories.
void tell_tasks(Api& api) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Teller teller{seed};
    for (Event event : teller.interleave(teller.tell())) {
      event.source = event.subject = fmt::format("task-{}", seed);
      event.data.task_id = event.subject;
      event.data.delivery_id = "d-1";
      event.data.snapshot_id = "s-1";
      event.data.hook = "pre";
      if (!event.data.iteration) event.data.iteration = 1;
      if (!event.data.disk_index) event.data.disk_index = 0;
      if (!event.data.duration_ms) event.data.duration_ms = 5;
      if (!event.data.delay_ms) event.data.delay_ms = 5;
      api.tell(event);
    }
  }
  api.fold();
}

TEST_CASE("promtool accepts the page, empty as well as full") {
  if (std::system("command -v promtool >/dev/null") != 0) {
    MESSAGE("no promtool here: package prometheus");
    return;
  }
  for (const bool full : {false, true}) {
    CAPTURE(full);
    Api api;
    if (full) tell_tasks(api);
    CHECK(api.runner.stats().dead_letters.empty());
    const std::string file = api.directory.path() + "/page";
    std::ofstream{file} << page_of(api);
    CHECK(std::system(fmt::format("promtool check metrics <{} >{}.out 2>&1", file, file).c_str()) == 0);
    std::string said;
    std::getline(std::ifstream{file + ".out"}, said, '\0');
    CHECK(said == std::string_view{""});
  }
}

TEST_CASE("the page sums all partitions") {
  Api api;
  for (int i = 0; i < 12; ++i) {
    Teller teller{static_cast<std::uint64_t>(i)};
    Event start = teller.make(Type::task_started, 1);
    start.subject = start.source = fmt::format("task-{}", i);
    start.data.task_id = start.subject;
    api.tell(start);
    if (i % 3 != 0) continue;
    Event end = start;
    end.type = Type::task_completed;
    end.type_name = event::full_type(end.type);
    end.id = "end";
    end.data.duration_ms = 2000;
    api.tell(end);
  }
  api.fold();
  CHECK(api.readers.names().size() > 1);
  const std::string page = page_of(api);
  CHECK(has_line(page, R"(godwit_migrations_started_total{provider="vsphere",mode="unknown"} 12)"));
  CHECK(has_line(
      page, R"(godwit_migrations_finished_total{provider="vsphere",mode="unknown",status="completed"} 4)"));
  CHECK(has_line(page,
                 R"(godwit_migrations_finished_total{provider="vsphere",mode="unknown",status="failed"} 0)"));
  CHECK(has_line(page, R"(godwit_migrations_active{provider="vsphere",stage="none"} 8)"));
  CHECK(has_line(page, "hypersdk_migrations_total 12"));
  CHECK(has_line(page, "hypersdk_success_rate_percent 100"));
}

TEST_CASE("/stats has every member of the contract, also before anything has happened") {
  Api api;
  api.fold();
  const auto response = api.get("/stats");
  REQUIRE(response.status == 200);
  rapidjson::Document document;
  document.Parse<json::parse_flags>(response.body.data(), response.body.size());
  REQUIRE(!document.HasParseError());
  const json::Object in{document};
  const auto members = [&](const char* name) {
    std::string out;
    const auto* value = in.find(name);
    REQUIRE(value != nullptr);
    for (const auto& member : value->GetObject()) out += std::string{member.name.GetString()} + " ";
    return out;
  };
  CHECK(members("migrations") == "total succeeded failed active ");
  CHECK(members("durations") ==
        "export_total conversion_total upload_total migration_total export_avg conversion_avg upload_avg "
        "migration_avg ");
  CHECK(members("bytes") == "exported converted uploaded ");
  CHECK(members("providers").empty());
  CHECK(in.number("uptime").has_value());
  REQUIRE(in.find("success_rate") != nullptr);
  CHECK(in.find("success_rate")->IsNull());
}

TEST_CASE("/health says ok") {
  Api api;
  CHECK(api.get("/health").body == R"({"status":"ok"})");
}

}  // namespace
}  // namespace godwit::metrics_view
