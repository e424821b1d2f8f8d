#include "common/projection/dead_letter.h"

#include <fmt/format.h>

namespace godwit::projection {

stream::OutRecord make_dead_letter(std::string_view consumer, const stream::Record& record,
                                   const event::Refusal& refusal) {
  stream::OutRecord out;
  out.topic = dead_letter_topic;
  out.key = fmt::format("{}/{}/{}", record.topic, record.partition.value(), record.offset.value());
  if (record.value) out.value = std::string{*record.value};
  for (const stream::HeaderView& header : record.headers)
    if (header.value) out.headers.emplace_back(header.name, *header.value);
  const auto add = [&](std::string_view name, std::string value) {
    out.headers.emplace_back(fmt::format("godwit-{}", name), std::move(value));
  };
  add("consumer", std::string{consumer});
  add("topic", std::string{record.topic});
  add("partition", fmt::format("{}", record.partition.value()));
  add("offset", fmt::format("{}", record.offset.value()));
  add("timestamp", format_rfc3339(record.timestamp));
  add("reason", refusal.kind);
  add("detail", refusal.message());
  if (record.key) add("key", std::string{*record.key});
  return out;
}

}  // namespace godwit::projection
