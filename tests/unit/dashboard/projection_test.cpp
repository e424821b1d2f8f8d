// What the dashboard makes of the events of one task.
#include <doctest/doctest.h>

#include "story.h"

using namespace godwit;
using namespace godwit::dashboard;
using event::Type;
using test::fold;
using test::Story;

TEST_CASE("a task goes from the pending to the active to the completed list") {
  Story vm{"t"};
  std::vector<event::Event> log{vm.make(Type::task_queued, 0)};
  CHECK(list_of(fold(log).task) == List::pending);
  log.push_back(vm.started(1));
  CHECK(list_of(fold(log).task) == List::active);
  CHECK(listed_at(fold(log).task) == test::noon + std::chrono::seconds{1});
  log.push_back(vm.completed(61, 60));
  const auto [task, counters] = fold(log);
  CHECK(list_of(task) == List::completed);
  CHECK(listed_at(task) == test::noon + std::chrono::seconds{61});
  CHECK(duration(task) == Millis{60'000});
  CHECK(percentage(task) == 100.0);
  CHECK(counters == Counters{.started = 1, .succeeded = 1, .succeeded_ms = 60'000});
}

TEST_CASE("a failure without a duration took from its start to its end") {
  Story vm{"t"};
  const auto [task, counters] = fold({vm.started(0), vm.failed(30)});
  CHECK(list_of(task) == List::failed);
  CHECK(task.error == "no space left");
  CHECK(duration(task) == Millis{30'000});
  CHECK(counters == Counters{.started = 1, .failed = 1});
}

TEST_CASE("a cancelled task is on a list of its own and counts as neither success nor failure") {
  Story vm{"t"};
  const auto [task, counters] = fold({vm.started(0), vm.tick(1, "export", 60), vm.cancelled(2)});
  CHECK(list_of(task) == List::cancelled);
  CHECK(percentage(task).value() == doctest::Approx(20));
  CHECK(success_rate(counters) == std::nullopt);
  CHECK(counters.cancelled == 1);
}

TEST_CASE("an end without a start counts as a start too") {
  Story vm{"t"};
  CHECK(fold({vm.completed(5)}).counters.started == 1);
  Story other{"t"};
  const auto end = other.completed(5);
  CHECK(fold({end, other.started(1)}).counters.started == 1);
}

TEST_CASE("an event that is sent again hours later counts once") {
  Story vm{"t"};
  const std::vector<event::Event> log{vm.started(0), vm.stage(Type::stage_started, 1, "export"),
                                      vm.completed(60)};
  std::vector<event::Event> resent = log;
  resent.insert(resent.end(), log.begin(), log.end());
  CHECK(fold(resent) == fold(log));
}

TEST_CASE("the same id from another source is another event") {
  Story vm{"t"};
  auto end = vm.failed(1);
  auto second_end = end;
  second_end.source = "/workers/other";
  const auto once = fold({end}).counters;
  CHECK(fold({end, second_end}).counters == once);  // a second end of one attempt
  CHECK(fold({end, second_end}).task.life.seen.hashes().size() == 2);
}

TEST_CASE("the first end of an attempt wins") {
  Story vm{"t"};
  const auto [task, counters] = fold({vm.started(0), vm.failed(1), vm.completed(2)});
  CHECK(list_of(task) == List::failed);
  CHECK(counters == Counters{.started = 1, .failed = 1});
}

TEST_CASE("only a higher attempt reopens a task, and each attempt counts") {
  Story vm{"t"};
  std::vector<event::Event> log{vm.started(0), vm.tick(1, "export", 90), vm.failed(2)};
  auto late = vm.stage(Type::stage_started, 3, "upload");
  vm.attempt = 2;
  log.push_back(vm.started(10));
  log.push_back(late);
  const auto [task, counters] = fold(log);
  CHECK(list_of(task) == List::active);
  CHECK(task.life.attempt == 2);
  CHECK(task.current_stage.empty());
  CHECK(task.error == std::nullopt);
  CHECK(percentage(task) == 0.0);
  CHECK(counters == Counters{.started = 2, .failed = 1});
}

TEST_CASE("a late tick never moves a task backwards or out of its end") {
  Story vm{"t"};
  std::vector<event::Event> log{vm.started(0), vm.stage(Type::stage_started, 1, "export"),
                                vm.tick(2, "export", 80)};
  const auto before = percentage(fold(log).task);
  log.push_back(vm.tick(1, "export", 30));
  CHECK(percentage(fold(log).task) == before);
  log.push_back(vm.completed(4));
  log.push_back(vm.tick(3, "upload", 50));
  CHECK(list_of(fold(log).task) == List::completed);
  CHECK(percentage(fold(log).task) == 100.0);
}

TEST_CASE("a tick before its start makes a placeholder that waits") {
  Story vm{"t"};
  const auto [task, counters] = fold({vm.tick(0, "export", 50)});
  CHECK(list_of(task) == List::pending);
  CHECK(task.vm_name == "vm-t");
  CHECK(percentage(task) == std::nullopt);
  CHECK(counters == Counters{});
}

TEST_CASE("a percentage is weighted over the planned stages and below 100 until completed") {
  Story vm{"t"};
  auto start = vm.started(0);
  start.data.stages = {{"export", 3.0}, {"upload", 1.0}};
  std::vector<event::Event> log{start, vm.stage(Type::stage_completed, 5, "export")};
  CHECK(percentage(fold(log).task).value() == doctest::Approx(75));
  log.push_back(vm.stage(Type::stage_completed, 6, "validation"));  // not planned: weighs nothing
  CHECK(percentage(fold(log).task).value() == doctest::Approx(75));
  log.push_back(vm.stage(Type::stage_completed, 7, "upload"));
  CHECK(percentage(fold(log).task).value() == doctest::Approx(99.9));
}

TEST_CASE("a later round of a warm migration earns no share") {
  Story vm{"t"};
  auto round = vm.tick(1, "export", 100);
  round.data.iteration = 1;
  CHECK(percentage(fold({vm.started(0), round}).task) == 0.0);
}

TEST_CASE("bytes told by a stage and again by the end of the task count once") {
  Story vm{"t"};
  auto stage = vm.stage(Type::stage_completed, 1, "export");
  stage.data.bytes_done = 100;
  auto end = vm.completed(9);
  end.data.bytes_exported = 100;
  end.data.bytes_converted = 40;
  end.data.bytes_uploaded = 40;
  CHECK(fold({vm.started(0), stage}).counters.bytes == 100);
  CHECK(fold({vm.started(0), stage, end}).counters.bytes == 180);
}

TEST_CASE("bytes of a failed attempt count beside those of the next") {
  Story vm{"t"};
  auto lost = vm.stage(Type::stage_failed, 1, "upload");
  lost.data.bytes_done = 30;
  const auto fail = vm.failed(2);
  vm.attempt = 2;
  auto again = vm.stage(Type::stage_completed, 5, "upload");
  again.data.bytes_done = 50;
  CHECK(fold({lost, fail, again}).counters.bytes == 80);
}

TEST_CASE("ticks feed no counter") {
  Story vm{"t"};
  auto tick = vm.tick(1, "export", 50);
  tick.data.bytes_done = 1000;
  CHECK(fold({tick}).counters == Counters{});
}

TEST_CASE("a removed task leaves its list and stays in the counters") {
  Story vm{"t"};
  const auto [task, counters] = fold({vm.started(0), vm.completed(1), vm.make(Type::task_removed, 2)});
  CHECK(list_of(task) == List::none);
  CHECK(counters.succeeded == 1);
}

TEST_CASE("an error too long for a row is cut between characters and reads back") {
  Story vm{"t"};
  std::string message = "x";
  while (message.size() < 3000) message += "\u00e9";
  const auto task = fold({vm.failed(0, message)}).task;
  CHECK(task.error->size() == Task::error_bytes_max - 1);
  CHECK(message.starts_with(*task.error));
}

TEST_CASE("events of plans and of the platform are no task's") {
  Story vm{"t"};
  CHECK_FALSE(is_task_key(Dashboard{}.key(vm.make(Type::plan_started, 0))));
  CHECK(Dashboard{}.key(vm.make(Type::audit_api_access, 0)).empty());
  CHECK(Dashboard{}.key(vm.make(Type::unknown, 0)).empty());
  CHECK(Dashboard{}.key(vm.started(0)) == "t");
}
