// Where reading begins, once it is known where the log does. Private to common/kafka.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/kafka/client.h"
#include "common/stream/record.h"

namespace godwit::kafka {

using OldestOffsets = std::map<stream::TopicPartition, stream::Offset>;

struct ReadOn {
  std::vector<stream::Position> positions;
  std::map<stream::TopicPartition, std::uint64_t> expired;  // records that were gone before they were read
};

// `asked`: what a listener has answered, the last folded record of each partition. Where that record is gone
// and nothing else is, reading goes on with the next. In an expiring topic it goes on with the oldest record
// in any case. Any other place stays as it is, also one that the log has not: reading it fails, and says so.
ReadOn read_on(const std::vector<stream::Position>& asked, const OldestOffsets& oldest,
               const std::set<std::string>& expiring_topics);

// The low watermarks of these partitions, asked of the brokers; without those that are not known in time.
OldestOffsets oldest_offsets(rd_kafka_s& client, const std::vector<stream::Position>& partitions,
                             Millis timeout);

}  // namespace godwit::kafka
