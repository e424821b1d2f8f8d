// Every record is one row, byte for byte: events, resent events, and what is no event.
#include <doctest/doctest.h>

#include <limits>

#include "common/base/base64.h"
#include "common/stream/event_record.h"
#include "tests/unit/audit/rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;
using event::Type;

TEST_CASE("headers are packed exactly, null values and order included") {
  const std::vector<stream::HeaderView> headers{
      {"a", "1"}, {"a", std::nullopt}, {"", ""}, {"b", std::string_view{"\0\xFF", 2}}};
  const std::string packed = pack_headers(headers);
  const auto back = unpack_headers(packed);
  REQUIRE(back.has_value());
  REQUIRE(back->size() == headers.size());
  for (std::size_t i = 0; i < headers.size(); ++i) {
    CHECK((*back)[i].name == headers[i].name);
    CHECK((*back)[i].value == headers[i].value);
  }
  for (std::size_t cut = 0; cut < packed.size(); ++cut)
    CHECK_FALSE(unpack_headers(std::string_view{packed}.substr(0, cut)).has_value());
  CHECK_FALSE(unpack_headers(packed + "x").has_value());
  CHECK_FALSE(unpack_headers("\xFF\xFF\xFF\xFF").has_value());
}

TEST_CASE("a record that is no event is kept byte for byte, with the reason") {
  Rig rig;
  const std::string rubbish{"\x00\xFF{\"id\":", 8};
  rig.append_record({lifecycle,
                     std::string{"k\xFE"},
                     rubbish,
                     {{"content-type", "application/cloudevents+json"}, {"x", std::string{"\0", 1}}}},
                    0, from_unix_ms(1234));
  rig.fold();
  const auto page = rig.get("/api/v1/audit?event_type=unparseable");
  REQUIRE(page.ids() == std::vector<std::string>{"migrations.lifecycle:0:0"});
  CHECK(std::string_view{page.event()["timestamp"].GetString()} == "1970-01-01T00:00:01.234Z");
  CHECK(page.event()["success"].GetBool() == false);
  CHECK(std::string_view{page.event()["details"]["reason"].GetString()} == "not_json");
  CHECK(page.event()["details"]["value_bytes"].GetInt() == 8);
  const auto one = rig.get("/api/v1/audit/migrations.lifecycle:0:0");
  REQUIRE(one.status == 200);
  const auto& record = one.json["record"];
  CHECK(record["value"].GetString() == base64(rubbish));
  CHECK(record["key"].GetString() == base64("k\xFE"));
  CHECK(record["headers"][1][1].GetString() == base64(std::string_view{"\0", 1}));
  auto db = rig.open_by_hand();
  auto row = db.prepare("SELECT value, key FROM record");
  REQUIRE(row.step());
  CHECK(row.blob(0) == rubbish);
  CHECK(row.blob(1) == "k\xFE");
}

TEST_CASE("no key and no value differ from empty ones") {
  Rig rig;
  rig.append_record({lifecycle, std::nullopt, std::nullopt, {}});
  rig.append_record({lifecycle, std::string{}, std::string{}, {}});
  rig.fold();
  const auto none = rig.get("/api/v1/audit/migrations.lifecycle:0:0");
  CHECK(none.json["record"]["value"].IsNull());
  CHECK(none.json["record"]["key"].IsNull());
  const auto empty = rig.get("/api/v1/audit/migrations.lifecycle:0:1");
  CHECK(empty.json["record"]["value"].GetStringLength() == 0);
  CHECK(empty.json["record"]["key"].IsString());
}

TEST_CASE("a time no calendar has does not keep a record out") {
  Rig rig;
  for (const std::int64_t ms : {std::numeric_limits<std::int64_t>::max() / 2,
                                std::numeric_limits<std::int64_t>::min() / 2, std::int64_t{-1}})
    rig.append_record({lifecycle, "k", "{", {}}, 0, from_unix_ms(ms));
  rig.fold();
  CHECK(rig.get("/api/v1/audit").json["count"].GetInt() == 3);
}

