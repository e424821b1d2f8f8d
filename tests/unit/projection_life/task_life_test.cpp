// The rules about attempts, ends and duplicates, held against random histories.
#include "common/projection/task_life.h"

#include <doctest/doctest.h>

#include <set>

#include "common/projection/life_json.h"
#include "tests/unit/projection_life/history.h"

namespace godwit::projection {
namespace {

using event::Type;
using test::Events;
using test::History;
using test::Teller;

constexpr std::uint64_t histories = 500;
constexpr int orders = 6;

TaskLife fold(const Events& events) {
  TaskLife life;
  for (const event::Event& event : events) fold_life(life, event);
  return life;
}

std::string json_of(const TaskLife& life) {
  json::Writer out;
  write_life(out, life);
  return out.take();
}

TaskLife read_back(const TaskLife& life) {
  const std::string text = json_of(life);
  rapidjson::Document document;
  document.Parse<json::parse_flags>(text.data(), text.size());
  REQUIRE(!document.HasParseError());
  return read_life(document);
}

bool ends(Type type) {
  return type == Type::task_completed || type == Type::task_failed || type == Type::task_cancelled;
}

TEST_CASE("every order in which two topics may be read gives the same life") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const History history = teller.tell();
    const Events first = teller.interleave(history);
    const std::string expected = json_of(fold(first));
    for (int order = 0; order < orders; ++order) {
      const Events other = teller.interleave(history);
      const std::string got = json_of(fold(other));
      if (got != expected)
        FAIL_CHECK("one order:\n", test::to_text(first), expected, "\nanother:\n", test::to_text(other), got);
    }
  }
}

TEST_CASE("an event folded twice counts once, also hours later") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const History history = teller.tell();
    CHECK(fold(teller.interleave(history)) == fold(teller.interleave(without_duplicates(history))));
  }
}

TEST_CASE("within an attempt the first end wins and only a higher attempt reopens") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    TaskLife life;
    for (const event::Event& event : teller.interleave(teller.tell())) {
      const TaskLife before = life;
      const Change change = fold_life(life, event);
      REQUIRE(life.attempt >= before.attempt);
      if (!is_terminal(before.phase) || life.phase == before.phase) continue;
      // A failed attempt may be told to be tried again; everything else needs a higher attempt.
      const bool tried_again = before.phase == Phase::failed && event.type == Type::retry_scheduled;
      REQUIRE((change.new_attempt || tried_again));
      REQUIRE(change.new_attempt == (*event.data.attempt > before.attempt));
    }
  }
}

TEST_CASE("each attempt begins once and ends once, whatever comes late or twice") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const Events events = teller.interleave(teller.tell());
    TaskLife life;
    std::multiset<std::int64_t> began, ended;
    std::set<std::int64_t> begins, finishes;
    for (const event::Event& event : events) {
      const Change change = fold_life(life, event);
      if (change.began) began.insert(*event.data.attempt);
      if (change.ended) ended.insert(*event.data.attempt);
      if (ends(event.type)) finishes.insert(*event.data.attempt);
      if (ends(event.type) || event.type == Type::task_started) begins.insert(*event.data.attempt);
    }
    CHECK(began == std::multiset<std::int64_t>{begins.begin(), begins.end()});
    CHECK(ended == std::multiset<std::int64_t>{finishes.begin(), finishes.end()});
  }
}

TEST_CASE("a tick never begins, ends or reopens what has ended in its attempt") {
  Teller teller{1};
  TaskLife life;
  fold_life(life, teller.make(Type::task_started, 1));
  fold_life(life, teller.make(Type::task_cancelled, 1));
  const Change change = fold_life(life, teller.make(Type::stage_progress, 1));
  CHECK(change.verdict == Verdict::applied);
  CHECK_FALSE(change.began);
  CHECK_FALSE(change.ended);
  CHECK(life.phase == Phase::cancelled);
}

TEST_CASE("a second end is a conflict and changes nothing but the time of the last news") {
  Teller teller{1};
  TaskLife life;
  fold_life(life, teller.make(Type::task_completed, 1));
  TaskLife before = life;
  const Change change = fold_life(life, teller.make(Type::task_failed, 1));
  CHECK(change.verdict == Verdict::conflict);
  CHECK_FALSE(change.ended);
  before.updated_at = life.updated_at;
  before.seen = life.seen;
  CHECK(life == before);
}

TEST_CASE("an event of a lower attempt is stale but still counts once for that attempt") {
  Teller teller{1};
  TaskLife life;
  fold_life(life, teller.make(Type::task_started, 2));
  const Change change = fold_life(life, teller.make(Type::task_failed, 1));
  CHECK(change.verdict == Verdict::stale);
  CHECK(change.began);
  CHECK(change.ended);
  CHECK(life.phase == Phase::running);
}

TEST_CASE("a task removed in an attempt stays removed when ticks of the next come first") {
  Teller teller{1};
  const event::Event removed = teller.make(Type::task_removed, 1);
  const event::Event tick = teller.make(Type::stage_progress, 2);
  CHECK(fold({removed, tick}) == fold({tick, removed}));
  CHECK(fold({tick, removed}).removed);
}

TEST_CASE("of more attempts than are kept, the oldest count nowhere and nothing is counted twice") {
  Teller teller{1};
  TaskLife life;
  const auto many = static_cast<std::int64_t>(TaskLife::attempts_max) + 10;
  for (std::int64_t attempt = 1; attempt <= many; ++attempt)
    REQUIRE(fold_life(life, teller.make(Type::task_started, attempt)).began);
  CHECK(life.marks.size() == TaskLife::attempts_max);
  CHECK_FALSE(fold_life(life, teller.make(Type::task_failed, 3)).ended);
  const Change late = fold_life(life, teller.make(Type::task_failed, many - 1));
  CHECK(late.ended);
  CHECK_FALSE(late.began);
}

TEST_CASE("events of plans and of the platform are no events of a task") {
  Teller teller{1};
  TaskLife life;
  for (const Type type : {Type::plan_created, Type::worker_lost, Type::delivery_failed, Type::alert_fired})
    CHECK(fold_life(life, teller.make(type, 1)).verdict == Verdict::ignored);
  CHECK(life == TaskLife{});
}

TEST_CASE("a life written as JSON reads back as it was") {
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    const TaskLife life = fold(teller.interleave(teller.tell()));
    CHECK(read_back(life) == life);
  }
}

}  // namespace
}  // namespace godwit::projection
