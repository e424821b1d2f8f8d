#include "common/stream/ndjson_log.h"

#include <fmt/format.h>

#include <fstream>

#include "common/base/base64.h"
#include "common/event/forms.h"
#include "common/json/fields.h"
#include "common/json/writer.h"

namespace godwit::stream {
namespace {

// Text as text; what is no UTF-8 in base64, under a name that says so.
void write_bytes(json::Writer& out, const std::string& name, const std::optional<std::string_view>& bytes) {
  if (!bytes) {
    out.key(name).null();
  } else if (event::is_utf8(*bytes)) {
    out.member(name, *bytes);
  } else {
    out.member(name + "_base64", base64(*bytes));
  }
}

// False when neither member is there, or one is not what it should be.
bool read_bytes(const json::Object& object, const std::string& name, std::optional<std::string>& out) {
  if (const auto* plain = object.find(name.c_str())) {
    out = object.text(name.c_str());
    return plain->IsString() || plain->IsNull();
  }
  const auto encoded = object.text((name + "_base64").c_str());
  if (encoded) out = from_base64(*encoded);
  return out.has_value();
}

struct Lines {
  std::vector<LoggedRecord> records;
};

}  // namespace

std::string to_log_line(const Record& record) {
  json::Writer out;
  out.begin_object().member("topic", record.topic).member("partition", record.partition.value());
  out.member("offset", record.offset.value()).member("timestamp", to_unix_ms(record.timestamp));
  write_bytes(out, "key", record.key);
  write_bytes(out, "value", record.value);
  out.key("headers").begin_array();
  for (const HeaderView& header : record.headers) {
    out.begin_object();
    write_bytes(out, "name", header.name);
    write_bytes(out, "value", header.value);
    out.end_object();
  }
  out.end_array().end_object();
  return out.take();
}

Record LoggedRecord::view() const {
  Record out{.topic = at.topic,
             .partition = at.partition,
             .offset = offset,
             .timestamp = timestamp,
             .key = {},
             .value = {},
             .headers = {}};
  if (key) out.key = *key;
  if (value) out.value = *value;
  for (const auto& [name, bytes] : headers)
    out.headers.push_back({name, bytes ? std::optional<std::string_view>{*bytes} : std::nullopt});
  return out;
}

Result<LoggedRecord> parse_log_line(std::string_view line) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(line.data(), line.size());
  if (document.HasParseError()) return invalid_error("no JSON");
  const json::Object object{document};
  const auto topic = object.text("topic");
  const auto partition = object.integer("partition");
  const auto offset = object.integer("offset");
  const auto timestamp = object.integer("timestamp");
  if (!topic || !partition || *partition < 0 || *partition > INT32_MAX || !offset || *offset < 0 ||
      !timestamp)
    return invalid_error(
        "no record with topic, partition, offset and timestamp; write the file with `godwit tail --format "
        "log`");
  LoggedRecord out;
  out.at = {*topic, Partition{static_cast<std::int32_t>(*partition)}};
  out.offset = Offset{*offset};
  out.timestamp = from_unix_ms(*timestamp);
  if (!read_bytes(object, "key", out.key)) return invalid_error("no key, or not a text, null or base64");
  if (!read_bytes(object, "value", out.value))
    return invalid_error("no value, or not a text, null or base64");
  bool sound = object.find("headers") != nullptr && object.find("headers")->IsArray();
  object.each("headers", [&](const rapidjson::Value& each) {
    const json::Object header{each};
    std::optional<std::string> name, value;
    sound = sound && read_bytes(header, "name", name) && name && read_bytes(header, "value", value);
    if (sound) out.headers.emplace_back(*name, std::move(value));
  });
  if (!sound) return invalid_error("headers must be a list of names and values");
  return out;
}

Result<std::unique_ptr<NdjsonSource>> NdjsonSource::open(const std::string& path,
                                                         std::set<std::string> topics,
                                                         AssignmentListener& listener) {
  if (path == "-")
    return invalid_error(
        "--from - does not read standard input, since a log may have to be read again: write it to a file "
        "and "
        "name that");
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file || file->peek() == std::ifstream::traits_type::eof())
    return invalid_error(fmt::format("--from {}: cannot be read, or is empty", path));
  return std::unique_ptr<NdjsonSource>{
      new NdjsonSource(path, std::move(topics), listener, std::move(file))};  // NOLINT: private constructor
}

Result<std::optional<LoggedRecord>> NdjsonSource::next() {
  std::string line;
  for (;;) {
    line.clear();
    int c = 0;
    while ((c = file_->get()) != std::istream::traits_type::eof() && c != '\n') {
      line.push_back(static_cast<char>(c));
      if (line.size() > line_bytes_max)
        return fatal_error(fmt::format("{}:{}: longer than {} bytes", path_, line_ + 1, line_bytes_max));
    }
    if (c == std::istream::traits_type::eof() && line.empty()) return std::optional<LoggedRecord>{};
    ++line_;
    if (line.empty()) continue;
    auto record = parse_log_line(line);
    if (!record) return fatal_error(fmt::format("{}:{}: {}", path_, line_, record.error().message));
    return std::optional{std::move(*record)};
  }
}

Result<Batch> NdjsonSource::poll(const PollLimits& limits) {
  if (broken_) return *broken_;
  auto lines = std::make_shared<Lines>();
  std::size_t bytes = 0;
  while (lines->records.size() < limits.records_max && bytes < limits.bytes_max) {
    auto record = next();
    if (!record) {
      broken_ = record.error();
      if (lines->records.empty()) return *broken_;
      break;
    }
    if (!*record) {
      at_end_ = true;
      break;
    }
    LoggedRecord& read = **record;
    if (!topics_.contains(read.at.topic) || refused_.contains(read.at)) continue;
    auto end = ends_.find(read.at);
    if (end == ends_.end()) {
      if (listener_.assigned({read.at}).empty()) {
        refused_.insert(read.at);
        continue;
      }
      end = ends_.emplace(read.at, Offset{0}).first;
    }
    end->second = std::max(end->second, Offset{read.offset.value() + 1});
    if (paused_.contains(read.at)) continue;
    bytes += read.value.value_or("").size();
    lines->records.push_back(std::move(read));
  }
  Batch batch;
  for (const LoggedRecord& record : lines->records) batch.records.push_back(record.view());
  batch.owner = std::move(lines);
  return batch;
}

std::vector<Watermark> NdjsonSource::watermarks() const {
  std::vector<Watermark> out;
  for (const auto& [at, end] : ends_) out.push_back({at, end, at_end_ && !paused_.contains(at)});
  return out;
}

void NdjsonSource::pause(const std::vector<TopicPartition>& partitions) {
  paused_.insert(partitions.begin(), partitions.end());
}

// What the others have folded is handed out once more, and passed over by them.
Status NdjsonSource::resume(const std::vector<Position>& positions) {
  for (const Position& position : positions) paused_.erase(position.at);
  file_->clear();
  file_->seekg(0);
  if (!*file_) return transient_error(fmt::format("{} cannot be read again from its start", path_));
  line_ = 0;
  at_end_ = false;
  return Done{};
}

void NdjsonSource::close() {
  std::vector<TopicPartition> all;
  for (const auto& [at, end] : ends_) all.push_back(at);
  listener_.revoked(all);
  ends_.clear();
}

}  // namespace godwit::stream
