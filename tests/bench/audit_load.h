// The events an audit bench keeps: a log of migrations as a busy platform writes it, about 500 bytes each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/event/event.h"
#include "common/stream/record.h"

namespace godwit::bench {

inline constexpr int users = 200;
inline constexpr int vms = 5'000;
inline constexpr int events_per_task = 30;
inline constexpr std::int64_t first_ms = 1'790'000'000'000;
inline constexpr std::int64_t ms_between = 10;

std::string task_of(std::int64_t number);
std::string vm_of(std::int64_t number);
std::string user_of(std::int64_t number);
// Every user has the provider of their number; so some pairs of the two have no event.
std::string provider_of(std::int64_t number);
event::Event load_event(std::int64_t number);

// Events as records, decoded once: what is left of the work once Kafka and the codec have done theirs.
class Load {
 public:
  struct Item {
    stream::OutRecord out;
    event::Event event;
  };
  // The events [first, first + count), each decoded from its own bytes.
  static std::vector<Item> make(std::int64_t first, std::int64_t count);
};

// As a source gives it; views the item.
stream::Record record_of(const Load::Item& item, std::int32_t partition, std::int64_t offset);

}  // namespace godwit::bench
