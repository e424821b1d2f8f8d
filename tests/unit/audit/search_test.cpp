// Free text, `q`: what is found, and what a search does whose time is over.
#include "consumers/audit/search.h"

#include <doctest/doctest.h>

#include "consumers/audit/free_text.h"
#include "tests/unit/audit/rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;
using event::Type;
using Ids = std::vector<std::string>;

namespace {

Ids found(const Rig& rig, const std::string& query) {
  const auto page = rig.get("/api/v1/audit?" + query);
  REQUIRE_MESSAGE(page.status == 200, page.body);
  CHECK_FALSE(page.next_cursor().has_value());
  return page.ids();
}

// One row in a hundred of 4,000 over four files says "needle".
struct Haystack : Rig {
  Haystack() {
    for (int i = 0; i < 4000; ++i) {
      auto event =
          task_event(Type::warning_raised, fmt::format("e{:04}", i), i / 3, fmt::format("t{}", i % 7));
      event.data.message = i % 100 == 50 ? "a Needle in it" : "hay";
      append(event, i % 2, i % 4 < 2 ? lifecycle : activity);
    }
    fold();
  }
};

// All ids of a search whose pages have no time at all.
Ids hurried(const Rig& rig, Order order, std::int64_t rows_max, int& pages, int& empty_pages) {
  Filter filter;
  filter.words = {"needle"};
  PageOptions page{.rows_max = rows_max, .order = order};
  Ids out;
  for (pages = 0; pages < 10'000; ++pages) {
    const Selection selection =
        search_rows(rig.readers(), filter, page, {.time_max = Millis{0}, .step_rows_min = 16});
    auto rows = selection.rows;
    const bool full = rows.size() > static_cast<std::size_t>(rows_max);
    if (full) rows.pop_back();
    if (rows.empty()) ++empty_pages;
    for (const Candidate& row : rows)
      out.push_back(fmt::format("{} {} {}", row.place.event_ms, row.place.file, row.place.id));
    if (!full && !selection.known_until) return out;
    page.after = full ? rows.back().place : *selection.known_until;
  }
  FAIL("the pages never end");
  return out;
}

}  // namespace

TEST_CASE("a text is words between blanks, within bounds") {
  CHECK(words_of("  Disk\tFULL  on web-1 ") == std::vector<std::string>{"disk", "full", "on", "web-1"});
  for (const char* none : {"", " ", "\t \n"}) CHECK_FALSE(words_of(none).has_value());
  CHECK(words_of("a b c d e f g h").has_value());
  CHECK_FALSE(words_of("a b c d e f g h i").has_value());
  CHECK_FALSE(words_of(std::string(257, 'x')).has_value());
}

TEST_CASE(
    "every word must occur, in value, key, event id, description or action, in any case of ASCII letters") {
  Rig rig;
  auto warning = task_event(Type::warning_raised, "W-1", 1, "task-blue");
  warning.data.message = "Disk FULL at 100%_";
  rig.append(warning);
  auto start = task_event(Type::task_started, "S-1", 2, "task-green");
  start.data.message = "grün";
  rig.append(start, 1);
  rig.append_record({lifecycle, "some-key", "no json, but a Zebra", {}});
  rig.fold();
  CHECK(found(rig, "q=disk+full") == Ids{"W-1"});
  CHECK(found(rig, "q=DISK") == Ids{"W-1"});
  CHECK(found(rig, "q=disk+empty").empty());
  CHECK(found(rig, "q=w-1") == Ids{"W-1"});         // event id
  CHECK(found(rig, "q=task-green") == Ids{"S-1"});  // key and value
  CHECK(found(rig, "q=gr%C3%BCn") == Ids{"S-1"});
  CHECK(found(rig, "q=zebra+some-key") == Ids{"migrations.lifecycle:0:1"});
  CHECK(found(rig, "q=record+that+is+no+event") == Ids{"migrations.lifecycle:0:1"});  // its description
  const std::string action = rig.get("/api/v1/audit/S-1").json["event"]["action"].GetString();
  CHECK(found(rig, "q=task-green+" + action) == Ids{"S-1"});
  for (const char* text : {"%25", "_", "100%25_"})
    CHECK(found(rig, "q=100+" + std::string{text}) == Ids{"W-1"});
  CHECK(found(rig, "q=disk%25full").empty());
  CHECK(found(rig, "q='%3B+DROP+TABLE+record").empty());
}

TEST_CASE("words and other filters narrow each other") {
  Haystack rig;
  CHECK(found(rig, "q=needle&limit=1000").size() == 40);
  const auto some = found(rig, "q=needle&task_id=t3&limit=1000");
  CHECK(some.size() > 0);
  CHECK(some.size() < 40);
  CHECK(found(rig, "q=needle&task_id=t9").empty());
  CHECK(found(rig, "q=needle&end=1970-01-01T00:00:00.020Z") == Ids{"e0050"});
  CHECK(found(rig, "q=needle&event_type=migration_start").empty());
}

TEST_CASE("a search whose time is over tells how far it came, and its pages find every row once, in order") {
  const Haystack rig;
  for (const Order order : {Order::newest, Order::oldest}) {
    Filter filter;
    filter.words = {"needle"};
    const Selection whole =
        search_rows(rig.readers(), filter, {.rows_max = 1000, .order = order}, {.time_max = Millis{60'000}});
    CHECK_FALSE(whole.known_until.has_value());
    Ids expected;
    for (const Candidate& row : whole.rows)
      expected.push_back(fmt::format("{} {} {}", row.place.event_ms, row.place.file, row.place.id));
    REQUIRE(expected.size() == 40);
    for (const std::int64_t rows_max : {1, 3, 1000}) {
      int pages = 0;
      int empty_pages = 0;
      CHECK(hurried(rig, order, rows_max, pages, empty_pages) == expected);
      CHECK(pages > 40);
      CHECK(empty_pages > 0);
    }
  }
}

TEST_CASE("a page that ended early says so, and has a cursor although it has no row") {
  const Haystack rig;
  const Archive archive{rig.readers(),
                        std::filesystem::path{rig.file()}.parent_path().string(),
                        {.time_max = Millis{0}, .step_rows_min = 16}};
  Filter filter;
  filter.words = {"nowhere"};
  const Page page = archive.page(rig.readers(), filter, {});
  CHECK(page.rows.empty());
  CHECK(page.ended_early);
  CHECK(page.next.has_value());
}

TEST_CASE("a search never skips a damaged row in silence") {
  Haystack rig;
  {
    auto db = rig.open_by_hand();
    db.exec("DROP TRIGGER record_no_update; UPDATE record SET value = x'7b7d' WHERE id = 4");
  }
  const auto answer = rig.get("/api/v1/audit?q=needle&limit=1000");
  CHECK(answer.status == 503);
  CHECK(answer.body.find("migrations.lifecycle-0000: row 4 ") != std::string::npos);
}
