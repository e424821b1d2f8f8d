// What a record that is no event becomes: a record of the dead letter topic, with its origin and the reason
// beside its bytes.
#pragma once

#include <string_view>

#include "common/event/codec.h"
#include "common/stream/record.h"

namespace godwit::projection {

inline constexpr std::string_view dead_letter_topic = "godwit.deadletter";

// Key "<topic>/<partition>/<offset>"; the value and the record's own headers as they came; our headers begin
// with `godwit-`: consumer, topic, partition, offset, timestamp, reason, detail, and key when there was one.
stream::OutRecord make_dead_letter(std::string_view consumer, const stream::Record& record,
                                   const event::Refusal& refusal);

}  // namespace godwit::projection
