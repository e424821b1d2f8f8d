// Pages, filters and errors of GET /api/v1/audit.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "common/http/encoding.h"
#include "tests/unit/audit/rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;
using event::Type;

namespace {

// All ids, page by page, from `cursor` on.
std::vector<std::string> walk(const Rig& rig, const std::string& query,
                              std::optional<std::string> cursor = {}) {
  std::vector<std::string> out;
  for (int pages = 0; pages < 1000; ++pages) {
    const auto page = rig.get("/api/v1/audit?" + query + (cursor ? "&cursor=" + *cursor : ""));
    REQUIRE_MESSAGE(page.status == 200, page.body);
    for (const std::string& id : page.ids()) out.push_back(id);
    cursor = page.next_cursor();
    if (!cursor) return out;
  }
  FAIL("the pages never end");
  return out;
}

// 60 events over four files, many of them in the same millisecond.
struct Crowd : Rig {
  Crowd() {
    for (int i = 0; i < 60; ++i) {
      const std::string id = fmt::format("e{:02}", i);
      if (i % 3 == 0) {
        append(actor_event(Type::audit_logged_in, id, i / 20), i % 2, activity);
      } else {
        append(task_event(Type::task_started, id, i / 20, fmt::format("t{}", i % 5)), i % 2);
      }
    }
    fold();
  }
};

std::string bad_parameter_of(const Rig& rig, const std::string& query) {
  const auto answer = rig.get("/api/v1/audit?" + query);
  CHECK_MESSAGE(answer.status == 400, query);
  return answer.status == 400 ? answer.json["parameter"].GetString() : "";
}

}  // namespace

TEST_CASE("an empty audit is an empty list") {
  Rig rig;
  rig.fold();
  CHECK(rig.get("/api/v1/audit").body == R"({"events":[],"count":0,"next_cursor":null,"partial":false})");
}

TEST_CASE_FIXTURE(Crowd,
                  "pages of any size show every entry once, in one order, across files with equal times") {
  const auto whole = walk(*this, "limit=1000");
  REQUIRE(whole.size() == 60);
  for (const int limit : {1, 7, 30, 59, 60}) CHECK(walk(*this, fmt::format("limit={}", limit)) == whole);
  auto backwards = walk(*this, "limit=7&order=oldest");
  std::reverse(backwards.begin(), backwards.end());
  CHECK(backwards == whole);
  const auto tasks = walk(*this, "limit=2&task_id=t1");
  CHECK(tasks.size() == 8);
  CHECK(walk(*this, "limit=1000&task_id=t1") == tasks);
}

TEST_CASE_FIXTURE(Crowd, "entries that arrive between two pages repeat none and push none out") {
  for (const std::string order : {"newest", "oldest"}) {
    const auto before = walk(*this, "limit=1000&order=" + order);
    const auto first = get("/api/v1/audit?limit=20&order=" + order);
    append(task_event(Type::task_paused, "late-" + order, 99), 0);
    append(task_event(Type::task_paused, "early-" + order, -5), 1);
    append(task_event(Type::task_paused, "same-" + order, 1), 1);
    fold();
    auto all = first.ids();
    for (std::string& id : walk(*this, "limit=9&order=" + order, first.next_cursor())) {
      CHECK(std::find(all.begin(), all.end(), id) == all.end());
      all.push_back(std::move(id));
    }
    std::erase_if(all, [&](const std::string& id) {
      return std::find(before.begin(), before.end(), id) == before.end();
    });
    CHECK(all == before);
  }
}

