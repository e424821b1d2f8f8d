#include "producers/cpp/stamp.h"

#include <random>

#include "common/base/digits.h"
#include "common/base/log.h"
#include "common/base/uuid.h"
#include "common/event/codec.h"
#include "common/stream/event_record.h"

namespace godwit::producer {
namespace {

constexpr std::size_t sequence_digits = 20;

// W3C forbids all zeros.
std::string make_traceparent() {
  std::random_device random;
  const auto word = [&random] { return static_cast<std::uint32_t>(random()); };
  return fmt::format("00-{:08x}{:08x}{:08x}{:08x}-{:08x}{:08x}-01", word() | 1U, word(), word(), word(),
                     word() | 1U, word());
}

}  // namespace

Stamp::Stamp(const Clock& clock, std::string source, std::string subject)
    : clock_(clock),
      source_(std::move(source)),
      subject_(std::move(subject)),
      traceparent_(make_traceparent()) {}

event::Event Stamp::make(event::Type type, event::Data data) {
  event::Event event;
  event.time = clock_.now();
  event.id = make_uuid_v7(event.time);
  event.source = source_;
  event.subject = subject_;
  event.type = type;
  event.type_name = event::full_type(type);
  append_digits<10>(event.sequence.emplace(), ++sequence_, sequence_digits);
  event.traceparent = traceparent_;
  event.data = std::move(data);
  return event;
}

Status check_event(event::Type type, const std::string& source, const std::string& subject,
                   event::Data data) {
  event::Event trial;
  trial.id = "check";
  trial.source = source;
  trial.subject = subject;
  trial.type = type;
  trial.type_name = event::full_type(type);
  trial.data = std::move(data);
  if (const auto decoded = event::decode_structured(event::encode_structured(trial)); !decoded)
    return invalid_error(decoded.error().message());
  return Done{};
}

Status send_event(Outbox& outbox, const event::Event& event) {
  if (const auto refusal = event::validate(event)) {
    log_error("event {} breaks the catalogue: {}", event.type_name, refusal->message());
    return invalid_error(refusal->message());
  }
  return outbox.send(event.type_name, stream::encode(event));
}

std::vector<std::string> migration_topics() {
  using event::topic_name;
  return {std::string{topic_name(event::Topic::lifecycle)}, std::string{topic_name(event::Topic::progress)}};
}

}  // namespace godwit::producer
