#include <fmt/format.h>

#include <charconv>

#include "common/kafka/log_reader.h"
#include "common/service/signals.h"
#include "common/stream/event_record.h"
#include "common/stream/ndjson_log.h"
#include "producers/cli/commands.h"
#include "producers/cli/line.h"

namespace godwit::cli {
namespace {

constexpr Millis open_timeout{15'000};
constexpr Millis no_wait{0};

Result<kafka::StartAt> parse_from(const std::string& text) {
  if (text == "beginning") return kafka::StartAt{kafka::FromBeginning{}};
  if (text == "end") return kafka::StartAt{kafka::FromEnd{}};
  std::int64_t offset = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (error == std::errc{} && end == text.data() + text.size())
    return kafka::StartAt{kafka::FromOffset{offset}};
  if (auto time = parse_rfc3339(text)) return kafka::StartAt{kafka::FromTime{*time}};
  return invalid_error(fmt::format(
      "--from '{}' is not beginning, end, an offset, -N for the last N, or an RFC 3339 time", text));
}

}  // namespace

void Tail::add(service::Flags& flags) {
  flags.texts(
      "topic", topics_,
      "Topic to read; may be repeated; default migrations.lifecycle, migrations.progress, platform.activity");
  flags.text("from", from_,
             "beginning, end, an offset, -N for the last N records of each partition, or an RFC 3339 time");
  flags.choice(
      "format", format_, {"human", "ndjson", "log"},
      "One line per event for people, the event as JSON, or each record with its place and bytes, for "
      "replay --from");
  flags.text("task", task_, "Only events of this subject");
  flags.flag("exit-at-end", exit_at_end_, "Stop at the end of the topics instead of waiting for more");
  flags.integer("limit", limit_, 0, INT64_MAX, "Stop after this many events; 0: never");
}

int Tail::run(const kafka::ClientOptions& client) const {
  service::block_stop_signals();
  const auto start = parse_from(from_);
  if (!start) return service::usage_error("godwit", start.error().message);
  const auto topics = topics_.empty() ? std::vector<std::string>{"migrations.lifecycle",
                                                                 "migrations.progress", "platform.activity"}
                                      : topics_;
  auto reader = kafka::LogReader::open(client, topics, *start, open_timeout);
  if (!reader) {
    fmt::print(stderr, "godwit: {}\n", reader.error().message);
    return 1;
  }
  std::int64_t printed = 0;
  while (!service::wait_for_stop_signal(no_wait)) {
    auto batch = (*reader)->poll({});
    if (!batch) {
      fmt::print(stderr, "godwit: {}\n", batch.error().message);
      if (batch.error().kind != ErrorKind::transient) return 1;
      continue;
    }
    for (const stream::Record& record : batch->records) {
      if (!task_.empty() && record.key != task_) continue;
      const auto event = stream::decode(record);
      if (format_ == "log") {
        fmt::print("{}\n", stream::to_log_line(record));
      } else if (format_ == "human") {
        fmt::print("{}\n", human_line(record, event));
      } else if (event) {
        fmt::print("{}\n", event::encode_structured(*event));
      } else {
        fmt::print(stderr, "godwit: {}\n", human_line(record, event));
      }
      if (++printed == limit_) return 0;
    }
    std::fflush(stdout);
    if (exit_at_end_ && batch->empty() && (*reader)->at_end()) return 0;
  }
  return 0;
}

}  // namespace godwit::cli