TEST_CASE("a page of large records ends early and says how to go on") {
  Rig rig;
  for (int i = 0; i < 20; ++i) {
    auto event = task_event(Type::warning_raised, fmt::format("e{:02}", i), i);
    event.data.message = "big";
    event.data.other.push_back({"filler", "\"" + std::string(900'000, 'x') + "\""});
    rig.append(event);
  }
  rig.fold();
  const auto page = rig.get("/api/v1/audit?limit=20");
  CHECK(page.json["count"].GetInt() == 9);
  CHECK(page.next_cursor().has_value());
  CHECK(walk(rig, "limit=20").size() == 20);
}

TEST_CASE("each filter keeps what it names") {
  Rig rig;
  rig.append(task_event(Type::task_started, "started", 1000, "task-1"));
  auto failure = task_event(Type::task_failed, "failed", 2000, "task-2");
  failure.data.error = event::Failure{"x", "y", {}, {}, {}, {}, {}, {}};
  failure.data.vm_name = "db-1";
  failure.data.provider = "aws";
  failure.data.user = "bob";
  rig.append(failure, 1);
  rig.append(actor_event(Type::audit_logged_in, "login", 3000), 0, activity);
  rig.fold();
  using Ids = std::vector<std::string>;
  CHECK(walk(rig, "task_id=task-2") == Ids{"failed"});
  CHECK(walk(rig, "vm_name=web-1") == Ids{"started"});
  CHECK(walk(rig, "provider=aws") == Ids{"failed"});
  CHECK(walk(rig, "user=alice") == Ids{"login"});
  CHECK(walk(rig, "event_type=migration_start&event_type=audit_logged_in") == Ids{"login", "started"});
  CHECK(walk(rig, "success=false") == Ids{"failed"});
  CHECK(walk(rig, "success=true") == Ids{"login", "started"});
  CHECK(walk(rig, "start=1970-01-01T00:00:02Z") == Ids{"login", "failed"});
  CHECK(walk(rig, "start=1970-01-01T00:00:01Z&end=1970-01-01T00:00:02Z") == Ids{"failed", "started"});
  CHECK(walk(rig, "start=1970-01-01T01:00:02.001+01:00&end=1970-01-01T00:00:02.999Z").empty());
  CHECK(walk(rig,
             "task_id=task-2&user=bob&success=false&provider=aws&vm_name=db-1&event_type=migration_failed&"
             "limit=1") == Ids{"failed"});
  CHECK(walk(rig, "task_id=task-2&success=true").empty());
}

TEST_CASE_FIXTURE(Crowd, "a hostile filter is only ever a text that matches nothing") {
  for (const char* text : {"' OR 1=1 --", "t1'; DROP TABLE record; --", "%", "t_", "*", "\"", "NULL", "t1 ",
                           "T1", "\xF0\x9F\x92\xA3"})
    for (const char* name : {"task_id", "vm_name", "provider", "user", "event_type"})
      CHECK(walk(*this, std::string{name} + "=" + http::percent_encode(text)).empty());
  CHECK(rows() == 60);
}

TEST_CASE_FIXTURE(Crowd, "a wrong parameter is refused by name") {
  for (const char* query : {"limit=0", "limit=1001", "limit=x", "limit=", "limit=1&limit=2"})
    CHECK(bad_parameter_of(*this, query) == "limit");
  for (const char* query : {"start=yesterday", "start=2026-02-30T00:00:00Z", "start="})
    CHECK(bad_parameter_of(*this, query) == "start");
  CHECK(bad_parameter_of(*this, "start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z") == "end");
  CHECK(bad_parameter_of(*this, "success=yes") == "success");
  CHECK(bad_parameter_of(*this, "order=random") == "order");
  CHECK(bad_parameter_of(*this, "event_type=") == "event_type");
  CHECK(bad_parameter_of(*this, "task_id=" + std::string(2000, 'x')) == "task_id");
  CHECK(bad_parameter_of(*this, "taskid=t1") == "taskid");
  std::string many;
  for (int i = 0; i < 65; ++i) many += "event_type=x&";
  CHECK(bad_parameter_of(*this, many) == "event_type");
  const auto cursor = *get("/api/v1/audit?limit=1").next_cursor();
  CHECK(bad_parameter_of(*this, "order=oldest&cursor=" + cursor) == "cursor");
  for (const std::string& text : {std::string{"x"}, cursor + "A", cursor.substr(1), std::string(600, 'A')})
    CHECK(bad_parameter_of(*this, "cursor=" + text) == "cursor");
  CHECK(get("/api/v1/audit/e01?limit=1").status == 400);
}

TEST_CASE_FIXTURE(Crowd, "an event that is not there is 404") {
  const auto answer = get("/api/v1/audit/nobody%27s%2Fid");
  CHECK(answer.status == 404);
  CHECK(std::string_view{answer.json["detail"].GetString()} == "event nobody's/id not found");
  CHECK(get("/api/v1/audit/e01?source=/elsewhere").status == 404);
}

TEST_CASE("an id with every awkward character is found again") {
  Rig rig;
  const std::string id = "a/b c?d&e=f#g%20+\xC3\xA4";
  rig.append(task_event(Type::task_started, id));
  rig.fold();
  CHECK(rig.get("/api/v1/audit/" + http::percent_encode(id)).json["event"]["event_id"].GetString() == id);
}

TEST_CASE_FIXTURE(Crowd, "a damaged row is an error that names file and row, not a shorter answer") {
  {
    auto db = open_by_hand();
    db.exec("DROP TRIGGER record_no_update_0; UPDATE record SET value = x'7b7d' WHERE id = 4");
  }
  const auto answer = get("/api/v1/audit?limit=1000");
  CHECK(answer.status == 503);
  CHECK(answer.body.find("migrations.lifecycle-0000: row 4 ") != std::string::npos);
}

TEST_CASE("a file that cannot even be opened is an error that names it, not a shorter answer") {
  Rig rig;
  rig.append(task_event(Type::task_started, "a"), 0);
  rig.append(task_event(Type::task_started, "b"), 1);
  rig.fold();
  const std::string other =
      std::filesystem::path{rig.file()}.parent_path().string() + "/migrations.lifecycle-0009.db";
  std::filesystem::copy_file(rig.file(), other);
  CHECK(rig.get("/api/v1/audit").status == 200);  // sound, and not ours to answer from
  std::ofstream{other, std::ios::binary} << std::string(8192, 'x');
  const auto answer = rig.get("/api/v1/audit");
  CHECK(answer.status == 503);
  CHECK(answer.body.find("migrations.lifecycle-0009.db") != std::string::npos);
  CHECK(rig.get("/api/v1/audit/a").status == 503);
  CHECK(rig.metrics().find("godwit_audit_readable 0\n") != std::string::npos);
}
