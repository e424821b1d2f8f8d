// What a test finds in a MemoryLog: the events of one task, decoded, in the order they were written per
// topic.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "common/event/codec.h"
#include "common/stream/event_record.h"
#include "common/stream/memory_log.h"

namespace godwit::test {

inline std::vector<event::Event> events_on(const stream::MemoryLog& log, event::Topic topic) {
  std::vector<event::Event> out;
  for (const auto& stored : log.records({std::string{event::topic_name(topic)}, stream::Partition{0}})) {
    REQUIRE(stored.record.value.has_value());
    auto decoded = event::decode_structured(*stored.record.value);
    if (!decoded) FAIL(decoded.error().message());
    REQUIRE(stored.record.key == decoded->subject);
    out.push_back(std::move(*decoded));
  }
  return out;
}

// "task.started", "stage.started export", ...: what happened, for people.
inline std::vector<std::string> story(const stream::MemoryLog& log) {
  std::vector<std::string> out;
  for (const auto& event : events_on(log, event::Topic::lifecycle)) {
    std::string line{event::info(event.type).name};
    if (event.data.stage) line += " " + *event.data.stage;
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace godwit::test
