// Tasks, plans and notes by what they are called, over real partition files and the real routes.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "rig.h"

using namespace godwit;
using event::Type;
using test::header;
using test::ids;
using test::noon;
using test::Rig;
using test::Story;

namespace {

event::Event of_plan(Type type, const std::string& plan_id, std::int64_t at, const std::string& name = "") {
  event::Event event;
  event.id = fmt::format("{}-{}-{}", plan_id, static_cast<int>(type), at);
  event.source = "/planner";
  event.subject = plan_id;
  event.type = type;
  event.type_name = "io.godwit.plan.x.v1";
  event.time = noon + std::chrono::seconds{at};
  event.data.plan_id = plan_id;
  if (!name.empty()) event.data.plan_name = name;
  return event;
}

event::Event in_plan(event::Event event, const std::string& plan_id) {
  event.data.plan_id = plan_id;
  return event;
}

std::vector<std::string> texts(const rapidjson::Value& notes) {
  std::vector<std::string> out;
  for (const auto& note : notes.GetArray()) out.emplace_back(note["text"].GetString());
  return out;
}

}  // namespace

TEST_CASE("a task is found by the beginning of its id or of its machine's name, in either case") {
  Rig rig;
  Story web{"task-1"};
  web.vm_name = "Web-Front";
  Story db{"web-id"};
  db.vm_name = "db";
  rig.tell({web.started(0)}, 0);
  rig.tell({db.started(0)}, 1);
  CHECK(ids(rig.json("/api/v1/search?q=WEB")["tasks"]) == std::vector<std::string>{"task-1"});
  CHECK(ids(rig.json("/api/v1/search?q=web")["tasks"]) == std::vector<std::string>{"task-1", "web-id"});
  CHECK(rig.json("/api/v1/search?q=front")["count"].GetInt() == 0);
  CHECK(rig.get("/api/v1/search").status == 400);
  CHECK(rig.get("/api/v1/search?q=").status == 400);
}

TEST_CASE("a removed task is found no more") {
  Rig rig;
  Story story{"gone"};
  rig.tell({story.started(0), story.make(Type::task_removed, 1)});
  CHECK(rig.json("/api/v1/search?q=gone")["count"].GetInt() == 0);
}

