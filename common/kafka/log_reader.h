// LogReader: reads topics from a chosen place by plain assign, without a group: for `godwit tail` and for
// tests.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/kafka/client.h"
#include "common/stream/source.h"

namespace godwit::kafka {

struct FromBeginning {};
struct FromEnd {};
struct FromOffset {
  std::int64_t offset;  // in every partition; negative counts from the end
};
struct FromTime {
  Timestamp time;  // the first record at or after it, by record timestamp
};
using StartAt = std::variant<FromBeginning, FromEnd, FromOffset, FromTime>;

// Not thread-safe.
class LogReader {
 public:
  static Result<std::unique_ptr<LogReader>> open(const ClientOptions& client,
                                                 const std::vector<std::string>& topics, const StartAt& start,
                                                 Millis timeout);

  Result<stream::Batch> poll(const stream::PollLimits& limits);
  // True once every partition has been read to the end it had last.
  bool at_end() const;

 private:
  explicit LogReader(ClientPtr client) : client_(std::move(client)) {}
  ClientPtr client_;
  std::map<stream::TopicPartition, bool> at_end_;
};

}  // namespace godwit::kafka
