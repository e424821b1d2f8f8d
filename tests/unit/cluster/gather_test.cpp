// Lists over three instances of the progress consumer.
#include "common/cluster/gather.h"
#include "common/cluster/list.h"

#include <doctest/doctest.h>

#include <random>

#include "tests/unit/cluster/tasks.h"

namespace godwit::cluster {
namespace {

using test::page_of;
using test::ProgressTown;
using test::task_name;

std::vector<std::string> names(int count) {
  std::vector<std::string> out;
  out.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) out.push_back(task_name(i));
  return out;
}

TEST_CASE("every instance gives the same whole list") {
  ProgressTown town;
  test::start_tasks(town, 50);
  const std::string first = town.get(0, "/api/v1/progress").body;
  CHECK(page_of(town.get(0, "/api/v1/progress")).ids == names(50));
  CHECK(town.get(1, "/api/v1/progress").body == first);
  CHECK(town.get(2, "/api/v1/progress").body == first);
  CHECK(first.find(R"("partial":false)") != std::string::npos);
}

TEST_CASE("pages follow each other without a gap or a double, whoever is asked and whoever owns what") {
  ProgressTown town;
  test::start_tasks(town, 500);
  std::mt19937 chance{7};  // NOLINT: the same every time
  const auto any = [&](std::size_t below) { return static_cast<std::size_t>(chance()) % below; };
  std::vector<std::string> seen;
  std::string target = "/api/v1/progress?limit=7";
  for (int pages = 0; pages < 100; ++pages) {
    const auto page = page_of(town.get(any(3), target));
    REQUIRE(page.status == 200);
    CHECK_FALSE(page.partial);
    seen.insert(seen.end(), page.ids.begin(), page.ids.end());
    if (!page.next) break;
    target = "/api/v1/progress?limit=7&cursor=" + *page.next;
    if (pages % 10 != 0) continue;
    town.move(static_cast<std::int32_t>(any(test::town_partitions)), any(3));
    town.fold();
    town.hear();
  }
  CHECK(seen == names(500));
}

TEST_CASE("a filter and a cursor reach the others as they were asked") {
  ProgressTown town;
  test::start_tasks(town, 20);
  CHECK(page_of(town.get(1, "/api/v1/progress?provider=aws")).ids.empty());
  CHECK(page_of(town.get(1, "/api/v1/progress?provider=vsphere&limit=3")).ids == names(3));
  CHECK(page_of(town.get(1, "/api/v1/progress?cursor=task-0017")).ids ==
        std::vector<std::string>{"task-0018", "task-0019"});
  CHECK(page_of(town.get(1, "/api/v1/progress?cursor=a%26b%3D%2Bc")).ids == names(20));
}

TEST_CASE("what an instance that is down owns is missing, and the list says so") {
  ProgressTown town;
  test::start_tasks(town, 60);
  town.down = {2};
  const auto page = page_of(town.get(0, "/api/v1/progress"));
  CHECK(page.status == 200);
  CHECK(page.partial);
  CHECK(page.missing == std::vector<std::int64_t>{2, 5});
  std::vector<std::string> expected;
  for (const std::string& name : names(60))
    if (town.owner(name) != 2) expected.push_back(name);
  CHECK(page.ids == expected);
}

TEST_CASE("who has given a partition up says so, and the owners are looked at once more") {
  ProgressTown town;
  test::start_tasks(town, 60);
  town.move(1, 2);  // nobody has heard
  town.fold();
  town.while_waiting = [&] { town.hear(); };
  auto page = page_of(town.get(0, "/api/v1/progress"));
  CHECK_FALSE(page.partial);
  CHECK(page.ids == names(60));

  town.move(1, 0);  // ... and to the one that is asked
  town.fold();
  page = page_of(town.get(0, "/api/v1/progress"));
  CHECK_FALSE(page.partial);
  CHECK(page.ids == names(60));

  town.while_waiting = nullptr;
  town.move(1, 1);
  town.fold();
  page = page_of(town.get(2, "/api/v1/progress"));
  CHECK(page.missing == std::vector<std::int64_t>{1});
}

TEST_CASE("a partition that has not caught up is in the list, and named") {
  ProgressTown town;
  test::start_tasks(town, 30);
  town.hear_behind("p-0004");
  const auto page = page_of(town.get(0, "/api/v1/progress"));
  CHECK_FALSE(page.partial);
  CHECK(page.ids == names(30));
  CHECK(page.catching_up == std::vector<std::int64_t>{4});
}

TEST_CASE("a partition that has just come and is not open yet is missing") {
  ProgressTown town;
  test::start_tasks(town, 30);
  town.move(3, 2);
  town.hear();
  CHECK(page_of(town.get(2, "/api/v1/progress")).missing == std::vector<std::int64_t>{3});
}

TEST_CASE("before the number of partitions is known nothing is passed off as a list") {
  ProgressTown town;
  town.counts_known = false;
  const auto response = town.get(0, "/api/v1/progress");
  CHECK(response.status == 503);
  CHECK(response.content_type == std::string_view{"application/problem+json"});
  CHECK(town.get(0, "/api/v1/progress/task-1").status == 503);
}

TEST_CASE("a question from another instance is answered from the files at hand and never passed on") {
  ProgressTown town;
  test::start_tasks(town, 60);
  const int before = town.questions;
  const auto response =
      town.get(0, "/api/v1/progress", {{"Godwit-Hop", "1"}, {"Godwit-Partitions", "p-0000,p-0001"}});
  CHECK(town.questions == before);
  const auto page = read_wire(response.body);
  REQUIRE(page);
  for (const Row& row : page->rows) CHECK(town.owner(row.place) == 0);
  CHECK(covered_by({.status = 200, .headers = response.headers, .body = {}}) == Stores{"p-0000"});
}

TEST_CASE("an instance alone asks nobody") {
  ProgressTown town{1};
  test::start_tasks(town, 10);
  CHECK(page_of(town.get(0, "/api/v1/progress")).ids == names(10));
  CHECK(town.get(0, "/api/v1/progress/task-0003").status == 200);
  CHECK(town.questions == 0);
}

}  // namespace
}  // namespace godwit::cluster
