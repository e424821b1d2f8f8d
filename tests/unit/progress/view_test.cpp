// The progress API, called as a browser would, over real partition files.
#include "consumers/progress/view.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/unit/progress/asked.h"

namespace godwit::progress {
namespace {

using event::Event;
using event::Type;
using test::Teller;
using namespace test_api;

TEST_CASE("an empty system answers with an empty list") {
  Api api{quick};
  api.fold();
  const auto response = api.get("/api/v1/progress");
  CHECK(response.status == 200);
  CHECK(response.body == R"({"tasks":[],"count":0,"next_cursor":null,"partial":false})");
}

TEST_CASE("stages are listed as they began, by their index where the clock cannot tell") {
  Api api{quick};
  Teller teller{1};
  const Event started = about(teller, Type::task_started, "quick");
  api.tell(started);
  std::int64_t index = 0;
  for (const std::string stage : {"snapshot", "export", "conversion"}) {
    Event begun = about(teller, Type::stage_started, "quick");
    begun.time = started.time;
    begun.data.stage = stage;
    begun.data.stage_index = index++;
    begun.data.total_stages = 3;
    api.tell(begun);
  }
  api.fold();
  const std::string body = api.get("/api/v1/progress/quick").body;
  const auto at = [&body](std::string_view stage) {
    return body.find(fmt::format(R"({{"stage":"{}")", stage), body.find(R"("stages":[)"));
  };
  CHECK(at("conversion") != std::string::npos);
  CHECK(at("snapshot") < at("export"));
  CHECK(at("export") < at("conversion"));
}

TEST_CASE("the list can be narrowed by status and provider") {
  Api api{quick};
  Teller teller{1};
  api.tell(about(teller, Type::task_started, "a-running"));
  api.tell(about(teller, Type::task_started, "b-done"));
  api.tell(about(teller, Type::task_completed, "b-done"));
  api.tell(about(teller, Type::task_started, "c-other", "aws"));
  api.fold();
  CHECK(page_of(api.get("/api/v1/progress")).ids ==
        std::vector<std::string>{"a-running", "b-done", "c-other"});
  CHECK(page_of(api.get("/api/v1/progress?status=completed")).ids == std::vector<std::string>{"b-done"});
  CHECK(page_of(api.get("/api/v1/progress?provider=aws")).ids == std::vector<std::string>{"c-other"});
  CHECK(page_of(api.get("/api/v1/progress?provider=aws&status=completed")).ids.empty());
}

TEST_CASE("pages follow each other over all partitions without a gap or a double") {
  Api api{quick};
  Teller teller{1};
  std::vector<std::string> expected;
  for (int i = 0; i < 53; ++i) {
    expected.push_back(fmt::format("task-{:03}", i));
    api.tell(about(teller, Type::task_started, expected.back()));
  }
  api.fold();
  for (const int limit : {1, 7, 52, 53, 54}) {
    CAPTURE(limit);
    std::vector<std::string> seen;
    std::optional<std::string> cursor = "!";  // sorts before any id
    while (cursor) {
      const Page page = page_of(api.get(fmt::format("/api/v1/progress?limit={}&cursor={}", limit, *cursor)));
      CHECK(page.count == static_cast<std::int64_t>(page.ids.size()));
      REQUIRE(page.ids.size() <= static_cast<std::size_t>(limit));
      seen.insert(seen.end(), page.ids.begin(), page.ids.end());
      REQUIRE(seen.size() <= expected.size());
      cursor = page.next;
    }
    CHECK(seen == expected);
  }
}

TEST_CASE("a wrong parameter is refused by name") {
  Api api{quick};
  api.fold();
  for (const char* query : {"limit=0", "limit=1001", "limit=x", "status=flying", "colour=red"}) {
    const auto response = api.get(fmt::format("/api/v1/progress?{}", query));
    CAPTURE(query);
    CHECK(response.status == 400);
    CHECK(response.content_type == std::string_view{"application/problem+json"});
    const std::string name = std::string{query}.substr(0, std::string_view{query}.find('='));
    CHECK(response.body.find(name) != std::string::npos);
  }
}

TEST_CASE("one task is found in whatever partition it lies, and an unknown one is 404") {
  Api api{quick};
  Teller teller{1};
  for (int i = 0; i < 8; ++i) api.tell(about(teller, Type::task_started, fmt::format("task-{}", i)));
  api.fold();
  for (int i = 0; i < 8; ++i) CHECK(api.get(fmt::format("/api/v1/progress/task-{}", i)).status == 200);
  const auto missing = api.get("/api/v1/progress/task-9");
  CHECK(missing.status == 404);
  CHECK(missing.content_type == std::string_view{"application/problem+json"});
  CHECK(api.get("/api/v1/stream/task-9").status == 404);
}

TEST_CASE("a removed task is in no list, has no page and no stream") {
  Api api{quick};
  Teller teller{1};
  api.tell(about(teller, Type::task_started, "task-1"));
  api.tell(about(teller, Type::task_removed, "task-1"));
  api.fold();
  CHECK(page_of(api.get("/api/v1/progress")).ids.empty());
  CHECK(api.get("/api/v1/progress/task-1").status == 404);
  CHECK(api.get("/api/v1/stream/task-1").status == 404);
}

TEST_CASE("a running task is called stalled once nothing was heard of it for long enough") {
  Api api{quick};
  Teller teller{1};
  const Event start = about(teller, Type::task_started, "task-1");
  api.tell(start);
  api.fold();
  api.clock.advance(start.time - api.clock.now() + Millis{300'000});
  CHECK(api.get("/api/v1/progress/task-1").body.find(R"("stalled":false)") != std::string::npos);
  api.clock.advance(Millis{1});
  CHECK(api.get("/api/v1/progress/task-1").body.find(R"("stalled":true)") != std::string::npos);
}

}  // namespace
}  // namespace godwit::progress
