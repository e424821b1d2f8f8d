#include "common/kafka/consumer_options.h"

#include <fmt/format.h>

namespace godwit::kafka {

std::vector<std::pair<std::string, std::string>> consumer_properties(const ConsumerOptions& options) {
  const ReadAhead& ahead = options.read_ahead;
  std::vector<std::pair<std::string, std::string>> out{
      {"group.id", options.group},
      {"session.timeout.ms", fmt::format("{}", options.session_timeout.count())},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"enable.partition.eof", "true"},
      {"isolation.level", "read_committed"},
      {"partition.assignment.strategy", "range"},
      {"allow.auto.create.topics", "false"},
      {"fetch.wait.max.ms", "50"},
      {"reconnect.backoff.max.ms", "2000"},
      {"topic.metadata.refresh.interval.ms", "10000"},
      {"queued.min.messages", fmt::format("{}", ahead.queue_records_max)},
      {"queued.max.messages.kbytes", fmt::format("{}", ahead.queue_kibibytes_max)},
      {"fetch.max.bytes", fmt::format("{}", std::int64_t{ahead.fetch_kibibytes_max} * 1024)},
      {"max.partition.fetch.bytes", fmt::format("{}", std::int64_t{ahead.partition_kibibytes_max} * 1024)},
  };
  if (!options.instance_id.empty()) out.emplace_back("group.instance.id", options.instance_id);
  return out;
}

}  // namespace godwit::kafka
