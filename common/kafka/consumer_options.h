// What a member of a consumer group is told, and what librdkafka is told in turn.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"

namespace godwit::kafka {

// How much is read ahead of the fold. The first three bound one lane: what its queue holds when the fetcher
// looks, and what one more answer of a broker adds to it.
struct ReadAhead {
  int queue_records_max = 200'000;
  int queue_kibibytes_max = 65'536;
  int fetch_kibibytes_max = 8'192;      // one answer of a broker, as compressed
  int partition_kibibytes_max = 1'024;  // of one partition in it
};

struct ConsumerOptions {
  std::string group = {};
  std::vector<std::string> topics = {};
  // Names this member for good (static membership): when it comes back after a crash it takes its partitions
  // over at once, instead of waiting for the dead one's session to end. Two live members of one name put each
  // other out.
  std::string instance_id = {};
  Millis session_timeout{10'000};
  std::set<std::string> expiring_topics =
      {};  // a position lost there moves to the oldest record instead of stopping
  // Topics folded together must have the same partition count, or a key lies on different partitions of them.
  // When they do not, nothing is read and poll() says so.
  bool same_partition_count = true;
  ReadAhead read_ahead = {};
  // For the lanes to commit what they have read and give their partitions up, or to take them; then the group
  // goes on without the late ones. Well below max.poll.interval.ms (300 s), after which the group would put
  // this member out.
  Millis handover_timeout{30'000};
  Millis membership_poll{100};
  Millis metadata_timeout{5'000};
  Millis cluster_id_timeout{10'000};
  Millis seek_timeout{5'000};
  Millis probe_interval{1'000};
  Millis probe_timeout{300};
  Millis rejoin_wait{1'000};  // after the client has failed for good
};

// The librdkafka properties these make.
std::vector<std::pair<std::string, std::string>> consumer_properties(const ConsumerOptions& options);

}  // namespace godwit::kafka
