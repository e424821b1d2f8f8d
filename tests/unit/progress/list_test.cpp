// Lists of tasks and plans: filters, orders, pages, ETags, and what goes with time.
#include <fmt/format.h>

#include <algorithm>

#include "tests/unit/progress/asked.h"

namespace godwit::progress {
namespace {

using namespace test_api;
using Ids = std::vector<std::string>;

Ids ids(const Api& api, const std::string& query) {
  return page_of(api.get("/api/v1/progress?" + query)).ids;
}

// Tells a start with the name of the machine and a minute after the one before.
void start(Api& api, Teller& teller, const std::string& id, const std::string& vm, int minute,
           const std::string& plan = "") {
  Event out = about(teller, Type::task_started, id);
  out.data.vm_name = vm;
  out.data.user = "user-of-" + id;
  if (!plan.empty()) out.data.plan_id = plan;
  out.time += std::chrono::minutes{minute};
  api.tell(out);
}

TEST_CASE("the list is narrowed by plan, user and any part of a name, whatever its case") {
  Api api{quick};
  Teller teller{1};
  start(api, teller, "a", "Web-01", 0, "wave-1");
  start(api, teller, "b", "web-02", 1, "wave-2");
  start(api, teller, "c", "db-01", 2, "wave-1");
  api.fold();
  CHECK(ids(api, "plan=wave-1") == Ids{"a", "c"});
  CHECK(ids(api, "user=user-of-b") == Ids{"b"});
  CHECK(ids(api, "q=WEB-") == Ids{"a", "b"});
  CHECK(ids(api, "q=web&plan=wave-2") == Ids{"b"});
  CHECK(ids(api, "q=nothing").empty());
  CHECK(api.get("/api/v1/progress?sort=percent").status == 400);
}

TEST_CASE("each order of the list can be walked page by page in both directions") {
  Api api{quick};
  Teller teller{1};
  // Names and times in another order than the ids, and some of them alike.
  for (int i = 0; i < 20; ++i)
    start(api, teller, fmt::format("t{:02}", i), fmt::format("vm-{}", i * 7 % 10), i * 3 % 11);
  api.fold();
  for (const std::string sort : {"task_id", "vm_name", "start_time", "updated_time"}) {
    const Ids whole = ids(api, "sort=" + sort);
    REQUIRE(whole.size() == 20);
    Ids reverse = ids(api, "sort=-" + sort);
    std::reverse(reverse.begin(), reverse.end());
    CHECK(reverse == whole);
    Ids walked;
    std::string cursor;
    for (int pages = 0; pages < 20; ++pages) {
      const Page page = page_of(api.get(fmt::format("/api/v1/progress?sort={}&limit=3{}", sort, cursor)));
      walked.insert(walked.end(), page.ids.begin(), page.ids.end());
      if (!page.next) break;
      cursor = "&cursor=" + *page.next;
    }
    CAPTURE(sort);
    CHECK(walked == whole);
  }
}

TEST_CASE("who stalls can be asked for, and a stalled task has neither rate nor time left") {
  Api api{quick};
  Teller teller{1};
  Event silent = about(teller, Type::task_started, "silent");
  api.tell(silent);
  Event busy = about(teller, Type::task_started, "busy");
  busy.time = silent.time + Millis{400'000};
  api.tell(busy);
  api.fold();
  api.clock.advance(busy.time - api.clock.now());
  CHECK(ids(api, "stalled=true") == Ids{"silent"});
  CHECK(ids(api, "stalled=false") == Ids{"busy"});
  CHECK(member(api.get("/api/v1/progress/silent"), "eta") == "null");
}

TEST_CASE("an answer that has not changed costs no body") {
  Api api{quick};
  Teller teller{1};
  start(api, teller, "a", "web", 0);
  api.fold();
  for (const std::string path : {"/api/v1/progress", "/api/v1/progress/a", "/api/v1/progress/a/timeline"}) {
    const auto first = api.get(path);
    REQUIRE(first.status == 200);
    const auto tag = std::find_if(first.headers.begin(), first.headers.end(),
                                  [](const auto& header) { return header.first == "ETag"; });
    REQUIRE(tag != first.headers.end());
    const auto again = api.get(path, {{"If-None-Match", tag->second}});
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(api.get(path, {{"If-None-Match", "\"other\""}}).status == 200);
  }
}

TEST_CASE("a timeline tells the transitions and, for each stage, when it ran and how fast") {
  Api api{quick};
  Teller teller{1};
  Event begun = about(teller, Type::task_started, "a");
  api.tell(begun);
  Event stage = about(teller, Type::stage_started, "a");
  stage.data.stage = "export";
  stage.data.stage_index = 0;
  stage.data.total_stages = 1;
  api.tell(stage);
  for (int second = 1; second <= 200; ++second) {
    Event tick = about(teller, Type::stage_progress, "a");
    tick.time = stage.time + Millis{1000 * second};
    tick.data.stage = "export";
    tick.data.bytes_done = 100 * second;
    tick.data.bytes_total = 20'000;
    api.tell(tick);
  }
  api.fold();
  const auto timeline = api.get("/api/v1/progress/a/timeline");
  CHECK(member(timeline, "transitions").find(R"("status":"exporting")") != std::string::npos);
  CHECK(timeline.body.find(R"("rate":100)") != std::string::npos);
  CHECK(timeline.body.find(R"("average_rate":100)") != std::string::npos);
  std::size_t samples = 0;
  for (std::size_t at = 0; (at = timeline.body.find(R"("percentage":)", at + 1)) != std::string::npos;)
    ++samples;
  CHECK(samples > Samples::count_max / 2);
  CHECK(samples <= Samples::count_max + 4);
  CHECK(api.get("/api/v1/progress/nobody/timeline").status == 404);
}

TEST_CASE("a plan tells the progress of all its tasks, in whatever partitions they lie") {
  Api api{quick};
  Teller teller{1};
  for (int i = 0; i < 10; ++i) start(api, teller, fmt::format("t{}", i), "vm", i, "wave-1");
  start(api, teller, "lone", "vm", 0, "wave-2");
  Event created = about(teller, Type::plan_created, "wave-1");
  created.data.plan_id = "wave-1";
  created.data.plan_name = "First wave";
  created.data.vm_count = 12;
  api.tell(created);
  for (int i = 0; i < 6; ++i)
    api.tell(about(teller, i < 4 ? Type::task_completed : Type::task_failed, fmt::format("t{}", i)));
  api.fold();
  const auto plan = api.get("/api/v1/plans/wave-1");
  REQUIRE(plan.status == 200);
  CHECK(member(plan, "plan_name") == "\"First wave\"");
  CHECK(member(plan, "vm_count") == "12");
  CHECK(member(plan, "tasks") == "10");
  CHECK(member(plan, "by_status") == R"({"completed":4,"failed":2,"running":4})");
  CHECK(member(plan, "status") == "\"running\"");
  CHECK(std::stod(member(plan, "percentage")) == doctest::Approx(400.0 / 12));
  CHECK(member(plan, "partial") == "false");
  const auto list = api.get("/api/v1/plans?limit=1");
  CHECK(member(list, "next_cursor") == "\"wave-1\"");
  const auto rest = api.get("/api/v1/plans?limit=1&cursor=wave-1");
  CHECK(rest.body.find("wave-2") != std::string::npos);
  CHECK(member(rest, "next_cursor") == "null");
  CHECK(api.get("/api/v1/plans/nobody").status == 404);
}

TEST_CASE("the time left of a plan is that of its slowest task once all are under way") {
  Api api{quick};
  Teller teller{1};
  start(api, teller, "fast", "vm", 0, "wave");
  start(api, teller, "slow", "vm", 0, "wave");
  for (const auto& [id, step] : {std::pair{"fast", 10}, {"slow", 1}}) {
    Event stage = about(teller, Type::stage_started, id);
    stage.data.stage = "export";
    stage.data.stage_index = 0;
    stage.data.total_stages = 3;
    api.tell(stage);
    for (int second = 0; second <= 5; ++second) {
      Event tick = about(teller, Type::stage_progress, id);
      tick.time = stage.time + Millis{1000 * second};
      tick.data.stage = "export";
      tick.data.percentage = step * second;
      api.tell(tick);
    }
  }
  api.fold();
  CHECK(member(api.get("/api/v1/plans/wave"), "eta") == "295");  // 95 points of export and two stages at 1/s
}

TEST_CASE("who has not been heard of for the time of keeping goes, by the time of events") {
  Settings short_memory = quick;
  Api api{short_memory};
  Teller teller{1};
  Event old = about(teller, Type::task_started, "old");
  api.tell(old);
  Event end = about(teller, Type::task_completed, "old");
  api.tell(end);
  for (int i = 0; i < 40; ++i) {  // in every partition
    Event later = about(teller, Type::task_started, fmt::format("new-{}", i));
    later.time = end.time + Progress{}.keep;
    api.tell(later);
  }
  api.fold();
  CHECK(api.get("/api/v1/progress/old").status == 200);
  for (int i = 0; i < 40; ++i) {
    Event later = about(teller, Type::task_paused, fmt::format("new-{}", i));
    later.time = end.time + Progress{}.keep + Millis{2};
    api.tell(later);
  }
  api.fold();
  CHECK(api.get("/api/v1/progress/old").status == 404);
  CHECK(api.get("/api/v1/progress/new-1").status == 200);
}

}  // namespace
}  // namespace godwit::progress
