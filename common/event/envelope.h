// Envelope: the CloudEvents attributes of an event, gathered one by one in either mode and checked as they
// come. The one place where an attribute gets its meaning. Private to common/event.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/event/event.h"
#include "common/event/rules.h"

namespace godwit::event {

class Envelope {
 public:
  // Gathers into `event`, which must outlive it and is empty before.
  explicit Envelope(Event& event) : event_(event) {}

  // Structured mode: a JSON value. A null counts as absent.
  Refused set(std::string_view name, const rapidjson::Value& value);
  // Binary mode: bytes of a header. Given twice, the last one counts.
  Refused set(std::string_view name, std::string_view value);

  // Whether every attribute that an event must have was there.
  Refused check_complete() const;

 private:
  Refused set_known(std::size_t row, std::string_view value);
  Refused set_extension(std::string_view name, std::string_view value);

  Event& event_;
  std::uint32_t present_ = 0;  // bit: row of the attribute table
};

}  // namespace godwit::event
