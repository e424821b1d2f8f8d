#include "common/kafka/read_on.h"

#include <librdkafka/rdkafka.h>

#include "common/base/log.h"
#include "common/kafka/messages.h"

namespace godwit::kafka {

ReadOn read_on(const std::vector<stream::Position>& asked, const OldestOffsets& oldest,
               const std::set<std::string>& expiring_topics) {
  ReadOn out{asked, {}};
  for (stream::Position& from : out.positions) {
    const auto low = oldest.find(from.at);
    if (from.next.value() < 0 || low == oldest.end() || from.next >= low->second) continue;
    const stream::Offset position{from.next.value() + 1};
    if (position == low->second) {
      from.next = position;
      log_info("{}/{}: the last folded record is not in the log any more and cannot be compared; reading on",
               from.at.topic, from.at.partition.value());
    } else if (expiring_topics.contains(from.at.topic)) {
      from.next = low->second;
      out.expired[from.at] = static_cast<std::uint64_t>(low->second.value() - position.value());
      log_warn("{}/{}: {} records expired before they were read; reading on from the oldest", from.at.topic,
               from.at.partition.value(), out.expired[from.at]);
    }
  }
  return out;
}

OldestOffsets oldest_offsets(rd_kafka_s& client, const std::vector<stream::Position>& partitions,
                             Millis timeout) {
  constexpr std::int64_t earliest = RD_KAFKA_OFFSET_BEGINNING;  // as a time, in the protocol
  std::vector<stream::Position> stored;
  for (const stream::Position& from : partitions)
    if (from.next.value() >= 0) stored.push_back({from.at, stream::Offset{earliest}});
  OldestOffsets out;
  if (stored.empty()) return out;
  const PartitionsPtr list = to_list(stored);
  const auto code = rd_kafka_offsets_for_times(&client, list.get(), static_cast<int>(timeout.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    log_warn("cannot look up where the log begins: {}", rd_kafka_err2str(code));
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& found = list->elems[i];
    if (found.err == RD_KAFKA_RESP_ERR_NO_ERROR && found.offset >= 0)
      out[{found.topic, stream::Partition{found.partition}}] = stream::Offset{found.offset};
  }
  return out;
}

}  // namespace godwit::kafka