TEST_CASE("each list has its tasks, with what the table shows of them") {
  Rig rig;
  Story runs{"runs"}, ended{"ended"}, stopped{"stopped"};
  rig.tell(
      {runs.started(0), ended.started(0), ended.completed(90, 90), stopped.started(0), stopped.cancelled(5)});
  const auto active = rig.json("/api/v1/tasks");
  CHECK(ids(active["tasks"]) == std::vector<std::string>{"runs"});
  CHECK(active["tasks"][0]["list"] == "active");
  CHECK(active["tasks"][0]["end_time"].IsNull());
  const auto completed = rig.json("/api/v1/tasks?list=completed");
  CHECK(completed["tasks"][0]["duration"].GetInt64() == 90'000'000'000);
  CHECK(ids(rig.json("/api/v1/tasks?list=cancelled")["tasks"]) == std::vector<std::string>{"stopped"});
  CHECK(rig.get("/api/v1/tasks?list=odd").status == 400);
}

TEST_CASE("a plan is what its events say and what its tasks are, on whichever partition") {
  Rig rig;
  rig.tell({of_plan(Type::plan_created, "wave", 0, "Wave one"), of_plan(Type::plan_started, "wave", 5)}, 1);
  Story a{"a"}, b{"b"}, c{"c"};
  rig.tell({in_plan(a.started(1), "wave"), in_plan(a.completed(9), "wave"), in_plan(b.started(2), "wave")},
           0);
  rig.tell({in_plan(c.failed(3), "wave")}, 1);
  const auto plans = rig.json("/api/v1/plans");
  REQUIRE(plans["count"].GetInt() == 1);
  const auto& plan = plans["plans"][0];
  CHECK(plan["name"] == "Wave one");
  CHECK(plan["status"] == "running");
  CHECK(plan["start_time"] == "2026-11-21T12:00:05.000Z");
  for (const char* list : {"active", "completed", "failed"}) CHECK(plan["tasks"][list].GetInt() == 1);
  CHECK(ids(rig.json("/api/v1/plans/wave")["tasks"]) == std::vector<std::string>{"a", "b", "c"});
  CHECK(rig.json("/api/v1/plans?plan_id=other")["count"].GetInt() == 0);
}

TEST_CASE("a plan that has ended never runs again") {
  Rig rig;
  rig.tell({of_plan(Type::plan_completed, "wave", 9), of_plan(Type::plan_started, "wave", 5)});
  CHECK(rig.json("/api/v1/plans")["plans"][0]["status"] == "completed");
}

TEST_CASE("failures and warnings are told of once, newest first") {
  Rig rig;
  Story story{"a"};
  const auto failed = story.failed(9, "disk full");
  auto warning = story.make(Type::warning_raised, 5);
  warning.data.message = "slow";
  rig.tell({story.started(0), warning, failed});
  rig.tell({failed, warning, story.failed(12, "again")}, 0);
  const auto notes = rig.json("/api/v1/notifications");
  CHECK(texts(notes["notifications"]) == std::vector<std::string>{"disk full", "slow"});
  CHECK(notes["notifications"][0]["severity"] == "error");
  CHECK(notes["notifications"][1]["severity"] == "warning");
  CHECK(notes["unread"].GetInt() == 2);
}

TEST_CASE("what came after a browser's read mark is unread") {
  Rig rig;
  Story a{"a"}, b{"b"};
  rig.tell({a.failed(1)}, 0);
  const std::string mark = rig.json("/api/v1/notifications")["read_mark"].GetString();
  CHECK(rig.json("/api/v1/notifications?seen=" + mark)["unread"].GetInt() == 0);
  rig.tell({b.failed(2)}, 1);
  CHECK(rig.json("/api/v1/notifications?seen=" + mark)["unread"].GetInt() == 1);
  CHECK(rig.get("/api/v1/notifications?seen=yesterday").status == 400);
  CHECK(Rig{}.json("/api/v1/notifications")["read_mark"].IsNull());
}

TEST_CASE("only the newest notes are kept, and the counts of lists survive a restart") {
  Rig rig;
  std::vector<event::Event> events;
  const auto kept = static_cast<int>(dashboard::Tables::notes_max);
  events.reserve(static_cast<std::size_t>(kept) + 50);
  for (int i = 0; i < kept + 50; ++i)
    events.push_back(Story{fmt::format("t{}", i)}.failed(i, fmt::format("{}", i)));
  rig.tell(events);
  rig.restart();
  std::string target = "/api/v1/notifications?limit=1000";
  const auto notes = rig.json(target);
  CHECK(notes["count"].GetInt() == kept);
  CHECK(texts(notes["notifications"]).back() == "50");
  CHECK(notes["next_cursor"].IsNull());
  CHECK(rig.json("/api/v1/dashboard")["metrics"]["failed_migrations"].GetInt() == kept + 50);
}

TEST_CASE("figures that have not changed cost no body, though time has passed") {
  Rig rig;
  Story story{"a"};
  rig.tell({story.started(0)});
  const std::string etag = header(rig.get("/api/v1/dashboard"), "ETag");
  REQUIRE_FALSE(etag.empty());
  rig.clock.advance(Millis{5'000});
  CHECK(rig.get("/api/v1/dashboard", {{"If-None-Match", etag}}).status == 304);
  rig.tell({story.completed(9)});
  CHECK(rig.get("/api/v1/dashboard", {{"If-None-Match", etag}}).status == 200);
}

TEST_CASE("trends go back seven days") {
  Rig rig;
  const auto trends = rig.json("/api/v1/trends?hours=168");
  CHECK(trends["labels"].Size() == 168);
  CHECK(rig.json("/api/v1/trends")["labels"].Size() == 24);
  CHECK(rig.get("/api/v1/trends?hours=169").status == 400);
}