TEST_CASE("an event sent again is stored again and flagged, the same id from another source is not") {
  Rig rig;
  auto event = task_event(Type::task_started, "one", 5);
  rig.append(event);
  rig.append(event);
  event.source = "/workers/host-2";
  rig.append(event);
  rig.fold();
  const auto page = rig.get("/api/v1/audit?order=oldest");
  REQUIRE(page.ids() == std::vector<std::string>{"one", "one", "one"});
  CHECK(page.event(0)["duplicate"].GetBool() == false);
  CHECK(page.event(1)["duplicate"].GetBool() == true);
  CHECK(page.event(2)["duplicate"].GetBool() == false);

  const auto one = rig.get("/api/v1/audit/one");
  CHECK(one.json["event"]["offset"].GetInt() == 0);
  REQUIRE(one.json["others"].Size() == 2);
  CHECK(std::string_view{one.json["others"][0]["source"].GetString()} == "/workers/host-2");
  CHECK(one.json["others"][1]["duplicate"].GetBool() == true);
  const auto other = rig.get("/api/v1/audit/one?source=/workers/host-2");
  CHECK(other.json["event"]["offset"].GetInt() == 2);
  CHECK(other.json["others"].Empty());
}

TEST_CASE("a record delivered again, or folded before a crash, is one row") {
  Rig rig;
  for (int i = 0; i < 10; ++i) rig.append(task_event(Type::task_started, fmt::format("e{}", i)));
  rig.fold();
  rig.redeliver(0, 3);
  rig.append(task_event(Type::task_paused, "last"));
  rig.fold();
  CHECK(rig.rows() == 11);
  rig.restart();
  rig.append_record({lifecycle, "k", "rubbish", {}});
  rig.append(task_event(Type::task_started, "e3"));
  rig.fold();
  CHECK(rig.rows() == 13);
  const auto again = rig.get("/api/v1/audit/e3");
  CHECK(again.json["event"]["offset"].GetInt() == 3);
  REQUIRE(again.json["others"].Size() == 1);
  CHECK(again.json["others"][0]["offset"].GetInt() == 12);
  CHECK(again.json["others"][0]["duplicate"].GetBool());
}

TEST_CASE("ids are dense over holes in the offsets") {
  Rig rig;
  rig.append(task_event(Type::task_started, "a"));
  rig.skip_offsets(5);
  rig.append(task_event(Type::task_paused, "b"));
  rig.fold();
  auto db = rig.open_by_hand();
  auto rows = db.prepare("SELECT id, log_offset FROM record ORDER BY id");
  REQUIRE(rows.step());
  REQUIRE(rows.step());
  CHECK(rows.integer(0) == 1);
  CHECK(rows.integer(1) == 6);
}

TEST_CASE("each topic partition has a file of its own, and its rows are counted") {
  Rig rig;
  rig.append(task_event(Type::task_started, "a"), 0);
  rig.append(task_event(Type::task_started, "b"), 1);
  rig.append(task_event(Type::task_started, "c"), 1);
  rig.append(actor_event(Type::audit_logged_in, "d"), 0, activity);
  rig.fold();
  CHECK(rig.metrics().find("godwit_audit_rows{topic=\"migrations.lifecycle\",partition=\"1\"} 2\n") !=
        std::string::npos);
  CHECK(rig.metrics().find("godwit_audit_rows{topic=\"platform.activity\",partition=\"0\"} 1\n") !=
        std::string::npos);
  CHECK(rig.metrics().find("godwit_audit_rows{topic=\"platform.activity\",partition=\"1\"} 0\n") !=
        std::string::npos);
  CHECK(rig.metrics().find("godwit_audit_readable 1\n") != std::string::npos);
  CHECK(std::filesystem::exists(rig.file(activity, 0)));
}

TEST_CASE("an entry in full is the public contract") {
  Rig rig;
  auto event = task_event(Type::stage_completed, "full", 1'700'000'000'000);
  event.data.stage = "upload";
  event.data.duration_ms = 1500;
  event.data.bytes_done = 10;
  event.data.user = "bob";
  event.data.ip_address = "192.0.2.1";
  event.data.user_agent = "curl/8";
  event.data.other.push_back({"target", R"({"uri":"https://images/1"})"});
  rig.append(event);
  rig.fold();
  CHECK(
      rig.get("/api/v1/audit").body ==
      R"({"events":[{"event_id":"full","event_type":"upload_complete","timestamp":"2023-11-14T22:13:20.000Z","task_id":"task-1","vm_name":"web-1",)"
      R"("provider":"vsphere","user":"bob","ip_address":"192.0.2.1","user_agent":"curl/8","action":"complete_upload",)"
      R"("description":"Completed upload for VM web-1 to https://images/1","status":"completed","duration":1500000000,)"
      R"("details":{"destination":"https://images/1","bytes_done":10,"bytes_uploaded":10,"target":{"uri":"https://images/1"}},"success":true,)"
      R"("resources":["https://images/1"],"topic":"migrations.lifecycle","partition":0,"offset":0,"source":"/workers/host-1","attempt":1,)"
      R"("stage":"upload","duplicate":false}],"count":1,"next_cursor":null,"partial":false})");
}
