#include "producers/cli/line.h"

#include <fmt/format.h>

namespace godwit::cli {
namespace {

std::string printable(std::string_view text) {
  constexpr std::size_t shown_max = 200;
  std::string out{text.substr(0, shown_max)};
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return out;
}

template <class T>
void add(std::string& out, std::string_view name, const std::optional<T>& value) {
  if (!value) return;
  if constexpr (std::is_same_v<T, std::string>) {
    out += fmt::format(" {}={}", name, printable(*value));
  } else {
    out += fmt::format(" {}={}", name, *value);
  }
}

std::string short_type(const event::Event& event) {
  return event.type == event::Type::unknown ? printable(event.type_name)
                                            : std::string{event::info(event.type).name};
}

}  // namespace

std::string human_line(const stream::Record& record, const event::Decoded& event) {
  const std::string place =
      fmt::format("{}/{}@{}", record.topic, record.partition.value(), record.offset.value());
  if (!event)
    return fmt::format("{} {} {} NOT AN EVENT: {}", format_rfc3339(record.timestamp), place,
                       printable(record.key.value_or("-")), printable(event.error().message()));
  const event::Data& data = event->data;
  std::string out = fmt::format("{} {} {} {}", format_rfc3339(event->time), place, printable(event->subject),
                                short_type(*event));
  add(out, "vm", data.vm_name);
  add(out, "provider", data.provider);
  if (data.attempt.value_or(1) > 1) add(out, "attempt", data.attempt);
  add(out, "stage", data.stage);
  add(out, "percentage", data.percentage);
  add(out, "bytes_done", data.bytes_done);
  add(out, "bytes_total", data.bytes_total);
  add(out, "duration_ms", data.duration_ms);
  add(out, "endpoint", data.endpoint);
  add(out, "message", data.message);
  if (data.error)
    out += fmt::format(" error={}: {}", printable(data.error->code), printable(data.error->message));
  return out;
}

}  // namespace godwit::cli
