#include "tests/scenarios/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>

#include "common/base/clock.h"
#include "common/event/catalogue.h"
#include "common/json/rapidjson.h"
#include "common/json/writer.h"

namespace godwit::scenario {
namespace {

constexpr std::int64_t start_ms = 1'790'000'000'000;

std::optional<int> number_of(std::string_view text) {
  int out = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failure == std::errc{} && end == text.data() + text.size() ? std::optional{out} : std::nullopt;
}

Result<Timestamp> time_of(const std::string& word) {
  const std::size_t colon = word.find(':');
  const auto minutes = number_of(std::string_view{word}.substr(0, colon));
  const auto seconds = number_of(colon == std::string::npos ? "" : std::string_view{word}.substr(colon + 1));
  if (!minutes || !seconds) return invalid_error(fmt::format("'{}' is no time: write MM:SS", word));
  return from_unix_ms(start_ms + (*minutes * 60 + *seconds) * 1000);
}

bool is_json(const std::string& text) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(text.data(), text.size());
  return !document.HasParseError();
}

std::string quoted(const std::string& text) {
  json::Writer out;
  out.value(std::string_view{text});
  return out.take();
}

std::string stages_json(const std::string& text) {
  json::Writer out;
  out.begin_array();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string item = text.substr(at, end - at);
    const std::size_t colon = item.find(':');
    out.begin_object().member("stage", item.substr(0, colon));
    if (colon != std::string::npos) out.member_raw("weight", item.substr(colon + 1));
    out.end_object();
    at = end + 1;
  }
  out.end_array();
  return out.take();
}

std::string value_json(const std::string& name, const std::string& value) {
  if (is_json(value)) return value;
  if (name == "error") return fmt::format(R"({{"code":{0},"message":{0}}})", quoted(value));
  if (name == "stages") return stages_json(value);
  return quoted(value);
}

// What an event of this type may leave out, by name.
std::map<std::string, std::string> defaults(event::Type type, const std::string& subject) {
  if (type == event::Type::unknown) return {};
  const event::TypeInfo& info = event::info(type);
  if (info.subject == event::SubjectKind::plan_id) return {{"plan_id", quoted(subject)}};
  if (info.subject != event::SubjectKind::task_id || info.topic == event::Topic::activity) return {};
  return {{"vm_name", quoted("vm-" + subject)}, {"provider", R"("vsphere")"}, {"attempt", "1"}};
}

}  // namespace

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  int depth = 0;
  bool in_quotes = false;
  for (const char c : text) {
    if (c == '"') in_quotes = !in_quotes;
    if (!in_quotes) depth += (c == '{' || c == '[' ? 1 : 0) - (c == '}' || c == ']' ? 1 : 0);
    if (c != ' ' || in_quotes || depth > 0) {
      word += c;
    } else if (!word.empty()) {
      out.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) out.push_back(std::move(word));
  return out;
}

std::optional<std::pair<std::string, std::string>> split_member(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  return std::pair{word.substr(0, equals), word.substr(equals + 1)};
}

Result<std::vector<Line>> read_script(const std::string& path) {
  std::ifstream file{path};
  if (!file) return invalid_error(path + " cannot be read");
  std::vector<Line> out;
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    if (text.empty() || text.front() == '#') continue;
    out.push_back({number, split_words(text)});
  }
  return out;
}

Result<Told> read_event(const Line& line) {
  if (line.words.size() < 3) return invalid_error("write: MM:SS type subject [name=value ...]");
  const auto time = time_of(line.words[0]);
  if (!time) return time.error();
  const std::string& subject = line.words[2];
  const std::string full_type = "io.godwit." + line.words[1] + ".v1";
  const event::Type type = event::type_from_name(full_type);
  std::string id = fmt::format("line-{}", line.number);
  std::string source = "/workers/w1";
  auto data = defaults(type, subject);
  for (std::size_t i = 3; i < line.words.size(); ++i) {
    const auto member = split_member(line.words[i]);
    if (!member) return invalid_error(fmt::format("'{}' is no name=value", line.words[i]));
    if (member->first == "id") {
      id = member->second;
    } else if (member->first == "source") {
      source = member->second;
    } else {
      data[member->first] = value_json(member->first, member->second);
    }
  }
  json::Writer out;
  out.begin_object().member("specversion", "1.0").member("id", id).member("source", source);
  out.member("type", full_type).member("subject", subject).member("time", format_rfc3339(*time));
  out.key("data").begin_object();
  for (const auto& [name, value] : data) out.member_raw(name, value);
  out.end_object().end_object();
  const auto topic = type == event::Type::unknown ? event::Topic::lifecycle : event::info(type).topic;
  return Told{std::string{event::topic_name(topic)}, subject, out.take()};
}

}  // namespace godwit::scenario
