// Exports over three instances: from all of them, whole or not at all.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/audit/rig.h"
#include "tests/unit/cluster/town.h"

using namespace godwit;
using namespace godwit::audit;
using godwit::audit::test::task_event;

namespace {

using AuditTown =
    godwit::test::Town<Audit, Tables, AuditView, Settings, projection::StoreKey::topic_partition>;

class Sink final : public http::StreamWriter {
 public:
  bool send(std::string_view bytes) override {
    text.append(bytes);
    return true;
  }
  std::stop_token stop_token() const override { return {}; }

  std::string text;
};

// Entries on every partition, more than one page of an export.
struct Three : AuditTown {
  static constexpr int count = 2400;
  Three() : AuditTown(3, Settings{.access_events = "off"}) {
    for (int i = 0; i < count; ++i)
      tell(
          task_event(event::Type::task_started, fmt::format("e{:04}", i), i / 3, fmt::format("t{}", i % 50)));
    fold();
    hear();
  }
  std::string exported(std::size_t instance, const std::string& query) {
    const auto response = get(instance, "/api/v1/audit?" + query);
    REQUIRE_MESSAGE(response.status == 200, response.body);
    Sink out;
    response.stream(out);
    return out.text;
  }
};

std::int64_t lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace

TEST_CASE_FIXTURE(Three, "every instance exports the same rows of all, in every format") {
  for (const std::string format : {"ndjson", "csv", "cef", "ocsf"}) {
    const std::string first = exported(0, "format=" + format);
    CHECK(lines(first) == count + (format == "csv" ? 1 : 0));
    CHECK(exported(1, "format=" + format) == first);
    CHECK(exported(2, "format=" + format) == first);
  }
  CHECK(lines(exported(1, "format=ndjson&task_id=t7")) == count / 50);
  CHECK(lines(exported(1, "format=ndjson&limit=1500&order=oldest")) == 1500);
  CHECK(lines(exported(2, "format=csv&q=t7")) > 1);
}

TEST_CASE_FIXTURE(Three, "an export is 503 before its first byte when an instance does not answer") {
  down.insert(2);
  const auto response = get(0, "/api/v1/audit?format=csv");
  CHECK(response.status == 503);
  CHECK(response.body.find("migrations.lifecycle/2") != std::string::npos);
}

TEST_CASE_FIXTURE(Three, "an export is 503 while a partition has not caught up, although a page is not") {
  hear_behind("migrations.lifecycle-0002");
  CHECK(get(0, "/api/v1/audit?format=csv").status == 503);
  CHECK(get(0, "/api/v1/audit").status == 200);
}

TEST_CASE_FIXTURE(Three, "an export breaks off when an instance stops to answer, naming what is missing") {
  const auto response = get(0, "/api/v1/audit?format=ndjson");
  REQUIRE(response.status == 200);
  down.insert(2);
  Sink out;
  CHECK_THROWS_WITH(response.stream(out), doctest::Contains("migrations.lifecycle/2"));
  CHECK(lines(out.text) == 1000);
}

TEST_CASE_FIXTURE(Three, "an export goes on when the partitions it lacked have come back") {
  const auto response = get(0, "/api/v1/audit?format=ndjson");
  down.insert(2);
  while_waiting = [this] { down.clear(); };
  Sink out;
  response.stream(out);
  down.clear();
  CHECK(out.text == exported(0, "format=ndjson"));
}
