// Exports: all rows as a stream, whole or visibly broken; and what the audit says of being asked.
#include "consumers/audit/exporter.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "common/stream/event_record.h"
#include "tests/unit/audit/rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;
using event::Type;

namespace {

// A connection whose client reads `bytes_max` bytes and hangs up.
class Client final : public http::StreamWriter {
 public:
  explicit Client(std::size_t bytes_max = SIZE_MAX) : bytes_max_(bytes_max) {}
  bool send(std::string_view bytes) override {
    biggest = std::max(biggest, bytes.size());
    text.append(bytes);
    if (after_send) after_send();
    return text.size() <= bytes_max_;
  }
  std::stop_token stop_token() const override { return stop.get_token(); }
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      out.push_back(text.substr(at, text.find('\n', at) - at));
    return out;
  }

  std::string text;
  std::size_t biggest = 0;
  std::stop_source stop;
  std::function<void()> after_send;

 private:
  std::size_t bytes_max_;
};

std::string header(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

// The text of an export that goes well.
Client exported(const Rig& rig, const std::string& query, const http::NameValues& headers = {}) {
  const auto response = rig.ask("/api/v1/audit?" + query, headers);
  REQUIRE_MESSAGE(response.status == 200, response.body);
  REQUIRE(response.stream);
  Client out;
  response.stream(out);
  return out;
}

// Entries over four files, several pages of an export.
struct Crowd : Rig {
  static constexpr int count = 2500;
  explicit Crowd(Settings settings = {.access_events = "off"}) : Rig(2, Audit{}, std::move(settings)) {
    for (int i = 0; i < count; ++i)
      append(task_event(Type::task_started, fmt::format("e{:04}", i), i / 3, fmt::format("t{}", i % 5)),
             i % 2, i % 4 < 2 ? lifecycle : activity);
    fold();
  }
  // Each entry as the pages of the list have it.
  std::vector<std::string> listed(const std::string& query) const {
    std::vector<std::string> out;
    std::string cursor;
    do {
      const auto page = get("/api/v1/audit?limit=700&" + query + cursor);
      for (const auto& event : page.json["events"].GetArray()) out.push_back(json::text_of(event));
      cursor = page.next_cursor() ? "&cursor=" + *page.next_cursor() : "";
    } while (!cursor.empty());
    return out;
  }
  void damage_row(std::int64_t id) {
    auto db = open_by_hand();
    db.exec("DROP TRIGGER IF EXISTS record_no_update");
    db.prepare("UPDATE record SET value = x'7b7d' WHERE id = ?").run(id);
  }
  std::vector<event::Event> accesses() const {
    std::vector<event::Event> out;
    for (std::int32_t partition = 0; partition < log().partitions(); ++partition)
      for (const auto& stored : log().records({activity, stream::Partition{partition}})) {
        const auto event = event::decode_structured(stored.record.value.value_or(""));
        if (event && event->type == Type::audit_api_access) out.push_back(*event);
      }
    return out;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Crowd, "an NDJSON export is every entry of the list, in its order") {
  CHECK(exported(*this, "format=ndjson").lines() == listed(""));
  CHECK(exported(*this, "format=ndjson&order=oldest").lines() == listed("order=oldest"));
  CHECK(exported(*this, "", {{"Accept", "application/x-ndjson"}}).lines().size() == count);
  CHECK(exported(*this, "format=ndjson&task_id=t3").lines() == listed("task_id=t3"));
}

TEST_CASE_FIXTURE(Crowd, "a limit of an export may be any number, and a cursor says where it begins") {
  const auto all = listed("");
  for (const std::size_t limit : {1U, 999U, 1000U, 1001U, 2499U})
    CHECK(exported(*this, fmt::format("format=ndjson&limit={}", limit)).lines() ==
          std::vector<std::string>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(limit)));
  CHECK(exported(*this, "format=ndjson&limit=1000000").lines() == all);
  const auto first = get("/api/v1/audit?limit=100");
  CHECK(exported(*this, "format=ndjson&cursor=" + *first.next_cursor()).lines() ==
        std::vector<std::string>(all.begin() + 100, all.end()));
  CHECK(ask("/api/v1/audit?format=ndjson&limit=0").status == 400);
  CHECK(ask("/api/v1/audit?limit=1001").status == 400);
}

TEST_CASE_FIXTURE(Crowd, "each format has its type, a file name, and a line for each entry") {
  for (const std::string format : {"ndjson", "csv", "cef", "ocsf"}) {
    const auto response = ask("/api/v1/audit?format=" + format);
    CHECK(header(response, "Content-Disposition") ==
          "attachment; filename=\"godwit-audit-19700101T000000Z." + format + "\"");
    CHECK(response.end_must_show);
    CHECK(exported(*this, "format=" + format).lines().size() == count + (format == "csv" ? 1 : 0));
  }
  CHECK(ask("/api/v1/audit?format=csv").content_type.starts_with("text/csv"));
  CHECK(exported(*this, "format=csv&task_id=nobody").lines().size() == 1);
  CHECK(ask("/api/v1/audit", {{"Accept", "image/png"}}).status == 406);
}

TEST_CASE_FIXTURE(Crowd, "an export hands over small pieces, also of big rows") {
  auto big = task_event(Type::warning_raised, "big", 9'000);
  big.data.message = "big";
  big.data.other.push_back({"filler", "\"" + std::string(900'000, 'x') + "\""});
  append(big);
  fold();
  const auto client = exported(*this, "format=ndjson");
  CHECK(client.lines().size() == count + 1);
  CHECK(client.biggest <= ExportOptions{}.send_bytes_max);
}

TEST_CASE_FIXTURE(Crowd, "a client that hangs up ends the export") {
  const auto response = ask("/api/v1/audit?format=ndjson");
  Client client{100'000};
  response.stream(client);
  CHECK(client.text.size() < 200'000);
}

TEST_CASE_FIXTURE(Crowd, "a damaged row on the first page is 503 before the first byte") {
  damage_row(620);  // among the newest of its file
  const auto response = ask("/api/v1/audit?format=csv");
  CHECK(response.status == 503);
  CHECK_FALSE(response.stream);
  CHECK(response.body.find("migrations.lifecycle-0000: row 620 ") != std::string::npos);
}

TEST_CASE_FIXTURE(Crowd, "a damaged row further on breaks the export off, naming it") {
  damage_row(3);
  const auto response = ask("/api/v1/audit?format=csv");
  REQUIRE(response.status == 200);
  Client client;
  CHECK_THROWS_WITH(response.stream(client), doctest::Contains("migrations.lifecycle-0000: row 3 "));
  CHECK(client.lines().size() > 1000);
  CHECK(client.lines().size() < count);
}

TEST_CASE_FIXTURE(Crowd, "an export that the service's stop cuts off does not look whole") {
  const auto response = ask("/api/v1/audit?format=ndjson");
  Client client;
  client.stop.request_stop();
  CHECK_THROWS_WITH(response.stream(client), doctest::Contains("stopping"));
}

TEST_CASE_FIXTURE(Crowd, "exports under way are bounded, and an ended one makes room") {
  std::vector<http::Response> open;
  for (int i = 0; i < ExportOptions{}.exports_max; ++i) open.push_back(ask("/api/v1/audit?format=csv"));
  for (const auto& response : open) CHECK(response.status == 200);
  const auto refused = ask("/api/v1/audit?format=csv");
  CHECK(refused.status == 503);
  CHECK(header(refused, "Retry-After") == "10");
  CHECK(get("/api/v1/audit").status == 200);
  open.pop_back();
  CHECK(ask("/api/v1/audit?format=csv").status == 200);
}

TEST_CASE("entries that arrive while an export runs neither repeat nor lose one of those before") {
  Crowd rig;
  const auto before = rig.listed("");
  const auto response = rig.ask("/api/v1/audit?format=ndjson");
  Client client;
  int late = 0;
  client.after_send = [&] {
    ++late;
    rig.append(task_event(Type::task_started, fmt::format("late{}", late), 400), late % 2);
    rig.fold();
  };
  response.stream(client);
  auto lines = client.lines();
  std::erase_if(lines, [](const std::string& line) { return line.find("\"late") != std::string::npos; });
  CHECK(lines == before);
}

TEST_CASE("each question is an event that says who asked what, and how many rows were told") {
  Crowd rig{Settings{}};
  rig.get("/api/v1/audit?user=a%26b&limit=5");
  rig.get("/api/v1/audit?task_id=t1&limit=5");
  rig.get("/api/v1/audit/e0001");
  rig.get("/api/v1/audit?limit=x");
  exported(rig, "format=csv&limit=1500");
  auto events = rig.accesses();
  REQUIRE(events.size() == 5);
  std::sort(events.begin(), events.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  std::vector<std::int64_t> rows;
  for (const auto& event : events) {
    CHECK(event.subject == "anonymous");
    CHECK(event.data.ip_address == "192.0.2.7");
    CHECK(event.data.method == "GET");
    rows.push_back(event.data.rows.value_or(-1));
  }
  std::sort(rows.begin(), rows.end());
  CHECK(rows == std::vector<std::int64_t>{0, 0, 1, 5, 1500});
  for (const auto& event : events) {
    const std::string* query = event::find_other(event.data, "query");
    if (event.data.rows == 5) CHECK(*query == R"("task_id=t1&limit=5")");
    if (event.data.status_code == 400) CHECK(*query == R"("limit=x")");
    if (event.data.rows == 1) CHECK(event.data.path == "/api/v1/audit/e0001");
    if (event.data.rows == 1500) CHECK(*event::find_other(event.data, "whole") == "true");
  }
  CHECK(rig.metrics().find("godwit_audit_access_events_total{outcome=\"stored\"} 5") != std::string::npos);
}

TEST_CASE("an export that broke off is told as not whole, and a question of another instance is not told") {
  Crowd rig{Settings{}};
  const auto response = rig.ask("/api/v1/audit?format=ndjson");
  Client client{100'000};
  response.stream(client);
  CHECK(rig.ask("/api/v1/audit", {{"Godwit-Hop", "1"}}).status == 200);
  CHECK(rig.accesses().empty());  // until the export is over
  const_cast<http::Response&>(response).stream = nullptr;
  REQUIRE(rig.accesses().size() == 1);
  CHECK(*event::find_other(rig.accesses()[0].data, "whole") == "false");
  CHECK(rig.accesses()[0].data.format == "ndjson");
}

TEST_CASE("events of questions become entries, and reading those makes no more than one each") {
  Crowd rig{Settings{}};
  for (int i = 1; i <= 3; ++i) {
    const auto page = rig.get("/api/v1/audit?event_type=api_access");
    CHECK(page.json["count"].GetInt() == i - 1);
    rig.fold();
  }
}

TEST_CASE("the flag turns them off") {
  Crowd rig;
  rig.get("/api/v1/audit");
  exported(rig, "format=csv");
  CHECK(rig.accesses().empty());
}
