#include "producers/worker/parse/qmp.h"

#include <doctest/doctest.h>

#include "producers/worker/storage_daemon.h"

namespace {

using namespace godwit;
using namespace godwit::worker;
using Kind = parse::QmpMessage::Kind;

parse::QmpMessage message(std::string_view line) { return parse::qmp_message(line).value(); }

TEST_CASE("greeting, answer, refusal and event are told apart") {
  CHECK(message(R"({"QMP": {"version": {}, "capabilities": ["oob"]}})").kind == Kind::greeting);
  CHECK(message(R"({"return": [1]})").json == "[1]");
  const auto refusal = message(R"({"error": {"class": "GenericError", "desc": "Cannot find device"}})");
  CHECK(refusal.kind == Kind::refusal);
  CHECK(refusal.text == "Cannot find device");
  const auto event = message(R"({"timestamp": {"seconds": 1}, "event": "STOP"})");
  CHECK(event.kind == Kind::event);
  CHECK(event.name == "STOP");
  CHECK(event.json == "{}");
}

TEST_CASE("what is no QMP is refused") {
  for (const std::string_view line : {"", "{", "[]", "{}", "7", R"({"id": 1})"})
    CHECK_FALSE(parse::qmp_message(line).ok());
}

TEST_CASE("a command is one line of JSON") {
  CHECK(parse::qmp_command("quit", "{}") == "{\"execute\":\"quit\",\"arguments\":{}}\n");
}

TEST_CASE("a job's end has its final figures, and why it failed") {
  const auto end = parse::qmp_job_end(message(
      R"({"timestamp": {"seconds": 1795257130, "microseconds": 616816}, "event": "BLOCK_JOB_COMPLETED",
          "data": {"device": "precopy-1", "len": 52428800, "offset": 52428800, "speed": 157286400, "type": "backup"}})"));
  REQUIRE(end.has_value());
  CHECK(end->id == "precopy-1");
  CHECK(end->bytes_done == 52428800);
  CHECK(end->error.empty());
  CHECK_FALSE(end->cancelled);
  const auto failed = parse::qmp_job_end(message(
      R"({"event": "BLOCK_JOB_COMPLETED", "data": {"device": "j", "error": "No space left on device"}})"));
  CHECK(failed->error == "No space left on device");
  CHECK(
      parse::qmp_job_end(message(R"({"event": "BLOCK_JOB_CANCELLED", "data": {"device": "j"}})"))->cancelled);
  CHECK_FALSE(
      parse::qmp_job_end(message(R"({"event": "JOB_STATUS_CHANGE", "data": {"status": "null", "id": "j"}})"))
          .has_value());
}

TEST_CASE("a running job is found by its id, and a finished one is not there") {
  const std::string_view jobs =
      R"([{"current-progress":94371840,"total-progress":1073741824,"status":"running","type":"backup","id":"precopy-0"}])";
  CHECK(parse::qmp_job(jobs, "precopy-0")->bytes_done == 94371840);
  CHECK(parse::qmp_job(jobs, "precopy-0")->bytes_total == 1073741824);
  CHECK_FALSE(parse::qmp_job(jobs, "precopy-1").has_value());
  CHECK_FALSE(parse::qmp_job("[]", "precopy-0").has_value());
}

TEST_CASE("dirty bytes are those of the node's own bitmap") {
  const std::string_view nodes =
      R"([{"node-name":"source1","dirty-bitmaps":[{"name":"godwit","count":1}]},
          {"node-name":"target0"},
          {"node-name":"source0","dirty-bitmaps":[{"name":"other","count":2},{"name":"godwit","count":1572864}]}])";
  CHECK(parse::qmp_dirty_bytes(nodes, "source0", "godwit") == 1572864);
  CHECK_FALSE(parse::qmp_dirty_bytes(nodes, "target0", "godwit").has_value());
  CHECK_FALSE(parse::qmp_dirty_bytes("null", "source0", "godwit").has_value());
}

TEST_CASE("no character of a path means anything to the daemon") {
  Disk disk;
  disk.source = "/a,b\"c";
  disk.converted = "/w/converted";
  disk.info.format = "raw";
  const Step step = storage_daemon({disk}, "/t,1/nbd", "/t/qmp");
  CHECK(
      step.command.arguments[1] ==
      R"({"driver":"raw","node-name":"source0","discard":"unmap","file":{"driver":"file","filename":"/a,b\"c"}})");
  CHECK(step.command.arguments[5] == "addr.type=unix,addr.path=/t,,1/nbd");
}

}  // namespace
