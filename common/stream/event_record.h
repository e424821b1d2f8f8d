// The Kafka protocol binding of CloudEvents 1.0: which bytes of a record are the event, in structured and
// binary mode. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
#pragma once

#include "common/event/codec.h"
#include "common/stream/record.h"

namespace godwit::stream {

enum class ContentMode { structured, binary };

// Reads either mode; it is structured when `content-type` begins with application/cloudevents. A value
// without that header and without ce_ headers is read as structured, a leniency for kcat. Beyond the codec's
// rules the record key must equal the subject: a task's events must share a partition, and a record that lies
// elsewhere would silently split its state. Further refusal kinds: no_value, unsupported_format,
// key_mismatch.
event::Decoded decode(const Record& record, const event::CodecLimits& limits = {});

// The record that carries an event: key = subject, topic by type, which must be known.
OutRecord encode(const event::Event& event, ContentMode mode = ContentMode::structured);

}  // namespace godwit::stream
