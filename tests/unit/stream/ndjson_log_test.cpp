#include "common/stream/ndjson_log.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace godwit::stream {
namespace {

constexpr const char* topic = "migrations.lifecycle";

Record record_at(std::int64_t offset, std::int32_t partition = 3) {
  return {.topic = topic,
          .partition = Partition{partition},
          .offset = Offset{offset},
          .timestamp = from_unix_ms(1795254859257),
          .key = "t-1",
          .value = R"({"a":"\n"})",
          .headers = {}};
}

// Takes every partition, from its start.
struct Taker final : AssignmentListener {
  std::vector<Position> assigned(const std::vector<TopicPartition>& partitions) override {
    std::vector<Position> out;
    out.reserve(partitions.size());
    for (const TopicPartition& at : partitions) out.push_back({at, offset_beginning});
    return out;
  }
  void revoked(const std::vector<TopicPartition>&) override {}
};

struct File {
  File() {
    std::string name = (std::filesystem::temp_directory_path() / "godwit-log-XXXXXX").string();
    const int fd = mkstemp(name.data());
    REQUIRE(fd >= 0);
    path = name;
  }
  ~File() { std::filesystem::remove(path); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  void write(const std::string& text) const { std::ofstream{path, std::ios::app | std::ios::binary} << text; }
  std::string path;
};

bool same(const Record& a, const Record& b) {
  const auto headers_equal = [&] {
    if (a.headers.size() != b.headers.size()) return false;
    for (std::size_t i = 0; i < a.headers.size(); ++i)
      if (a.headers[i].name != b.headers[i].name || a.headers[i].value != b.headers[i].value) return false;
    return true;
  };
  return a.topic == b.topic && a.partition == b.partition && a.offset == b.offset &&
         a.timestamp == b.timestamp && a.key == b.key && a.value == b.value && headers_equal();
}

TEST_CASE("standard input is refused, and the error says that a file is needed") {
  Taker taker;
  const auto source = NdjsonSource::open("-", {topic}, taker);
  REQUIRE_FALSE(source);
  CHECK(source.error().kind == ErrorKind::invalid);
  CHECK(source.error().message.find("file") != std::string::npos);
}

TEST_CASE("a record comes back from its line as it was, whatever its bytes") {
  std::vector<Record> records{record_at(0), record_at(9'000'000'000'000)};
  Record binary = record_at(1);
  const std::string bytes{"\0\xFF\n\"", 4};
  binary.value = bytes;
  binary.key = bytes;
  binary.headers = {{"content-type", "x"}, {bytes, bytes}, {"null", std::nullopt}, {"", ""}};
  records.push_back(binary);
  Record empty = record_at(2);
  empty.key = "";
  empty.value = "";
  records.push_back(empty);
  Record absent = record_at(3);
  absent.key.reset();
  absent.value.reset();
  records.push_back(absent);
  for (const Record& record : records) {
    const std::string line = to_log_line(record);
    CAPTURE(line);
    CHECK(line.find('\n') == std::string::npos);
    const auto back = parse_log_line(line);
    REQUIRE_MESSAGE(back.ok(), back.error().message);
    CHECK(same(back->view(), record));
  }
}

TEST_CASE("a line that is no record is refused") {
  for (const char* line :
       {"", "{}", "[]", "rubbish", R"({"topic":"t","partition":0,"offset":0})",
        R"({"topic":"t","partition":-1,"offset":0,"timestamp":0,"key":null,"value":null,"headers":[]})",
        R"({"topic":"t","partition":0,"offset":0,"timestamp":0,"key":7,"value":null,"headers":[]})",
        R"({"topic":"t","partition":0,"offset":0,"timestamp":0,"key":null,"value_base64":"?","headers":[]})",
        R"({"topic":"t","partition":0,"offset":0,"timestamp":0,"key":null,"value":null})",
        R"({"topic":"t","partition":0,"offset":0,"timestamp":0,"key":null,"value":null,"headers":[7]})"})
    CHECK_MESSAGE(!parse_log_line(line).ok(), line);
}

TEST_CASE("a file is read in order and in batches, other topics are passed over, and its end is told") {
  const File file;
  for (int i = 0; i < 5; ++i) file.write(to_log_line(record_at(i)) + "\n");
  Record other = record_at(0);
  other.topic = "platform.activity";
  file.write(to_log_line(other));  // the last line needs no end
  Taker taker;
  auto source = NdjsonSource::open(file.path, {topic}, taker).value();
  CHECK(source->poll({.records_max = 3})->records.size() == 3);
  CHECK_FALSE(source->at_end());
  const auto rest = source->poll({.records_max = 3});
  REQUIRE(rest->records.size() == 2);
  CHECK(rest->records.back().offset == Offset{4});
  CHECK(source->poll({})->empty());
  CHECK(source->at_end());
  REQUIRE(source->watermarks().size() == 1);
  CHECK(source->watermarks().front().high == Offset{5});
  CHECK(source->watermarks().front().at_end);
}

TEST_CASE("a broken line stops the reading there, by file and line") {
  const File file;
  file.write(to_log_line(record_at(0)) + "\n\nrubbish\n" + to_log_line(record_at(1)) + "\n");
  Taker taker;
  auto source = NdjsonSource::open(file.path, {topic}, taker).value();
  CHECK(source->poll({})->records.size() == 1);
  for (int again = 0; again < 2; ++again) {
    const auto broken = source->poll({});
    REQUIRE_FALSE(broken);
    CHECK(broken.error().kind == ErrorKind::fatal);
    CHECK(broken.error().message == file.path + ":3: no JSON");
  }
}

TEST_CASE("a line without end is refused before it fills the memory") {
  const File file;
  file.write(std::string(NdjsonSource::line_bytes_max + 1, '['));
  Taker taker;
  auto source = NdjsonSource::open(file.path, {topic}, taker).value();
  CHECK(source->poll({}).error().message.find(":1: longer than") != std::string::npos);
}

TEST_CASE("a partition that was paused is read again when it is resumed") {
  const File file;
  for (int i = 0; i < 4; ++i) file.write(to_log_line(record_at(i)) + "\n");
  Taker taker;
  auto source = NdjsonSource::open(file.path, {topic}, taker).value();
  const TopicPartition at{topic, Partition{3}};
  CHECK(source->poll({.records_max = 1})->records.size() == 1);
  source->pause({at});
  CHECK(source->poll({})->empty());
  CHECK(source->resume({{at, Offset{1}}}).ok());
  CHECK(source->poll({})->records.size() == 4);  // what was folded already is passed over by its position
}

TEST_CASE("a file that is not there is told") {
  Taker taker;
  CHECK_FALSE(NdjsonSource::open("/nowhere/log.ndjson", {topic}, taker));
}

}  // namespace
}  // namespace godwit::stream
